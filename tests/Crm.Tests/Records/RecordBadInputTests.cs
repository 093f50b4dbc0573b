using Crm.Infrastructure;
using Xunit;

namespace Crm.Records;

/// <summary>What cannot be used is refused in words, whatever it is; nothing is an error of ours.</summary>
[Collection(RecordsGroup.Name)]
public sealed class RecordBadInputTests(RecordsFixture crm)
{
    private const string Companies = "/api/v1/companies";

    [Theory]
    [InlineData("""{"nam":"x"}""", "nam")]
    [InlineData("""{}""", "name")]
    [InlineData("""{"name":null}""", "name")]
    [InlineData("""{"name":""}""", "name")]
    [InlineData("""{"name":1}""", "name")]
    [InlineData("""{"name":{"a":1}}""", "name")]
    [InlineData("""{"name":"x","size":"big"}""", "size")]
    [InlineData("""{"name":"x","size":1e400}""", "size")]
    [InlineData("""{"name":"x","tags":"vip"}""", "tags")]
    [InlineData("""{"name":"x","tags":[1]}""", "tags")]
    [InlineData("""{"name":"x","tags":[null]}""", "tags")]
    [InlineData("""{"name":"a\u0000b"}""", "name")]
    [InlineData("""{"name":"x","address":{"street":"a\u0000b"}}""", "address")]
    [InlineData("""{"name":"x","address":{"a\u0000b":"street"}}""", "address")]
    [InlineData("""{"name":"x","address":[[[[[[[[[[[[1]]]]]]]]]]]]}""", "address")]
    [InlineData("""{"name":"x","address":"street"}""", "address")]
    [InlineData("""{"name":"x","parent":["co_1"]}""", "parent")]
    [InlineData("""{"name":"x","owner":5}""", "owner")]
    [InlineData("""{"name":"x","id":"co_1"}""", "id")]
    [InlineData("""{"name":"x","createdAt":"2026-01-01T00:00:00Z"}""", "createdAt")]
    [InlineData("""{"name":"x","recordVersion":5}""", "recordVersion")]
    [InlineData("""{"name":"x","custom":{"a'b":1}}""", "custom.a'b")]
    public async Task A_field_that_cannot_be_used_is_named(string body, string field)
    {
        var made = await crm.Ask("POST", Companies, body);

        Assert.Equal((422, "urn:crm:problem:bad-fields"), (made.Status, made.Type));
        Assert.NotNull(made.Json["errors"]![field]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("\"text\"")]
    [InlineData("""{"name":"x","name":"y"}""")]
    [InlineData("""{"name":"\ud800"}""")]
    [InlineData("""{"\ud800":"x"}""")]
    [InlineData("""{"name":"x"} {"name":"y"}""")]
    public async Task A_body_that_is_no_object_is_refused(string body)
    {
        foreach (var (method, path) in new[] { ("POST", Companies), ("PATCH", Companies + "/co_none"), ("PUT", Companies + "/by-external-id/e"), ("POST", "/api/v1/fields") })
        {
            var answer = await crm.Ask(method, path, body);
            Assert.True(answer.Status is 400 or 404 or 422, $"{method} {path}: {answer.Status} {answer.Text}");
        }
    }

    [Fact]
    public async Task Bodies_that_are_too_long_or_too_deep_are_refused()
    {
        Assert.Equal(400, (await crm.Ask("POST", Companies, $$"""{"name":"{{new string('x', 200_000)}}"}""")).Status);
        Assert.Equal(400, (await crm.Ask("POST", Companies, "{\"name\":" + new string('[', 5_000) + new string(']', 5_000) + "}")).Status);
        Assert.Equal(422, (await crm.Ask("POST", Companies, $$"""{"name":"{{new string('x', 5_000)}}"}""")).Status);
        Assert.Equal(422, (await crm.Ask("POST", Companies, $$$"""{"name":"x","address":{"a":"{{{new string('x', 20_000)}}}"}}""")).Status);
        Assert.Equal(400, (await crm.Ask("GET", $"{Companies}?filter={new string('x', 4_001)}")).Status);
    }

    [Theory]
    [InlineData("co_none")]
    [InlineData("%00")]
    [InlineData("..%2f..%2fetc")]
    [InlineData("'; drop table company; --")]
    [InlineData("company%2Fco_1")]
    public async Task An_id_that_is_none_is_not_found(string id)
    {
        foreach (var (method, path) in new[] { ("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/restore") })
        {
            var answer = await crm.Ask(method, $"{Companies}/{id}{path}", method is "PATCH" ? "{}" : null);
            Assert.True(answer.Status == (id == "%00" ? 400 : 404), $"{method} {id}{path}: {answer.Status} {answer.Text}");
        }
    }

    [Fact]
    public async Task Filters_sorts_and_searches_are_never_read_as_SQL()
    {
        var mark = "q" + crm.NewId();
        await crm.Make(RecordKind.Company, $$"""{"name":"O'Hara \\ \"x\" %_","source":"{{mark}}"}""");
        foreach (var text in (string[])["'", "\"", "\\", "%", "_", "'; drop table company; --", "$1", "{0}"])
        {
            var quoted = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
            var found = await crm.Ask("GET", $"{Companies}?filter={Uri.EscapeDataString($"source = {mark} and name ~ \"{quoted}\"")}&q={Uri.EscapeDataString(text)}");
            Assert.Equal((text, 200, "O'Hara \\ \"x\" %_".Contains(text, StringComparison.Ordinal) ? 1 : 0), (text, found.Status, found.Items.Count));
        }

        Assert.True(await crm.Database.Ask<long>("SELECT count(*) FROM company") > 0);
    }
}
