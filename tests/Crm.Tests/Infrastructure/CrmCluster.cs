using System.Text;
using Crm.Clickstream;
using Crm.Customers;
using Crm.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.TestingHost;
using Xunit;

namespace Crm.Infrastructure;

/// <summary>Two real silos on a real database, in this process: the product's own silo, with its storage and streams.</summary>
public sealed class CrmCluster : IAsyncLifetime
{
    /// <summary>An event of this name is one that the rules fail on.</summary>
    internal const string PoisonName = "Poison";

    private readonly PostgresFixture _postgres = new();
    private InProcessTestCluster? _cluster;
    private Stores? _stores;
    private int _messages;

    public Npgsql.NpgsqlDataSource Database => _postgres.Source;

    internal Stores Stores => _stores!;

    internal IGrainFactory Grains => _cluster!.Client;

    internal InProcessTestCluster Silos => _cluster!;

    public async Task InitializeAsync()
    {
        await _postgres.InitializeAsync();
        var builder = new InProcessTestClusterBuilder(2);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.AddCrmSilo(new SiloOptions { Postgres = _postgres.ConnectionString });
            silo.Services.AddSingleton(all => ActivatorUtilities.CreateInstance<CustomerServices>(all) with { Rules = FailOnPoison });
            silo.Services.AddSingleton(new DeliveryOptions { ParkAfter = TimeSpan.FromSeconds(1), RetryParkedEvery = TimeSpan.FromSeconds(1) });
        });
        builder.ConfigureSiloHost((_, host) => host.Logging.SetMinimumLevel(LogLevel.Error));
        _cluster = builder.Build();
        await _cluster.DeployAsync();
        _stores = new Stores(_postgres.ConnectionString);
    }

    public async Task DisposeAsync()
    {
        await Stores.DisposeAsync();
        await Silos.StopAllSilosAsync();
        await Silos.DisposeAsync();
        await _postgres.DisposeAsync();
    }

    /// <summary>An id that no other test uses.</summary>
    internal string NewId() => Guid.NewGuid().ToString("N");

    internal BehaviourEvent Track(string lane, string name = "Tested", string? messageId = null) => new()
    {
        Lane = lane,
        Type = EventType.Track,
        Name = name,
        MessageId = messageId ?? $"m{Interlocked.Increment(ref _messages)}-{lane}",
        Source = "test",
        UserId = lane.StartsWith("u:", StringComparison.Ordinal) ? lane[2..] : null,
        AnonymousId = lane.StartsWith("a:", StringComparison.Ordinal) ? lane[2..] : null,
        TimestampMs = 1_795_000_000_000,
        ReceivedAtMs = 1_795_000_000_000,
        Body = Encoding.UTF8.GetBytes("{\"properties\":{\"product_id\":\"p1\"}}"),
    };

    internal BehaviourEvent Identify(string user, string visitor) => Track("u:" + user) with
    {
        Type = EventType.Identify,
        Name = null,
        AnonymousId = visitor,
        Body = "{\"traits\":{}}"u8.ToArray(),
    };

    /// <summary>Logs events and waits until their customers have them.</summary>
    internal async Task Happen(params BehaviourEvent[] events)
    {
        var position = await Stores.Writer.Append(events);
        foreach (var (partition, seq) in position.Seqs.Select(s => (s.Partition, s.Seq)))
        {
            await Eventually.True(
                async () => (await Grains.Partition(partition).Progress(seq, TimeSpan.FromSeconds(5))).Applied >= seq,
                $"partition {partition} applies {seq}");
        }
    }

    /// <summary>The profile, from where it moved to if it did; null for nobody.</summary>
    internal async Task<CustomerView?> Profile(string id)
    {
        var answer = new CustomerAnswer(null, null, true);
        await Eventually.True(
            async () =>
            {
                answer = await Grains.Customer(id).View();
                return !answer.NotCurrent;
            },
            $"{id} answers");
        return answer.MovedTo is { } to ? await Profile(to) : answer.View;
    }

    /// <summary>Waits until all that is logged is stored with its customers and in the history.</summary>
    internal Task Settle() => Eventually.True(
        async () => await Database.Ask<long>(
            """
            SELECT count(*) FROM (SELECT partition, max(first_seq + count - 1) AS head FROM event_block GROUP BY partition) b
            LEFT JOIN partition_state s USING (partition) WHERE coalesce(s.history, 0) < b.head
            """) == 0,
        "all is in the history");

    private static void FailOnPoison(CustomerRecord record, BehaviourEvent happened, ulong hash)
    {
        record.Fold(happened, hash);
        if (happened.Name == PoisonName) throw new InvalidOperationException("This event is poison.");
    }
}
