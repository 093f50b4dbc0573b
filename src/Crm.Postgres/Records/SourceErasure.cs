using Npgsql;
using NpgsqlTypes;

namespace Crm.Customers;

/// <summary>
/// Removes the customers of whom nothing but one source's events is known. It works on rows, so no silo may run: a live
/// customer would answer on from memory, and its next write would be fenced. Events must be settled first, or their delivery
/// would make the customers anew; the log's blocks below the checkpoint are never delivered again and leave by retention.
/// </summary>
public static class SourceErasure
{
    /// <summary>A silo says that it lives every two seconds; one that has been silent for so long is dead.</summary>
    private const int AliveSeconds = 15;

    private const string Members = """
        select count(*) from orleans_membership
        where status <= 3 and alive_at > clock_timestamp() - make_interval(secs => $1)
        """;

    // Numbers that are logged and not yet durable in their customer and in the history.
    private const string UnsettledSql = """
        select coalesce(sum(b.head - least(coalesce(s.checkpoint, 0), coalesce(s.history, 0))), 0)::bigint
        from (select partition, max(first_seq + count - 1) as head from event_block group by partition) b
        left join partition_state s using (partition)
        """;

    // Families: a customer with all whom it absorbed. Kept whole are those with events of others, those with events that wait
    // in the side queue, those whose count is not explained by the history (older events may have been dropped from it), and
    // those of whom people wrote: a card, or a record that names them.
    private const string Families = """
        create temp table family on commit drop as
        with recursive up (id) as (
            select distinct lane from history where source = $1
          union
            select m.into_id from up u join merge_ledger m on m.source = u.id),
        down (root, lane) as (
            select u.id, u.id from up u where not exists (select from merge_ledger m where m.source = u.id)
          union
            select d.root, m.source from down d join merge_ledger m on m.into_id = d.lane)
        select root, lane from down
        """;

    private const string Keep = """
        create temp table kept on commit drop as
        select root from family f join history h on h.lane = f.lane where h.source <> $1
        union
        select root from family f join parked_event p on p.lane = f.lane
        union
        select c.id from customer c
        where c.id in (select root from family)
          and c.events > (select count(*) from family f join history h on h.lane = f.lane where f.root = c.id)
        union
        select f.root from family f join customer_record r on r.id = f.lane where r.row_version > 0
        union
        select f.root from family f join activity a on a.customer = f.lane
        union
        select f.root from family f join task t on t.customer = f.lane
        union
        select f.root from family f join lead l on l.customer = f.lane
        union
        select f.root from family f join deal_customer d on d.customer = f.lane
        union
        select f.root from family f join sales_order o on o.customer = f.lane where o.created_by <> 'events'
          or exists (select from attachment a where a.record = o.id)
        """;

    private static readonly string[] s_deletions =
    [
        "delete from family where root in (select root from kept)",
        "delete from customer_external_id where customer_id in (select lane from family)",
        "delete from merge_ledger where source in (select lane from family)",
        "delete from merge_bar where one in (select lane from family) or other in (select lane from family)",
        "delete from duplicate_candidate where one in (select lane from family) or other in (select lane from family)",
        "delete from lane_merge where lane in (select lane from family)",
        "delete from message_page where owner in (select lane from family)",
        "delete from rejected where lane in (select lane from family)",
        "delete from dead_letter where lane in (select lane from family)",
        "delete from order_due where lane in (select lane from family)",
        "delete from customer_record where id in (select lane from family)",
        "delete from customer_seen where id in (select lane from family)",
        "delete from customer_list_due where id in (select lane from family)",
        "delete from heat_due where customer in (select lane from family)",
        "delete from sales_order where created_by = 'events' and customer in (select lane from family)",
    ];

    /// <summary>Erases in one transaction; nothing when it is refused.</summary>
    public static async Task<SourceErasureReport> Run(NpgsqlDataSource database, string source, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        await using var connection = await database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        if (await Number(connection, Members, Whole(AliveSeconds), stop) is > 0 and var silos) return new SourceErasureReport { Silos = silos };
        if (await Number(connection, UnsettledSql, null, stop) is > 0 and var events) return new SourceErasureReport { Unsettled = events };

        await Do(connection, Families, Text(source), stop);
        await Do(connection, "analyze family", null, stop);
        await Do(connection, Keep, Text(source), stop);
        foreach (var deletion in s_deletions) await Do(connection, deletion, null, stop);
        var report = new SourceErasureReport
        {
            History = await Do(connection, "delete from history where lane in (select lane from family)", null, stop),
            Customers = await Do(connection, "delete from customer where id in (select lane from family)", null, stop),
            DeadLetters = await Do(connection, "delete from dead_letter_inbound where source = $1", Text(source), stop),
            Kept = await Number(connection, "select count(distinct root) from kept", null, stop),
        };
        await transaction.CommitAsync(stop);
        return report;
    }

    /// <summary>Events that are not in their customers and the history yet: while there are any, nothing is erased.</summary>
    public static async Task<long> Unsettled(NpgsqlDataSource database, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        await using var connection = await database.OpenConnectionAsync(stop);
        return await Number(connection, UnsettledSql, null, stop);
    }

    private static NpgsqlParameter Text(string value) => new NpgsqlParameter<string> { TypedValue = value };

    private static NpgsqlParameter Whole(int value) => new() { Value = value, NpgsqlDbType = NpgsqlDbType.Integer };

    private static async Task<long> Number(NpgsqlConnection connection, string sql, NpgsqlParameter? parameter, CancellationToken stop)
    {
        await using var command = Command(connection, sql, parameter);
        return (long)(await command.ExecuteScalarAsync(stop))!;
    }

    private static async Task<long> Do(NpgsqlConnection connection, string sql, NpgsqlParameter? parameter, CancellationToken stop)
    {
        await using var command = Command(connection, sql, parameter);
        return await command.ExecuteNonQueryAsync(stop);
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, NpgsqlParameter? parameter)
    {
        // A year of a demo is millions of rows: it takes the time that it takes.
        var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        if (parameter is not null) command.Parameters.Add(parameter);
        return command;
    }
}

/// <summary>What an erasure did, or why it did nothing.</summary>
public sealed record SourceErasureReport
{
    /// <summary>Silos that live: nothing was done.</summary>
    public long Silos { get; init; }

    /// <summary>Events that are not settled yet: nothing was done.</summary>
    public long Unsettled { get; init; }

    /// <summary>Customers that were erased, visitors that were merged into others among them.</summary>
    public long Customers { get; init; }

    /// <summary>Rows of the history that were erased.</summary>
    public long History { get; init; }

    /// <summary>Refused input of the source that was erased.</summary>
    public long DeadLetters { get; init; }

    /// <summary>Customers that were kept because more than the source's events is, or may be, known of them.</summary>
    public long Kept { get; init; }
}
