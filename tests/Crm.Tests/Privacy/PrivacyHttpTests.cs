using System.Text.Json;
using Crm.Clickstream;
using Crm.Customers;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Privacy;

/// <summary>Consent, export and erasure as callers meet them, through real processes.</summary>
public sealed class PrivacyHttpTests(SpineFixture crm) : IClassFixture<SpineFixture>
{
    [Fact]
    public async Task Consent_is_edited_told_and_enforced_where_data_are_read()
    {
        await crm.Send("track", """{"userId":"consenting","event":"x"}""");
        var edited = await crm.Ask(
            HttpMethod.Put, "/v1/customers/u:consenting/consent", """{"categories":{"analytics":false,"personalization":true}}""", ("Idempotency-Key", "edit-1"));
        var again = await crm.Ask(
            HttpMethod.Put, "/v1/customers/u:consenting/consent", """{"categories":{"analytics":false,"personalization":true}}""", ("Idempotency-Key", "edit-1"));

        Assert.Equal((200, 200), (edited.Status, again.Status));
        var told = await crm.Get("/v1/customers/u:consenting/consent");
        Assert.False(told.Json.GetProperty("categories").GetProperty("analytics").GetProperty("given").GetBoolean());
        Assert.Equal(JsonValueKind.Null, told.Json.GetProperty("gpc").ValueKind);
        Assert.Equal((403, "urn:crm:problem:consent-denied"), Problem(await crm.Get("/v1/customers/u:consenting?purpose=analytics")));
        Assert.Equal((403, "urn:crm:problem:consent-denied"), Problem(await crm.Get("/v1/customers/u:consenting/events?purpose=analytics")));
        Assert.Equal((400, "urn:crm:problem:bad-purpose"), Problem(await crm.Get("/v1/customers/u:consenting?purpose=spying")));
        Assert.Equal(200, (await crm.Get("/v1/customers/u:consenting?purpose=personalization")).Status);
        var profile = await crm.Get("/v1/customers/u:consenting");
        Assert.Equal("2", profile.Json.GetProperty("counts").GetProperty("byType").GetProperty("track").ToString());
        Assert.False(profile.Json.GetProperty("consent").GetProperty("purposes").GetProperty("analytics").GetBoolean());
    }

    [Theory]
    [InlineData("""{"categories":{"analytics":"yes"}}""")]
    [InlineData("""{"categories":[]}""")]
    [InlineData("""{"more":true}""")]
    [InlineData("[]")]
    [InlineData("{")]
    public async Task What_is_no_consent_is_refused(string body) => Assert.Equal(
        (400, "urn:crm:problem:bad-consent"), Problem(await crm.Ask(HttpMethod.Put, "/v1/customers/u:anyone/consent", body)));

    [Fact]
    public async Task The_browsers_signal_counts_and_addresses_are_shortened_before_they_are_stored()
    {
        var reply = await crm.Ask(
            HttpMethod.Post, "/v1/page", """{"userId":"signalling","name":"Home","context":{"ip":"203.0.113.77"}}""", ("Sec-GPC", "1"));
        var customer = await crm.Get($"/v1/customers/u:signalling?minPosition={reply.Text("position")}");

        var consent = customer.Json.GetProperty("consent");
        Assert.True(consent.GetProperty("gpc").GetProperty("given").GetBoolean());
        Assert.False(consent.GetProperty("purposes").GetProperty("advertising").GetBoolean());
        Assert.Empty(await Traces.Of(crm.Database, "203.0.113.77"));
        Assert.NotEmpty(await Traces.Of(crm.Database, "203.0.113.0"));

        // Also in the samples of what was refused.
        var refused = await crm.Ask(
            HttpMethod.Post, "/v1/batch", """{"batch":[{"type":"track","event":"Of nobody","context":{"ip":"198.51.100.77"}}]}""");
        Assert.Equal(200, refused.Status);
        await Eventually.True(async () => (await Traces.Of(crm.Database, "198.51.100.0")).Count > 0, "the sample is stored");
        Assert.Empty(await Traces.Of(crm.Database, "198.51.100.77"));
    }

