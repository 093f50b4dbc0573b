using System.Globalization;
using Crm.Privacy;
using Crm.Tasks;
using Npgsql;

namespace Crm.Clickstream;

/// <summary>Drops blocks of the log, months of the history, pages of messages, rows of sources and notifications that are over, in small statements.</summary>
internal sealed class Retention(DataSources sources, TimeProvider clock) : IRetention
{
    // Blocks are in order of number and of time, so the oldest few tell whether there is anything to drop.
    private const string DropBlocks = """
        with oldest as (
          select first_seq, count, committed_at from event_block where partition = $1 order by first_seq limit $3
        )
        delete from event_block b
        using oldest o, partition_state s
        where b.partition = $1 and b.first_seq = o.first_seq and s.partition = $1
          and o.first_seq + o.count - 1 <= least(s.checkpoint, s.history)
          and o.committed_at < $2
          and o.first_seq < (select max(n.first_seq) from event_block n where n.partition = $1)
        """;

    private const string Months = """
        select c.relname
        from pg_inherits i
        join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'history'::regclass and c.relname ~ '^history_[0-9]{4}_[0-9]{2}$'
        order by c.relname
        """;

    public async Task<RetentionReport> Run(RetentionOptions options, CancellationToken stop = default)
    {
        var now = clock.GetUtcNow();
        var blocks = await DropOldBlocks(now.AddDays(-options.LogDays), options.BlocksAtATime, stop);
        var made = await MakeMonths(now, options.HistoryMonthsAhead, stop);
        var dropped = await DropOldMonths(now, options.HistoryMonths, stop);
        var messages = new MessageRetention(sources);
        var rejects = await messages.DropRejects(options.RowsAtATime, stop);
        var pages = await messages.DropPages(now, options, stop);
        var rows = await new SourceRetention(sources, clock).Sweep(stop);
        var told = await new NotificationRetention(sources).Drop(now.AddDays(-options.NotificationDays), options.NotificationsOfAUser, options.RowsAtATime, stop);
        return new RetentionReport(blocks, made, dropped, rejects, pages, rows, told);
    }

    private async Task<long> DropOldBlocks(DateTimeOffset before, int atATime, CancellationToken stop)
    {
        var partitions = new List<short>();
        await using (var command = sources.History.CreateCommand("select partition from partition_state order by partition"))
        await using (var rows = await command.ExecuteReaderAsync(stop))
        {
            while (await rows.ReadAsync(stop)) partitions.Add(rows.GetInt16(0));
        }

        var dropped = 0L;
        foreach (var partition in partitions)
        {
            int now;
            do
            {
                await using var command = sources.History.CreateCommand(DropBlocks);
                command.Parameters.Add(new NpgsqlParameter<short> { TypedValue = partition });
                command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = before });
                command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = atATime });
                now = await command.ExecuteNonQueryAsync(stop);
                dropped += now;
            }
            while (now == atATime);
        }

        return dropped;
    }

    private async Task<int> MakeMonths(DateTimeOffset from, int months, CancellationToken stop)
    {
        await using var command = sources.History.CreateCommand("select make_history_months($1, $2)");
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = from });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = months });
        return (int)(await command.ExecuteScalarAsync(stop))!;
    }

    private async Task<int> DropOldMonths(DateTimeOffset now, int months, CancellationToken stop)
    {
        var firstKept = string.Create(CultureInfo.InvariantCulture, $"history_{now.AddMonths(-months):yyyy_MM}");
        var over = new List<string>();
        await using (var command = sources.History.CreateCommand(Months))
        await using (var rows = await command.ExecuteReaderAsync(stop))
        {
            while (await rows.ReadAsync(stop))
            {
                if (string.CompareOrdinal(rows.GetString(0), firstKept) < 0) over.Add(rows.GetString(0));
            }
        }

        foreach (var month in over) await DropMonth(month, stop);
        return over.Count;
    }

    // A drop locks the whole history for a moment. It gives up soon when somebody reads, so that nobody queues behind it;
    // the next hour tries again. The name is one of those that the pattern above let through.
    private async Task DropMonth(string table, CancellationToken stop)
    {
        await using var connection = await sources.History.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        await using var batch = new NpgsqlBatch(connection, transaction);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("set local lock_timeout = '2s'"));
        batch.BatchCommands.Add(new NpgsqlBatchCommand($"drop table {table}"));
        await batch.ExecuteNonQueryAsync(stop);
        await transaction.CommitAsync(stop);
    }
}
