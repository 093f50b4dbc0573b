using Npgsql;
using NpgsqlTypes;

namespace Crm.Clickstream;

/// <summary>The queries that read blocks.</summary>
internal static class LogBlocks
{
    /// <summary>Most blocks of one partition in one read of the tail: a few commits' worth when all goes well, so rarely met.</summary>
    public const int TailBlocks = 64;

    // The server looks at so many to give those that are wanted: of small blocks a read takes several steps, of large ones few are looked at in vain.
    private const int StepBlocks = 64;

    // Starts at the block that holds the next number. The sums use only the payloads' lengths, which are known without
    // fetching them, so that the server sends no more than was asked for; the first block always comes.
    internal const string ReadSql = """
        SELECT partition, first_seq, count, payload FROM (
          SELECT b.partition, b.first_seq, b.count, b.payload,
            sum(b.count) OVER w - b.count AS events_before,
            sum(octet_length(b.payload)) OVER w - octet_length(b.payload) AS bytes_before
          FROM (
            SELECT * FROM event_block
            WHERE partition = $1 AND first_seq <= $3 AND first_seq >= coalesce((
              SELECT h.first_seq FROM event_block h
              WHERE h.partition = $1 AND h.first_seq <= $2 + 1 ORDER BY h.first_seq DESC LIMIT 1), 0)
            ORDER BY first_seq LIMIT $6) b
          WHERE b.first_seq + b.count - 1 > $2
          WINDOW w AS (ORDER BY b.first_seq ROWS UNBOUNDED PRECEDING)) r
        WHERE events_before < $4 AND bytes_before < $5 ORDER BY first_seq
        """;

    // Blocks that begin above each partition's number: every partition is one range of the primary key.
    internal const string TailSql = """
        SELECT r.partition, r.first_seq, r.count, r.payload
        FROM unnest($1, $2, $3) AS s (partition, after, bytes) CROSS JOIN LATERAL (
          SELECT b.*, sum(octet_length(b.payload)) OVER (ORDER BY b.first_seq ROWS UNBOUNDED PRECEDING)
            - octet_length(b.payload) AS bytes_before
          FROM (
            SELECT partition, first_seq, count, payload FROM event_block
            WHERE partition = s.partition AND first_seq > s.after ORDER BY first_seq LIMIT $4) b) r
        WHERE r.bytes_before < s.bytes
        """;

    // Where the block begins that holds the number after each one given; nothing for numbers at or above the head.
    private const string AlignSql = """
        SELECT s.partition, b.first_seq
        FROM unnest($1, $2) AS s (partition, after) CROSS JOIN LATERAL (
          SELECT first_seq, count FROM event_block
          WHERE partition = s.partition AND first_seq <= s.after + 1 ORDER BY first_seq DESC LIMIT 1) b
        WHERE b.first_seq + b.count - 1 > s.after
        """;

    /// <summary>Blocks that hold any number in (after, upTo], about as many events and bytes as asked for, at least one block.</summary>
    public static async Task<List<LogBlock>> Read(
        NpgsqlConnection connection, int partition, long after, long upTo, int maxEvents, int maxBytes, CancellationToken stop)
    {
        var blocks = new List<LogBlock>();
        var (events, bytes) = (0L, 0L);
        while (true)
        {
            await using var command = new NpgsqlCommand(ReadSql, connection)
                .With(NpgsqlDbType.Smallint, (short)partition).With(NpgsqlDbType.Bigint, after).With(NpgsqlDbType.Bigint, upTo)
                .With(NpgsqlDbType.Bigint, maxEvents - events).With(NpgsqlDbType.Bigint, maxBytes - bytes).With(NpgsqlDbType.Integer, StepBlocks);
            var step = await Blocks(command, stop);
            blocks.AddRange(step);
            events += step.Sum(b => (long)b.Count);
            bytes += step.Sum(b => (long)b.Payload.Length);
            if (step.Count < StepBlocks || events >= maxEvents || bytes >= maxBytes) return blocks;
            after = step[^1].LastSeq;
        }
    }

    /// <summary>Blocks that begin above the given numbers, by partition, in order within each.</summary>
    public static async Task<List<LogBlock>> Tail(
        NpgsqlConnection connection, short[] partitions, long[] after, int[] maxBytes, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand(TailSql, connection)
        {
            Parameters =
            {
                new NpgsqlParameter { Value = partitions, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Smallint },
                new NpgsqlParameter { Value = after, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint },
                new NpgsqlParameter { Value = maxBytes, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer },
                new NpgsqlParameter { Value = TailBlocks, NpgsqlDbType = NpgsqlDbType.Integer },
            },
        };
        return await Blocks(command, stop);
    }

    /// <summary>First numbers of the blocks that hold the number after each one given.</summary>
    public static async Task<Dictionary<int, long>> Align(
        NpgsqlConnection connection, short[] partitions, long[] after, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand(AlignSql, connection)
        {
            Parameters =
            {
                new NpgsqlParameter { Value = partitions, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Smallint },
                new NpgsqlParameter { Value = after, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint },
            },
        };
        var begins = new Dictionary<int, long>();
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop)) begins[rows.GetInt16(0)] = rows.GetInt64(1);
        return begins;
    }

    private static async Task<List<LogBlock>> Blocks(NpgsqlCommand command, CancellationToken stop)
    {
        var blocks = new List<LogBlock>();
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop))
            blocks.Add(new LogBlock(rows.GetInt16(0), rows.GetInt64(1), rows.GetInt32(2), rows.GetFieldValue<byte[]>(3)));
        return blocks;
    }
}