    [Fact]
    public async Task All_that_is_held_of_a_person_is_exported()
    {
        await crm.Send("page", """{"anonymousId":"exported-laptop","name":"Home"}""");
        await crm.Ask(HttpMethod.Post, "/v1/track", """{"userId":"exported-person"}""");
        var events = string.Join(',', Enumerable.Range(0, 450).Select(i => $$"""{"type":"track","userId":"exported-person","event":"E{{i}}"}"""));
        await crm.Send("batch", $$"""{"batch":[{{events}}]}""");
        var position = await crm.Send("identify", """{"userId":"exported-person","anonymousId":"exported-laptop","traits":{"email":"exported@example.com"}}""");
        await Eventually.True(
            async () => await crm.Database.Ask<long>("select count(*) from history where lane in ('u:exported-person', 'a:exported-laptop')") == 452
                && await crm.Database.Ask<long>("select count(*) from dead_letter_inbound where position('exported-person'::bytea in sample) > 0") == 1,
            "all is stored");

        var export = await crm.Get($"/v1/customers/a:exported-laptop/export?minPosition={position}");

        Assert.Equal(200, export.Status);
        Assert.True(export.Json.GetProperty("complete").GetBoolean());
        Assert.Equal(["u:exported-person", "a:exported-laptop"], export.Json.GetProperty("ids").EnumerateArray().Select(i => i.GetString()!));
        var history = export.Json.GetProperty("history").EnumerateArray().Select(e => e.GetProperty("messageId").GetString()).ToArray();
        Assert.Equal((452, 452), (history.Length, history.Distinct().Count()));
        Assert.Equal("a:exported-laptop", export.Json.GetProperty("profile").GetProperty("merges")[0].GetProperty("source").GetString());
        var letter = export.Json.GetProperty("notCounted").EnumerateArray().Single();
        Assert.Equal(("dead_letter_inbound", """{"userId":"exported-person"}"""), (letter.GetProperty("table").GetString(), letter.GetProperty("content").GetString()));
    }

    [Fact]
    public async Task An_erasure_gives_a_receipt_that_can_be_checked()
    {
        await crm.Send("page", """{"anonymousId":"erased-laptop","name":"Home"}""");
        await crm.Ask(HttpMethod.Post, "/v1/track", """{"userId":"erased-person"}""");
        var position = await crm.Send("identify", """{"userId":"erased-person","anonymousId":"erased-laptop","traits":{"email":"erased-person@example.com"}}""");
        await crm.Get($"/v1/customers/u:erased-person?minPosition={position}");

        var done = await crm.Ask(HttpMethod.Delete, "/v1/customers/email:erased-person%40example.com?suppress=true&reason=by%20letter");
        while (done.Status == 202) done = await crm.Get(done.Headers.Location!.ToString());

        Assert.Equal((200, "done", "by letter", "True"), (done.Status, done.Text("state"), done.Text("reason"), done.Text("suppress")));
        var receipt = done.Json.GetProperty("receipt").GetRawText();
        Assert.Equal("True", (await crm.Ask(HttpMethod.Post, "/v1/erasures/verify?customer=u:erased-person", receipt)).Text("valid"));
        Assert.Equal("False", (await crm.Ask(HttpMethod.Post, "/v1/erasures/verify?customer=u:other", receipt)).Text("valid"));
        Assert.Equal("False", (await crm.Ask(HttpMethod.Post, "/v1/erasures/verify", receipt.Replace("by letter", "by phone", StringComparison.Ordinal))).Text("valid"));
        Assert.Equal(400, (await crm.Ask(HttpMethod.Post, "/v1/erasures/verify", receipt.Replace("\"reason\"", "\"more\":1,\"reason\"", StringComparison.Ordinal))).Status);
        Assert.Equal(404, (await crm.Get("/v1/customers/u:erased-person")).Status);
        Assert.Empty(await Traces.Of(crm.Database, "erased-person", "erased-laptop"));

        // The API has heard of it by now: what comes is dropped before anything is stored, and a batch goes on with the others.
        Reply? reply = null;
        await Eventually.True(
            async () => (reply = await crm.Ask(HttpMethod.Post, "/v1/batch", """
                {"batch":[{"type":"track","userId":"erased-person","event":"x"},{"type":"track","userId":"erased-neighbour","event":"x"}]}
                """)).Text("refused") == "1",
            "it is refused");
        Assert.Equal((200, "True"), (reply!.Status, reply.Text("success")));
        await Eventually.True(async () => (await Traces.Of(crm.Database, "erased-person")).Count == 0, "no trace of it is left");
    }

    [Theory]
    [InlineData("/v1/customers/nonsense", 400, "bad-id")]
    [InlineData("/v1/customers/email:nobody%40example.com", 404, "customer-unknown")]
    [InlineData("/v1/customers/u:x?suppress=perhaps", 400, "bad-erasure")]
    public async Task An_erasure_that_cannot_be_asked_for_is_told_so(string path, int status, string kind) => Assert.Equal(
        (status, "urn:crm:problem:" + kind), Problem(await crm.Ask(HttpMethod.Delete, path)));

    [Fact]
    public async Task An_unknown_erasure_and_no_receipt_are_told_so()
    {
        Assert.Equal((404, "urn:crm:problem:erasure-unknown"), Problem(await crm.Get($"/v1/erasures/{Guid.NewGuid()}")));
        Assert.Equal((400, "urn:crm:problem:bad-receipt"), Problem(await crm.Ask(HttpMethod.Post, "/v1/erasures/verify", "{}")));
    }

    private static (int, string?) Problem(Reply reply) => (reply.Status, reply.Text("type"));
}
