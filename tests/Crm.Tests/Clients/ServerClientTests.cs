using System.Collections.Concurrent;
using System.Text.Json;
using Crm.Infrastructure;
using Crm.Storefront;
using Xunit;
using Xunit.Abstractions;

namespace Crm.Clients;

/// <summary>The published clients for servers, driven all at once, for they spend their time in waiting for the next try.</summary>
public sealed class ServerClientRuns : IAsyncLifetime
{
    private readonly ConcurrentDictionary<string, Task<ClientRun>> _runs = new();

    internal static IReadOnlyList<ClientKind> Kinds { get; } =
    [
        new("segment-node"),
        new("segment-node-old"),
        new("rudder-node"),
        new("posthog-node", Alias: false, LinksByAlias: true, Copies: false),
        new("snowplow-node", Alias: false, Group: false, Copies: false, Snake: true),
        new("cloudevents"),
    ];

    public Task InitializeAsync() => Task.CompletedTask;

    /// <summary>The run of that client; the first who asks starts those of all.</summary>
    internal Task<ClientRun> Of(string name, StorefrontFixture crm)
    {
        foreach (var kind in Kinds) _runs.GetOrAdd(kind.Name, _ => ClientRun.Drive(kind, crm));
        return _runs[name];
    }

    public async Task DisposeAsync()
    {
        foreach (var run in _runs.Values)
        {
            if (run.IsCompletedSuccessfully) await (await run).DisposeAsync();
        }
    }
}

/// <summary>What one client was told, and how that went.</summary>
internal sealed record ClientRun(FaultProxy Proxy, BadNetwork Network, IReadOnlyList<Step> Steps, int Code, string Said) : IAsyncDisposable
{
    /// <summary>People: few always, all with <c>./test --full</c>.</summary>
    public static int People { get; } = Environment.GetEnvironmentVariable("CRM_FULL") == "1" ? 200 : 10;

    public static async Task<ClientRun> Drive(ClientKind client, StorefrontFixture crm)
    {
        var proxy = await crm.Proxy();
        var network = new BadNetwork();
        proxy.Rule = network.Rule;
        var steps = ShopSessions.Of(client, People, TimeProvider.System.GetUtcNow().AddHours(-2));
        var plan = JsonSerializer.Serialize(new { url = proxy.Address.GetLeftPart(UriPartial.Authority), key = crm.WriteKey, steps }, JsonSerializerOptions.Web);
        var (code, said) = await Node.Run(plan, "drive.mjs", client.Name);
        return new ClientRun(proxy, network, steps, code, said);
    }

    public ValueTask DisposeAsync() => Proxy.DisposeAsync();
}

/// <summary>
/// Shops keep the clients that they have: each tells of the same kind of people through a network that loses answers, and every
/// customer is then what was told, to the cent.
/// </summary>
[Collection(StorefrontGroup.Name)]
public sealed class ServerClientTests(StorefrontFixture crm, ServerClientRuns runs, ITestOutputHelper output) : IClassFixture<ServerClientRuns>
{
    public static TheoryData<string> Clients => new(ServerClientRuns.Kinds.Select(kind => kind.Name));

    [NodeTheory]
    [MemberData(nameof(Clients))]
    public async Task Every_customer_is_what_the_client_told(string client)
    {
        var run = await runs.Of(client, crm);
        output.WriteLine($"{run.Steps.Count} calls, {run.Proxy.Requests.Count} requests, {string.Join(", ", run.Network.Done.Select(d => $"{d.Value} {d.Key}"))}\n{run.Said}");
        Assert.Equal(0, run.Code);
        Assert.All((Fault[])[Fault.LoseAnswer, Fault.Error, Fault.Busy], fault => Assert.True(run.Network.Done.GetValueOrDefault(fault) > 0, $"There was no {fault}."));
        Assert.All(run.Proxy.Requests.Where(r => r.Fault == Fault.None), r => Assert.Equal(200, r.Status));

        await crm.Applied();
        await ProfileCheck.AllAre(crm, ShopTruth.Of(run.Steps));
    }
}

/// <summary>Compares customers with what was told of them.</summary>
internal static class ProfileCheck
{
    // All is applied; what a merge still moves is not long under way.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    /// <summary>Every customer is as expected, and is found by each of its ids.</summary>
    public static async Task AllAre(StorefrontFixture crm, ShopTruth truth)
    {
        Assert.NotEmpty(truth.Customers);
        var wrong = new List<string>();
        try
        {
            await Eventually.True(async () => (wrong = await Wrong(crm, truth)).Count == 0, "all customers are right", s_patience);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"{wrong.Count} of {truth.Customers.Count} are wrong:\n{string.Concat(wrong.Take(5))}");
        }
    }

    private static async Task<List<string>> Wrong(StorefrontFixture crm, ShopTruth truth)
    {
        var wrong = new List<string>();
        foreach (var (id, expected) in truth.Customers)
        {
            var profile = await crm.Profile(id);
            var known = profile is { } found ? truth.Describe(found) : $"{id} is not known";
            if (known != expected) wrong.Add($"expected:\n{expected}\nis:\n{known}\n");
        }

        foreach (var (id, customer) in truth.Ids)
        {
            var profile = await crm.Profile(id);
            if (profile?.GetProperty("id").GetString() != customer) wrong.Add($"{id} does not lead to {customer}.\n");
        }

        return wrong;
    }
}
