using System.Buffers.Binary;
using NpgsqlTypes;

namespace Crm.Customers;

/// <summary>Reads pages of messages. What many customers ask for at the same time, as after a silo's death, goes in few statements.</summary>
internal sealed class MessagePageReads : IAsyncDisposable
{
    // A range is up to 64 pages of 1 KB: a batch brings at most some 2 MB into memory.
    private static readonly GatherLimits Limits = new(Workers: 1, Waiting: 20_000, BatchCount: 32);

    private readonly DataSources _sources;
    private readonly Gatherer<MessagePageRange, IReadOnlyList<MessagePage>> _reads;

    public MessagePageReads(DataSources sources)
    {
        _sources = sources;
        _reads = new(Limits, range => $"{range.First} {range.Owner}", _ => 0, ReadBatch);
    }

    public Task<IReadOnlyList<MessagePage>> Read(MessagePageRange range, CancellationToken stop) => _reads.Run(range, stop);

    public ValueTask DisposeAsync() => _reads.DisposeAsync();

    /// <summary>The stored form: 8 bytes a hash, little-endian.</summary>
    public static byte[] Bytes(ulong[] hashes)
    {
        var bytes = new byte[hashes.Length * sizeof(ulong)];
        for (var at = 0; at < hashes.Length; at++) BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(at * sizeof(ulong)), hashes[at]);
        return bytes;
    }

    private static ulong[] Hashes(byte[] bytes)
    {
        var hashes = new ulong[bytes.Length / sizeof(ulong)];
        for (var at = 0; at < hashes.Length; at++) hashes[at] = BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at * sizeof(ulong)));
        return hashes;
    }

    private async Task<IReadOnlyList<IReadOnlyList<MessagePage>>> ReadBatch(IReadOnlyList<MessagePageRange> ranges)
    {
        await using var command = _sources.Records.CreateCommand("""
            SELECT asked.at, p.page, p.newest_ms, p.hashes
            FROM unnest($1, $2, $3, $4) AS asked (at, owner, first, after)
            JOIN message_page p ON p.owner = asked.owner AND p.page >= asked.first AND p.page < asked.after
            """)
            .WithArray(NpgsqlDbType.Integer, Enumerable.Range(0, ranges.Count))
            .WithArray(NpgsqlDbType.Text, ranges.Select(r => Sql.Text(r.Owner)))
            .WithArray(NpgsqlDbType.Integer, ranges.Select(r => r.First))
            .WithArray(NpgsqlDbType.Integer, ranges.Select(r => r.First + r.Count));
        var found = new List<MessagePage>[ranges.Count];
        await using var rows = await command.ExecuteReaderAsync();
        while (await rows.ReadAsync())
        {
            var at = rows.GetInt32(0);
            (found[at] ??= []).Add(new MessagePage(ranges[at].Owner, rows.GetInt32(1), rows.GetInt64(2), Hashes(rows.GetFieldValue<byte[]>(3))));
        }

        return [.. found.Select(pages => (IReadOnlyList<MessagePage>?)pages?.OrderBy(p => p.Number).ToArray() ?? [])];
    }
}
