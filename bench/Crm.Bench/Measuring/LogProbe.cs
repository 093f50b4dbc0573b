using System.Text.Json;
using Npgsql;

namespace Crm.Bench;

/// <summary>How far each stage of the pipeline is, in events over all partitions.</summary>
internal sealed record Stages(double At, long Acked, long Head, long Applied, long Checkpoint, long History)
{
    /// <summary>Logged, and not yet in their customers.</summary>
    public long NotApplied => Head - Applied;

    /// <summary>Logged, and not yet durable in their customers' rows.</summary>
    public long NotStored => Head - Checkpoint;

    /// <summary>Logged, and not yet in the history.</summary>
    public long NotInHistory => Head - History;
}

/// <summary>Asks how far the product is: the database, beside the product, and the API for what only the silo knows.</summary>
internal sealed class LogProbe(NpgsqlDataSource database, HttpClient api)
{
    private long _applied;

    private const string Sql = """
        WITH RECURSIVE heads AS (
          (SELECT partition, first_seq + count - 1 AS head FROM event_block ORDER BY partition DESC, first_seq DESC LIMIT 1)
          UNION ALL
          SELECT b.partition, b.first_seq + b.count - 1 FROM heads h CROSS JOIN LATERAL
            (SELECT * FROM event_block e WHERE e.partition < h.partition ORDER BY e.partition DESC, e.first_seq DESC LIMIT 1) b)
        SELECT coalesce((SELECT sum(head) FROM heads), 0)::bigint,
          coalesce((SELECT sum(checkpoint) FROM partition_state), 0)::bigint,
          coalesce((SELECT sum(history) FROM partition_state), 0)::bigint
        """;

    /// <summary>A look now. <paramref name="at"/> is the second of the run, <paramref name="acked"/> what the generator has.</summary>
    public async Task<Stages> Look(double at, long acked)
    {
        await using var command = database.CreateCommand(Sql);
        await using var row = await command.ExecuteReaderAsync();
        await row.ReadAsync();
        var (head, checkpoint, history) = (row.GetInt64(0), row.GetInt64(1), row.GetInt64(2));
        return new Stages(at, acked, head, Math.Max(await Applied(), checkpoint), checkpoint, history);
    }

    /// <summary>
    /// Has PostgreSQL end its round of writing pages out, as it does every quarter of an hour: a server that has been running
    /// writes its log into files that it used before, and a fresh one makes each of them under the commits that wait.
    /// </summary>
    public async Task Settle()
    {
        // The product's own role may not; its server lets in whoever may enter the folder of its socket.
        await using var server = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.ConnectionString) { Username = "postgres", CommandTimeout = 300 });
        await using var command = server.CreateCommand("CHECKPOINT");
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Bytes of the customers' stored states: median, 95th of 100, largest, and how many there are.</summary>
    public async Task<(double P50, double P95, double Max, long Rows)> StateSizes()
    {
        await using var command = database.CreateCommand("""
            SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY length(state)), percentile_cont(0.95) WITHIN GROUP (ORDER BY length(state)),
              max(length(state))::float8, count(*) FROM customer
            """);
        await using var row = await command.ExecuteReaderAsync();
        await row.ReadAsync();
        return row.GetInt64(3) == 0 ? default : (row.GetDouble(0), row.GetDouble(1), row.GetDouble(2), row.GetInt64(3));
    }

    // While a partition's owner cannot be asked, what was seen last stands.
    private async Task<long> Applied()
    {
        try
        {
            await using var page = await api.GetStreamAsync(new Uri("v1/log", UriKind.Relative));
            using var log = await JsonDocument.ParseAsync(page);
            if (log.RootElement.GetProperty("unreachable").GetInt32() > 0) return _applied;
            return _applied = log.RootElement.GetProperty("partitions").EnumerateArray().Sum(p => p.GetProperty("applied").GetInt64());
        }
        catch (HttpRequestException)
        {
            return _applied;
        }
    }
}
