using Npgsql;
using NpgsqlTypes;

namespace Crm.Customers;

/// <summary>What of lists of customers waits: rows beside theirs, and a column of the ledger.</summary>
internal sealed class CustomerLists(DataSources sources) : ICustomerLists
{
    /// <summary>Customers that become due in one statement: those who write them wait that long.</summary>
    private const int RelistedAtATime = 2_000;

    public async Task<IReadOnlyList<DueListing>> Due(DateTimeOffset now, int max, CancellationToken stop = default)
    {
        await using var command = sources.Records
            .CreateCommand("SELECT id, due_at FROM customer_list_due WHERE due_at <= $1 ORDER BY due_at LIMIT $2")
            .With(NpgsqlDbType.TimestampTz, now.UtcDateTime).With(NpgsqlDbType.Integer, max);
        var due = new List<DueListing>();
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop)) due.Add(new DueListing(rows.GetString(0), rows.GetFieldValue<DateTimeOffset>(1)));
        return due;
    }

    public async Task Settle(IReadOnlyCollection<DueListing> listed, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(listed);

        // A locked one is being made due at another time.
        await using var command = sources.Records.CreateCommand("""
            DELETE FROM customer_list_due d USING (
              SELECT c.id FROM unnest($1, $2) AS l (id, due_at) JOIN customer_list_due c ON c.id = l.id AND c.due_at = l.due_at
              FOR UPDATE OF c SKIP LOCKED
            ) AS o WHERE d.id = o.id
            """).WithArray(NpgsqlDbType.Text, listed.Select(l => l.Customer)).WithArray(NpgsqlDbType.TimestampTz, listed.Select(l => l.At.UtcDateTime));
        await command.ExecuteNonQueryAsync(stop);
    }

    public async Task<IReadOnlyList<CardMerge>> Cards(int max, CancellationToken stop = default)
    {
        await using var command = sources.Records
            .CreateCommand("SELECT source, into_id FROM merge_ledger WHERE card_pending IS NOT NULL ORDER BY source LIMIT $1")
            .With(NpgsqlDbType.Integer, max);
        var merges = new List<CardMerge>();
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop)) merges.Add(new CardMerge(rows.GetString(0), rows.GetString(1)));
        return merges;
    }

    public async Task Settle(CardMerge merge, long recordVersion, CancellationToken stop = default)
    {
        await using var command = sources.Records.CreateCommand("""
            UPDATE merge_ledger SET card_pending = NULL WHERE source = $1 AND into_id = $2 AND card_pending <= $3
            """).With(NpgsqlDbType.Text, merge.Source).With(NpgsqlDbType.Text, merge.Into).With(NpgsqlDbType.Bigint, recordVersion);
        await command.ExecuteNonQueryAsync(stop);
    }

    public async Task Terms(string terms, DateTimeOffset at, CancellationToken stop = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(terms);
        await using (var before = sources.Erasing.CreateCommand("SELECT terms FROM customer_list_terms"))
        {
            // The first terms are those that the lists were begun with, so nobody is due by them.
            var known = await before.ExecuteScalarAsync(stop) as string;
            if (known == terms) return;
            for (var after = known is null ? null : ""; after is not null;) after = await Relist(after, at, stop);
        }

        // Last: whoever dies before begins again.
        await using var set = sources.Erasing.CreateCommand("""
            INSERT INTO customer_list_terms (terms) VALUES ($1) ON CONFLICT (only_row) DO UPDATE SET terms = excluded.terms
            """).With(NpgsqlDbType.Text, terms);
        await set.ExecuteNonQueryAsync(stop);
    }

    /// <summary>Makes some who ordered or were refunded due; answers the last of them, null when there are no more.</summary>
    private async Task<string?> Relist(string after, DateTimeOffset at, CancellationToken stop)
    {
        await using var command = sources.Erasing.CreateCommand("""
            WITH part AS (
              SELECT r.id FROM customer_record r WHERE r.id > $1 AND (r.orders > 0 OR r.revenue IS NOT NULL) AND r.moved_to IS NULL ORDER BY r.id LIMIT $3
            ), due AS (
              INSERT INTO customer_list_due AS d (id, due_at) SELECT id, $2 FROM part ORDER BY id ON CONFLICT (id) DO UPDATE SET due_at = excluded.due_at
            )
            SELECT max(id) FROM part
            """).With(NpgsqlDbType.Text, after).With(NpgsqlDbType.TimestampTz, at.UtcDateTime).With(NpgsqlDbType.Integer, RelistedAtATime);
        return await command.ExecuteScalarAsync(stop) as string;
    }
}
