using System.Text;
using Crm.Clickstream;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Privacy;

/// <summary>Makes events in the log's blocks blank. Their numbers stay taken, so that nothing else is moved.</summary>
internal static class LogBlanking
{
    /// <summary>Blocks that one transaction looks through: some MB, so that it ends soon.</summary>
    private const int BlocksAtATime = 500;

    private const string EndSql = """
        SELECT max(first_seq) FROM (
          SELECT first_seq FROM event_block WHERE partition = $1 AND first_seq > $2 AND first_seq <= $3 ORDER BY first_seq LIMIT $4) b
        """;

    // The server looks for the bytes of the ids, so that only blocks that may hold one are sent.
    private const string MatchSql = """
        SELECT first_seq FROM event_block b
        WHERE partition = $1 AND first_seq > $2 AND first_seq <= $3
          AND EXISTS (SELECT FROM unnest($4) AS n (lane) WHERE position(n.lane IN b.payload) > 0)
        ORDER BY first_seq
        """;

    /// <summary>
    /// Looks through the next blocks of a partition, up to the floors of its lanes, in the connection's transaction. Answers where
    /// it stopped, null at the end; and how many events became blank.
    /// </summary>
    public static async Task<(long? Reached, int Blanked)> Next(
        NpgsqlConnection connection, int partition, long after, IReadOnlyDictionary<string, long> floors, CancellationToken stop)
    {
        await using var end = new NpgsqlCommand(EndSql, connection)
            .With(NpgsqlDbType.Smallint, (short)partition).With(NpgsqlDbType.Bigint, after)
            .With(NpgsqlDbType.Bigint, floors.Values.Max()).With(NpgsqlDbType.Integer, BlocksAtATime);
        if (await end.ExecuteScalarAsync(stop) is not long reached) return (null, 0);
        var blanked = 0;
        foreach (var first in await Matches(connection, partition, after, reached, floors.Keys, stop))
        {
            blanked += await Blank(connection, partition, first, logged =>
                floors.TryGetValue(Encoding.UTF8.GetString(PackedEvent.Lane(logged.Packed.Span)), out var floor) && logged.Seq <= floor, stop);
        }

        return (reached, blanked);
    }

    /// <summary>Blanks single numbers of a partition, in the connection's transaction.</summary>
    public static async Task Numbers(NpgsqlConnection connection, int partition, IReadOnlyCollection<long> seqs, CancellationToken stop)
    {
        var wanted = seqs.ToHashSet();
        await using var command = new NpgsqlCommand("""
            SELECT DISTINCT b.first_seq FROM unnest($2) AS s (seq) CROSS JOIN LATERAL (
              SELECT first_seq FROM event_block WHERE partition = $1 AND first_seq <= s.seq ORDER BY first_seq DESC LIMIT 1) b
            """, connection).With(NpgsqlDbType.Smallint, (short)partition).WithArray(NpgsqlDbType.Bigint, seqs);
        foreach (var first in await Numbers(command, stop))
            await Blank(connection, partition, first, logged => wanted.Contains(logged.Seq), stop);
    }

    private static async Task<int> Blank(
        NpgsqlConnection connection, int partition, long first, Func<LaneEvent, bool> isErased, CancellationToken stop)
    {
        await using var read = new NpgsqlCommand(
            "SELECT count, payload FROM event_block WHERE partition = $1 AND first_seq = $2 FOR UPDATE", connection)
            .With(NpgsqlDbType.Smallint, (short)partition).With(NpgsqlDbType.Bigint, first);
        LogBlock block;
        await using (var row = await read.ExecuteReaderAsync(stop))
        {
            if (!await row.ReadAsync(stop)) return 0;
            block = new LogBlock(partition, first, row.GetInt32(0), row.GetFieldValue<byte[]>(1));
        }

        var (payload, count) = block.Blank(isErased);
        if (count == 0) return 0;
        await using var write = new NpgsqlCommand("UPDATE event_block SET payload = $3 WHERE partition = $1 AND first_seq = $2", connection)
            .With(NpgsqlDbType.Smallint, (short)partition).With(NpgsqlDbType.Bigint, first).With(NpgsqlDbType.Bytea, payload);
        await write.ExecuteNonQueryAsync(stop);
        return count;
    }

    private static async Task<List<long>> Matches(
        NpgsqlConnection connection, int partition, long after, long upTo, IEnumerable<string> lanes, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand(MatchSql, connection)
            .With(NpgsqlDbType.Smallint, (short)partition).With(NpgsqlDbType.Bigint, after).With(NpgsqlDbType.Bigint, upTo)
            .WithArray(NpgsqlDbType.Bytea, lanes.Select(Encoding.UTF8.GetBytes));
        return await Numbers(command, stop);
    }

    private static async Task<List<long>> Numbers(NpgsqlCommand command, CancellationToken stop)
    {
        var numbers = new List<long>();
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop)) numbers.Add(rows.GetInt64(0));
        return numbers;
    }
}
