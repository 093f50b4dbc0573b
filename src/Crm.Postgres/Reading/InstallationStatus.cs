using Crm.Clickstream;
using Crm.Records;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Hosting;

/// <summary>What an installation stores.</summary>
/// <param name="DatabaseBytes">The whole database on its disk.</param>
/// <param name="Tables">The largest tables with their indexes; the parts of a partitioned one together.</param>
/// <param name="Files">Files of records, which stand in those tables.</param>
public sealed record StorageStatus(long DatabaseBytes, IReadOnlyList<TableSize> Tables, StoredFiles Files);

/// <summary>A table.</summary>
/// <param name="Bytes">With its indexes and what stands beside it.</param>
/// <param name="Rows">About how many, by the database's own estimate.</param>
public sealed record TableSize(string Name, long Bytes, long Rows);

/// <summary>How the installation does, as its database knows it.</summary>
public sealed class InstallationStatus(NpgsqlDataSource database)
{
    /// <summary>Tables that are told of: what is smaller is no question of space.</summary>
    private const int MaxTables = 12;

    /// <summary>What is stored. The database reads sizes from its catalogue and its disk, not the tables.</summary>
    public async Task<StorageStatus> Storage(CancellationToken stop = default)
    {
        await using var command = database.CreateCommand("""
            select coalesce(root.relname, c.relname), sum(pg_total_relation_size(c.oid))::bigint, sum(case when c.reltuples < 0 then pg_stat_get_live_tuples(c.oid) else c.reltuples end)::bigint, pg_database_size(current_database())
            from pg_class c left join pg_class root on root.oid = pg_partition_root(c.oid)
            where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace
            group by 1 order by 2 desc limit $1
            """).With(NpgsqlDbType.Integer, MaxTables);
        await using var rows = await command.ExecuteReaderAsync(stop);
        var (tables, whole) = (new List<TableSize>(), 0L);
        while (await rows.ReadAsync(stop))
        {
            tables.Add(new TableSize(rows.GetString(0), rows.GetInt64(1), rows.GetInt64(2)));
            whole = rows.GetInt64(3);
        }

        await rows.CloseAsync();
        return new StorageStatus(whole, tables, await Attachments.Total(database, stop));
    }

    /// <summary>Silos that are members of a cluster.</summary>
    public Task<IReadOnlyList<SiloStatusRow>> Silos(string cluster, CancellationToken stop = default) => LogStatus.ReadSilos(database, cluster, stop);
}
