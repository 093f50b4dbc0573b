using System.Net.Http.Headers;
using System.Text;
using Crm.Clickstream;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Access;

[Collection(IngestGroup.Name)]
public sealed class ApiKeyTests(IngestFixture crm)
{
    private const string Event = """{"userId":"u","event":"x"}""";

    [Fact]
    public async Task A_key_works_as_Basic_user_name_and_as_Bearer_token()
    {
        Assert.Equal(200, (await Post(IngestFixture.Basic(crm.WriteKey))).Status);
        Assert.Equal(200, (await Post(IngestFixture.Basic(crm.WriteKey, "ignored"))).Status);
        Assert.Equal(200, (await Post(new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(crm.WriteKey))))).Status);
        Assert.Equal(200, (await Post(new AuthenticationHeaderValue("Bearer", crm.ServerKey))).Status);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("Basic", "bm9wZTo=")]
    [InlineData("Basic", "not base64!")]
    [InlineData("Basic", "")]
    [InlineData("Bearer", "wk_guess")]
    [InlineData("Digest", "abc")]
    public async Task Anything_else_is_refused_in_words(string? scheme, string? parameter)
    {
        var reply = await Post(scheme is null ? null : new AuthenticationHeaderValue(scheme, parameter));

        Assert.Equal((401, "False"), (reply.Status, reply.Text("success")));
        Assert.Contains("crm keys create", reply.Text("message"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_write_key_cannot_read()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/v1/customers/u:u", UriKind.Relative));
        request.Headers.Authorization = IngestFixture.Basic(crm.WriteKey);
        using var response = await crm.Api.Http.SendAsync(request);
        var reply = await Reply.Of(response);

        Assert.Equal((403, "application/problem+json", "urn:crm:problem:forbidden"), (reply.Status, reply.ContentType, reply.Text("type")));
    }

    [Fact]
    public async Task A_key_made_later_works_after_it_was_tried_in_vain()
    {
        var (key, secret) = await crm.Keys.Create(ApiKeyKind.Write, "later");

        await Eventually.True(async () => (await Post(IngestFixture.Basic(secret))).Status == 200, "the new key works");

        Assert.Equal(("later", "later", secret[..10]), (key.Name, key.Source, key.Prefix));
    }

    [Fact]
    public async Task Only_the_hash_of_a_key_is_stored()
    {
        var (key, secret) = await crm.Keys.Create(ApiKeyKind.Server, "hashed", "a source");

        Assert.Equal(0, await crm.Count($"select count(*) from api_key where api_key::text like '%{secret[10..]}%'"));
        var found = await crm.Keys.Find(ApiKeySecret.Hash(secret));
        Assert.Equal((key.Id, "a source", ApiKeyKind.Server), (found!.Id, found.Source, found.Kind));
        Assert.Contains(await crm.Keys.List(), k => k.Id == key.Id);
    }

    [Fact]
    public async Task A_revoked_key_is_found_no_more_and_revoked_once()
    {
        var (key, secret) = await crm.Keys.Create(ApiKeyKind.Write, "short-lived");

        Assert.True(await crm.Keys.Revoke(key.Id));
        Assert.False(await crm.Keys.Revoke(key.Id));
        Assert.Null(await crm.Keys.Find(ApiKeySecret.Hash(secret)));
        Assert.Equal(401, (await Post(IngestFixture.Basic(secret))).Status);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("a\nb")]
    public async Task A_key_needs_a_name(string name) =>
        await Assert.ThrowsAsync<ArgumentException>(() => crm.Keys.Create(ApiKeyKind.Write, name));

    private Task<Reply> Post(AuthenticationHeaderValue? authorization) => crm.Send("track", new StringContent(Event), authorization);
}
