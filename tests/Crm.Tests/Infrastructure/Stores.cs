using System.Text;
using Crm.Clickstream;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Crm.Infrastructure;

/// <summary>What the product keeps in PostgreSQL, as one process sees it: its own pools, writer and tail.</summary>
internal sealed class Stores : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    public Stores(string connectionString, Action<EventLogOptions>? configure = null)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddCrmPostgres(connectionString, configure);
        _services = services.BuildServiceProvider();
    }

    public IEventLogWriter Writer => Get<IEventLogWriter>();

    public IEventLog Log => Get<IEventLog>();

    public ILogTail Tail => Get<ILogTail>();

    public IPartitionStore Partitions => Get<IPartitionStore>();

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    /// <summary>An event of a lane; its message id tells it apart.</summary>
    public static BehaviourEvent Event(string lane, string messageId, int bodyBytes = 20) => new()
    {
        Lane = lane,
        Type = EventType.Track,
        Name = "Tested",
        MessageId = messageId,
        Source = "test",
        TimestampMs = 1_795_000_000_000,
        ReceivedAtMs = 1_795_000_000_500,
        Body = Encoding.UTF8.GetBytes("{\"pad\":\"" + new string('x', bodyBytes) + "\"}"),
    };

    /// <summary>A lane of the given partition, one of many by its number.</summary>
    public static string LaneOf(int partition, int number = 0) => Enumerable.Range(0, int.MaxValue)
        .Select(i => $"u:lane-{number}-{i}").First(lane => Partitioning.Of(lane) == partition);

    /// <summary>All events of a partition, decoded.</summary>
    public async Task<List<(long Seq, BehaviourEvent Event)>> ReadAll(int partition)
    {
        var all = new List<(long, BehaviourEvent)>();
        while (true)
        {
            var after = all.Count == 0 ? 0 : all[^1].Item1;
            var blocks = await Log.Read(partition, after, 1_000);
            if (blocks.Count == 0) return all;
            all.AddRange(blocks.SelectMany(b => b.Events()).Where(e => e.Seq > after).Select(e => (e.Seq, PackedEvent.Read(e.Packed))));
        }
    }
}

/// <summary>Asks a test's database in one line.</summary>
internal static class Asking
{
    public static async Task<T?> Ask<T>(this NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync() is T value ? value : default;
    }

    public static async Task Do(this NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
