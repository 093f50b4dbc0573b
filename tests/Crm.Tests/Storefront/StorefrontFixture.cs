using System.Net.Http.Headers;
using System.Text.Json;
using Crm.Access;
using Crm.Clickstream;
using Crm.Infrastructure;
using Crm.Live;
using Xunit;

namespace Crm.Storefront;

/// <summary>The API with the demo shop's page, a silo and a database of their own, and a browser.</summary>
public sealed class StorefrontFixture : IAsyncLifetime
{
    private readonly PostgresFixture _postgres = new();
    private readonly Chromium _chromium = new();
    private HostProcess? _silo;
    private HostProcess? _api;
    private AuthenticationHeaderValue? _server;

    public string WriteKey { get; private set; } = "";

    public Chromium Chromium => _chromium;

    /// <summary>Where the API is.</summary>
    public Uri Api => _api!.Address;

    public async Task InitializeAsync()
    {
        await Task.WhenAll(_postgres.InitializeAsync(), _chromium.InitializeAsync());
        var keys = new ApiKeys(_postgres.Source, TimeProvider.System);
        WriteKey = (await keys.Create(ApiKeyKind.Write, "shop")).Secret;
        _server = IngestFixture.Basic((await keys.Create(ApiKeyKind.Server, "tests")).Secret);
        _silo = await HostProcess.Silo(_postgres.ConnectionString);
        _api = await HostProcess.Api(
            _postgres.ConnectionString,
            ("CRM_SHOP_KEY", WriteKey),
            ("CRM_ANALYTICS_JS", Path.Combine(Node.Folder, "node_modules", "@segment", "analytics-next", "dist", "umd")));
        await _api.UntilReady();
    }

    public async Task DisposeAsync()
    {
        await _chromium.DisposeAsync();
        if (_api is not null) await _api.DisposeAsync();
        if (_silo is not null) await _silo.DisposeAsync();
        await _postgres.DisposeAsync();
    }

    /// <summary>A proxy of the test's own in front of the API.</summary>
    internal Task<FaultProxy> Proxy() => FaultProxy.Start(Api);

    /// <summary>Waits until all that is logged has changed its customers.</summary>
    internal async Task Applied()
    {
        // A partition's own word of its head may be a second old.
        var heads = await Heads();
        await Eventually.True(
            async () =>
            {
                var log = await Get("/v1/log");
                return log is { } all && all.GetProperty("unreachable").GetInt32() == 0 && all.GetProperty("partitions").EnumerateArray()
                    .All(p => p.GetProperty("applied").GetInt64() >= heads.GetValueOrDefault(p.GetProperty("partition").GetInt32()));
            },
            "all is applied",
            TimeSpan.FromSeconds(60));
    }

    private async Task<Dictionary<int, long>> Heads()
    {
        var heads = new Dictionary<int, long>();
        await using var command = _postgres.Source.CreateCommand("SELECT partition, max(first_seq + count - 1) FROM event_block GROUP BY partition");
        await using var rows = await command.ExecuteReaderAsync();
        while (await rows.ReadAsync()) heads[rows.GetInt16(0)] = rows.GetInt64(1);
        return heads;
    }

    /// <summary>The profile, whichever of its ids is asked for; null for nobody. Waits while a merge is under way.</summary>
    internal async Task<JsonElement?> Profile(string id)
    {
        JsonElement? profile = null;
        await Eventually.True(
            async () =>
            {
                using var answer = await Ask($"/v1/customers/{Uri.EscapeDataString(id)}");
                if ((int)answer.StatusCode == 503) return false;
                profile = answer.IsSuccessStatusCode ? await Read(answer) : null;
                return true;
            },
            $"{id} is answered");
        return profile;
    }

    /// <summary>What a GET answers; null when it was refused.</summary>
    internal async Task<JsonElement?> Get(string path)
    {
        using var answer = await Ask(path);
        return answer.IsSuccessStatusCode ? await Read(answer) : null;
    }

    private async Task<HttpResponseMessage> Ask(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        request.Headers.Authorization = _server;
        return await _api!.Http.SendAsync(request);
    }

    private static async Task<JsonElement> Read(HttpResponseMessage answer) => JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync()).RootElement;
}

/// <summary>The classes that share one such API.</summary>
[CollectionDefinition(Name)]
public sealed class StorefrontGroup : ICollectionFixture<StorefrontFixture>
{
    public const string Name = "storefront";
}
