using System.Text;
using Crm.Clickstream;
using Crm.Customers;

namespace Crm.Delivery;

/// <summary>An event as it stands in the log.</summary>
/// <param name="Sources">Ids that it asks to merge into its customer.</param>
internal sealed record Logged(int Partition, long Seq, string Lane, string MessageId, EventType Type, string? Name, bool IsPoison, string[] Sources)
{
    public override string ToString() => $"{MessageId} ({Partition}/{Seq} {Lane} {Name})";
}

/// <summary>The log, decoded once.</summary>
internal sealed class LogBook(IStorage storage)
{
    private readonly List<Logged>[] _events = [.. Enumerable.Range(0, World.Partitions).Select(_ => new List<Logged>())];
    private readonly List<LogBlock>[] _blocks = [.. Enumerable.Range(0, World.Partitions).Select(_ => new List<LogBlock>())];

    public IReadOnlyList<Logged> Partition(int partition)
    {
        var events = _events[partition];
        foreach (var block in storage.Blocks(partition, events.Count))
        {
            _blocks[partition].Add(block);
            foreach (var logged in block.Events()) events.Add(Decode(partition, logged));
        }

        return events;
    }

    /// <summary>Any block, the last one more often than others; null when there is none.</summary>
    public LogBlock? RandomBlock(int partition, Random random)
    {
        Partition(partition);
        var blocks = _blocks[partition];
        return blocks.Count == 0 ? null : blocks[random.Next(2) == 0 ? blocks.Count - 1 : random.Next(blocks.Count)];
    }

    /// <summary>The last number: there are no gaps below it.</summary>
    public long Head(int partition) => Partition(partition).Count;

    public IEnumerable<Logged> All() => Enumerable.Range(0, _events.Length).SelectMany(Partition);

    /// <summary>Messages of a lane that count: each once, without poison.</summary>
    public IEnumerable<string> Counting(string lane, long upTo) => Partition(Partitioning.Of(lane, _events.Length))
        .Where(e => e.Seq <= upTo && e.Lane == lane && !e.IsPoison).Select(e => e.MessageId).Distinct();

    private static Logged Decode(int partition, LaneEvent logged)
    {
        var happened = PackedEvent.Read(logged.Packed);
        return new Logged(
            partition, logged.Seq, Encoding.UTF8.GetString(PackedEvent.Lane(logged.Packed.Span)), happened.MessageId,
            happened.Type, happened.Name, Traffic.IsPoison(happened), Sources(happened));
    }

    private static string[] Sources(BehaviourEvent happened) => happened switch
    {
        { PreviousId: { } previous } => [CustomerId.Visitor(previous), CustomerId.User(previous)],
        { UserId: not null, AnonymousId: { } visitor } => [CustomerId.Visitor(visitor)],
        _ => [],
    };
}
