using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Clickstream;
using Crm.Infrastructure;
using Crm.Records;
using Xunit;

namespace Crm.Deals;

/// <summary>A silo and an API on a real database, and their administrator's key.</summary>
public sealed class DealsFixture : IAsyncLifetime
{
    private readonly PostgresFixture _postgres = new();
    private HostProcess? _api;
    private TestSilo? _silo;
    private string _key = "";

    public Npgsql.NpgsqlDataSource Database => _postgres.Source;

    public string ConnectionString => _postgres.ConnectionString;

    public string AdminKey => _key;

    /// <summary>Where the API answers.</summary>
    public string Address => _api!.Address.ToString();

    internal IGrainFactory Grains => _silo!.Grains;

    internal IServiceProvider Services => _silo!.Services;

    public async Task InitializeAsync()
    {
        await _postgres.InitializeAsync();
        _key = await Key(Scopes.All);
        _silo = await TestSilo.Start(_postgres.ConnectionString);
        _api = await HostProcess.Api(_postgres.ConnectionString);
        await _api.UntilReady();
        await Eventually.True(async () => (await Ask("GET", "/v1/customers/u:nobody")).Status == 404, "reads are answered");
    }

    public async Task DisposeAsync()
    {
        if (_api is not null) await _api.DisposeAsync();
        if (_silo is not null) await _silo.DisposeAsync();
        await _postgres.DisposeAsync();
    }

    /// <summary>A server's key.</summary>
    public async Task<string> Key(IReadOnlyList<string> scopes) =>
        (await new ApiKeys(_postgres.Source, TimeProvider.System).Create(new KeyOrder(ApiKeyKind.Server, "tests", "office", scopes))).Secret;

    /// <summary>Ends the silo and starts another.</summary>
    internal async Task NewSilo()
    {
        await _silo!.DisposeAsync();
        _silo = await TestSilo.Start(_postgres.ConnectionString);
        await Eventually.True(async () => (await Ask("GET", "/v1/customers/u:nobody")).Status == 404, "reads are answered again");
    }

    /// <summary>Any call, with the administrator's key unless another is named.</summary>
    internal async Task<Reply> Ask(string method, string path, string? body = null, string? key = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(path, UriKind.Relative));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key ?? _key);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await _api!.Http.SendAsync(request);
        return await Reply.Of(response);
    }

    /// <summary>Sends an event and answers its position.</summary>
    internal async Task<string> Happens(string call, string body) =>
        (await Ask("POST", "/v1/" + call, body)).Text("position") ?? throw new InvalidOperationException("Not accepted.");

    /// <summary>Makes a record, as its endpoint does.</summary>
    internal async Task<string> Make(string kind, string fields)
    {
        var id = RecordKind.Named(kind)!.Prefix + Guid.NewGuid().ToString("N")[..20];
        var answer = await Grains.Record(kind, id).Create(fields, Cause());
        Assert.True(answer.Refusal == RecordRefusal.None, $"{answer.Refusal} {JsonSerializer.Serialize(answer.Errors)}");
        return id;
    }

    internal static ChangeCause Cause(string by = "tester") => new(by, null, Guid.NewGuid());

    /// <summary>A record's fields.</summary>
    internal async Task<JsonObject> Fields(string kind, string id) => (JsonObject)JsonNode.Parse((await Grains.Record(kind, id).Get())!.Fields)!;
}
