using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Crm.Clickstream;
using Crm.Infrastructure;

namespace Crm.Access;

/// <summary>Calls of the administering part of the API, as its users make them.</summary>
internal static class AdminCalls
{
    private static readonly SemaphoreSlim s_making = new(1);
    private static string? s_key;
    private static IngestFixture? s_of;

    /// <summary>A key that may administer, and see people's data.</summary>
    public static async Task<string> AdminKey(this IngestFixture crm)
    {
        await s_making.WaitAsync();
        try
        {
            if (s_of != crm) (s_of, s_key) = (crm, (await crm.Keys.Create(new KeyOrder(ApiKeyKind.Server, "admin", "office", Scopes.All))).Secret);
            return s_key!;
        }
        finally
        {
            s_making.Release();
        }
    }

    /// <summary>Asks, with the administrator's key unless another is named; headers as <c>("If-Match", "\"1\"")</c>.</summary>
    public static async Task<Reply> Ask(
        this IngestFixture crm, string method, string path, string? body = null, string? key = null, params (string Name, string Value)[] headers)
    {
        using var response = await crm.AskRaw(method, path, body, key ?? await crm.AdminKey(), headers);
        return await Reply.Of(response);
    }

    /// <summary>As <see cref="Ask"/>, but the answer with all its headers; an empty key sends none.</summary>
    public static async Task<HttpResponseMessage> AskRaw(
        this IngestFixture crm, string method, string path, string? body, string key, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(path, UriKind.Relative));
        if (key.Length > 0) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return await crm.Api.Http.SendAsync(request);
    }

    /// <summary>A new source with a write key: its id and the key.</summary>
    public static async Task<(string Id, string Key)> NewSource(this IngestFixture crm, string fields = "{}", string keyFields = "{}")
    {
        var id = "s" + Guid.NewGuid().ToString("N");
        var made = await crm.Ask("POST", "/api/v1/sources", Merged($$"""{"id":"{{id}}","name":"A shop"}""", fields));
        Assert201(made);
        var key = await crm.Ask("POST", $"/api/v1/sources/{id}/keys", Merged("""{"kind":"write","name":"its key"}""", keyFields));
        Assert201(key);
        return (id, key.Text("key")!);
    }

    /// <summary>The ETag of an answer.</summary>
    public static string ETag(this Reply reply) => reply.Headers.GetValues("ETag").Single();

    /// <summary>The members of a page.</summary>
    public static IReadOnlyList<JsonElement> Data(this Reply reply) => [.. reply.Json.GetProperty("data").EnumerateArray()];

    private static string Merged(string one, string other) => other == "{}" ? one : one[..^1] + "," + other[1..];

    private static void Assert201(Reply reply)
    {
        if (reply.Status != 201) throw new InvalidOperationException($"It was answered {reply.Status}: {reply.Json}");
    }
}
