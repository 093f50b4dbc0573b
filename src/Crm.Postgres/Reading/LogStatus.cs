using Npgsql;
using NpgsqlTypes;

namespace Crm.Clickstream;

/// <summary>How far the log and what is made of it are, as the database knows it: also while nothing else runs.</summary>
/// <param name="LogId">Who the log is; null before its birth.</param>
/// <param name="At">The server's time of the look.</param>
/// <param name="Partitions">All partitions, by number.</param>
/// <param name="Silos">Silos that are members of the cluster.</param>
public sealed record LogStatus(
    string? LogId, DateTimeOffset At, IReadOnlyList<PartitionStatus> Partitions, IReadOnlyList<SiloStatusRow> Silos)
{
    /// <summary>Orleans' number for a silo that takes calls.</summary>
    private const int Active = 3;

    /// <summary>Asks the database.</summary>
    public static async Task<LogStatus> Read(NpgsqlDataSource database, string cluster, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var identity = new NpgsqlCommand(
            "select clock_timestamp(), (select o.identity from event_log l, lateral open_log(l.partitions) o)", connection);
        await using var row = await identity.ExecuteReaderAsync(stop);
        await row.ReadAsync(stop);
        var at = row.GetFieldValue<DateTimeOffset>(0);
        var log = row.IsDBNull(1) ? null : row.GetString(1);
        await row.CloseAsync();
        return new LogStatus(log, at, await ReadPartitions(connection, stop), await ReadSilos(connection, cluster, stop));
    }

    /// <summary>The silos of a cluster alone.</summary>
    internal static async Task<IReadOnlyList<SiloStatusRow>> ReadSilos(NpgsqlDataSource database, string cluster, CancellationToken stop)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        return await ReadSilos(connection, cluster, stop);
    }

    private static async Task<IReadOnlyList<PartitionStatus>> ReadPartitions(NpgsqlConnection connection, CancellationToken stop)
    {
        // Blocks are asked by their key, newest or first above a number: a few pages per partition, however long the log is.
        await using var command = new NpgsqlCommand(
            """
            select p.n, coalesce(h.last, 0), coalesce(s.checkpoint, 0), coalesce(s.history, 0),
              coalesce(extract(epoch from clock_timestamp() - w.committed_at) * 1000, 0)::bigint,
              coalesce(extract(epoch from clock_timestamp() - v.committed_at) * 1000, 0)::bigint,
              (select count(distinct e.lane) from parked_event e where e.partition = p.n)
            from event_log l
            cross join lateral generate_series(0, l.partitions - 1) as p (n)
            left join partition_state s on s.partition = p.n
            left join lateral (select b.first_seq + b.count - 1 as last from event_block b
              where b.partition = p.n order by b.first_seq desc limit 1) h on true
            left join lateral (select b.committed_at from event_block b where b.partition = p.n
              and b.first_seq > coalesce(s.checkpoint, 0) order by b.first_seq limit 1) w on true
            left join lateral (select b.committed_at from event_block b where b.partition = p.n
              and b.first_seq > coalesce(s.history, 0) order by b.first_seq limit 1) v on true
            order by p.n
            """, connection);
        await using var rows = await command.ExecuteReaderAsync(stop);
        var partitions = new List<PartitionStatus>();
        while (await rows.ReadAsync(stop))
        {
            partitions.Add(new PartitionStatus(
                rows.GetInt32(0), rows.GetInt64(1), rows.GetInt64(2), rows.GetInt64(3), rows.GetInt64(4), rows.GetInt64(5), rows.GetInt64(6)));
        }

        return partitions;
    }

    private static async Task<IReadOnlyList<SiloStatusRow>> ReadSilos(NpgsqlConnection connection, string cluster, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand(
            """
            select silo_name, address, port, status, alive_at from orleans_membership
            where cluster_id = $1 and status <= $2 order by silo_name, start_time
            """, connection);
        command.Parameters.Add(new() { Value = cluster });
        command.Parameters.Add(new() { Value = Active, NpgsqlDbType = NpgsqlDbType.Integer });
        await using var rows = await command.ExecuteReaderAsync(stop);
        var silos = new List<SiloStatusRow>();
        while (await rows.ReadAsync(stop))
        {
            silos.Add(new SiloStatusRow(
                rows.GetString(0), $"{rows.GetString(1)}:{rows.GetInt32(2)}", rows.GetInt32(3) == Active, rows.GetFieldValue<DateTimeOffset>(4)));
        }

        return silos;
    }
}

/// <summary>One partition.</summary>
/// <param name="Head">Number of the last event in the log.</param>
/// <param name="Checkpoint">All events up to here are durable in their customers.</param>
/// <param name="History">All events up to here are in the history.</param>
/// <param name="LagMs">Age of the oldest event above the checkpoint, in milliseconds.</param>
/// <param name="HistoryLagMs">Age of the oldest event above the history, in milliseconds.</param>
/// <param name="Parked">Customers whose events are set aside.</param>
public sealed record PartitionStatus(int Partition, long Head, long Checkpoint, long History, long LagMs, long HistoryLagMs, long Parked);

/// <summary>A silo of the cluster.</summary>
/// <param name="Active">True when it takes calls; false while it joins.</param>
/// <param name="AliveAt">When it last said that it lives; a dead one is voted out after some seconds.</param>
public sealed record SiloStatusRow(string Name, string Address, bool Active, DateTimeOffset AliveAt);
