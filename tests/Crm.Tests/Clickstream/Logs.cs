using Xunit;

namespace Crm.Clickstream;

/// <summary>What the log holds, for tests that send over HTTP.</summary>
internal static class Logs
{
    /// <summary>The one event at a position.</summary>
    public static async Task<BehaviourEvent> At(IngestFixture crm, string text)
    {
        Assert.True(LogPosition.TryParse(text, out var position));
        var at = position.Seqs.Single();
        return (await Of(crm)).Single(e => e.Partition == at.Partition && e.Seq == at.Seq).Event;
    }

    /// <summary>All that is logged.</summary>
    public static async Task<List<(int Partition, long Seq, BehaviourEvent Event)>> Of(IngestFixture crm)
    {
        await using var command = crm.Postgres.Source.CreateCommand("select partition, first_seq, count, payload from event_block");
        await using var row = await command.ExecuteReaderAsync();
        var all = new List<(int, long, BehaviourEvent)>();
        while (await row.ReadAsync())
        {
            var block = new LogBlock(row.GetInt16(0), row.GetInt64(1), row.GetInt32(2), row.GetFieldValue<byte[]>(3));
            all.AddRange(block.Events().Select(e => (block.Partition, e.Seq, PackedEvent.Read(e.Packed))));
        }

        return all;
    }
}
