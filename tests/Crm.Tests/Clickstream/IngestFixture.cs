using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Crm.Access;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Clickstream;

/// <summary>The API on a database of its own, without any silo, and keys to it.</summary>
public sealed class IngestFixture : IAsyncLifetime
{
    private readonly PostgresFixture _postgres = new();
    private HostProcess? _api;

    public PostgresFixture Postgres => _postgres;

    public ApiKeys Keys => new(_postgres.Source, TimeProvider.System);

    public string WriteKey { get; private set; } = "";

    public string ServerKey { get; private set; } = "";

    internal HostProcess Api => _api!;

    public async Task InitializeAsync()
    {
        await _postgres.InitializeAsync();
        WriteKey = (await Keys.Create(ApiKeyKind.Write, "shop")).Secret;
        ServerKey = (await Keys.Create(ApiKeyKind.Server, "back office", "office")).Secret;
        _api = await HostProcess.Api(_postgres.ConnectionString);
        await Eventually.True(async () => (await Send("track", """{"userId":"u","event":"Warm"}""")).Status == 200, "events are taken");
    }

    public async Task DisposeAsync()
    {
        if (_api is not null) await _api.DisposeAsync();
        await _postgres.DisposeAsync();
    }

    /// <summary>The number that a query answers.</summary>
    public async Task<long> Count(string sql)
    {
        await using var command = _postgres.Source.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Sends a call and answers what came back.</summary>
    public Task<Reply> Send(string call, string body, string? key = null) =>
        Send(call, new ByteArrayContent(Encoding.UTF8.GetBytes(body)), Basic(key ?? WriteKey));

    public async Task<Reply> Send(string call, HttpContent body, AuthenticationHeaderValue? authorization)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/v1/" + call, UriKind.Relative)) { Content = body };
        request.Headers.Authorization = authorization;
        using var response = await Api.Http.SendAsync(request);
        return await Reply.Of(response);
    }

    public static AuthenticationHeaderValue Basic(string key, string password = "") =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{key}:{password}")));
}

/// <summary>The classes that share one such API.</summary>
[CollectionDefinition(Name)]
public sealed class IngestGroup : ICollectionFixture<IngestFixture>
{
    public const string Name = "ingest";
}

/// <summary>An answer, read to its end.</summary>
public sealed record Reply(int Status, JsonElement Json, HttpResponseHeaders Headers, string? ContentType)
{
    public static async Task<Reply> Of(HttpResponseMessage response)
    {
        var bytes = await response.Content.ReadAsByteArrayAsync();
        var json = bytes.Length == 0 ? default : JsonDocument.Parse(bytes).RootElement;
        return new Reply((int)response.StatusCode, json, response.Headers, response.Content.Headers.ContentType?.MediaType);
    }

    public string? Text(string member) => Json.TryGetProperty(member, out var value) ? value.ToString() : null;
}
