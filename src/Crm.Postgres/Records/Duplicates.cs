using Npgsql;
using NpgsqlTypes;

namespace Crm.Customers;

/// <summary>Ids that several customers have, and the candidates that come of them.</summary>
internal sealed class Duplicates(DataSources sources) : IDuplicates
{
    /// <summary>An id that more have names nobody: a shop's own address, a test's, a shared phone.</summary>
    private const int MaxSharing = 8;

    private const string WaitingSql = """
        WITH waiting AS (
          SELECT kind, value, customer_id FROM customer_external_id WHERE check_after IS NOT NULL ORDER BY check_after LIMIT $1
        )
        SELECT w.kind, w.value, merge_root(w.customer_id), w.customer_id, h.owners, h.told
        FROM waiting w CROSS JOIN LATERAL (
          SELECT array_agg(r.owner ORDER BY r.owner) AS owners, array_agg(r.told ORDER BY r.owner) AS told FROM (
            SELECT merge_root(o.customer_id) AS owner, bool_or(o.told_by_server) AS told FROM (
              SELECT customer_id, told_by_server FROM customer_external_id e WHERE e.kind = w.kind AND e.value = w.value LIMIT $2) o
            GROUP BY 1) r) h
        """;

    private const string ReadSql = """
        SELECT d.id, d.one_root, d.other_root, d.kind, d.value, d.at FROM (
          SELECT c.*, merge_root(c.one) AS one_root, merge_root(c.other) AS other_root FROM duplicate_candidate c
          WHERE c.id < $1 ORDER BY c.id DESC) d
        WHERE d.one_root <> d.other_root AND NOT is_barred(d.one_root, d.other_root)
        LIMIT $2
        """;

    public async Task<IReadOnlyList<SharedId>> Waiting(int max, CancellationToken stop = default)
    {
        await using var command = sources.Partitions.CreateCommand(WaitingSql)
            .With(NpgsqlDbType.Integer, max).With(NpgsqlDbType.Integer, MaxSharing + 1);
        var ids = new List<SharedId>();
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop))
        {
            var holders = rows.GetFieldValue<string[]>(4).Zip(rows.GetFieldValue<bool[]>(5), (owner, told) => new IdHolder(owner, told)).ToArray();
            if (holders.Length > MaxSharing) holders = [];
            ids.Add(new SharedId(rows.GetString(0), rows.GetString(1), rows.GetString(2), rows.GetString(3), holders));
        }

        return ids;
    }

    public async Task Add(IReadOnlyList<(string One, string Other, string Kind, string Value)> pairs, CancellationToken stop = default)
    {
        await using var command = sources.Partitions.CreateCommand("""
            INSERT INTO duplicate_candidate (one, other, kind, value)
            SELECT DISTINCT least(p.one COLLATE "C", p.other COLLATE "C"), greatest(p.one COLLATE "C", p.other COLLATE "C"), p.kind, p.value
            FROM unnest($1, $2, $3, $4) AS p (one, other, kind, value) ON CONFLICT DO NOTHING
            """)
            .WithArray(NpgsqlDbType.Text, pairs.Select(p => Sql.Text(p.One)))
            .WithArray(NpgsqlDbType.Text, pairs.Select(p => Sql.Text(p.Other)))
            .WithArray(NpgsqlDbType.Text, pairs.Select(p => Sql.Text(p.Kind)))
            .WithArray(NpgsqlDbType.Text, pairs.Select(p => Sql.Text(p.Value)));
        await command.ExecuteNonQueryAsync(stop);
    }

    // One that a server told only now waits on: whoever looked may not have seen that.
    public async Task Settle(IReadOnlyList<SharedId> ids, CancellationToken stop = default)
    {
        await using var command = sources.Partitions.CreateCommand("""
            UPDATE customer_external_id e SET check_after = NULL
            FROM unnest($1, $2, $3, $4) AS s (kind, value, customer_id, told)
            WHERE e.kind = s.kind AND e.value = s.value AND e.customer_id = s.customer_id AND (s.told OR NOT e.told_by_server)
            """)
            .WithArray(NpgsqlDbType.Text, ids.Select(i => i.Kind))
            .WithArray(NpgsqlDbType.Text, ids.Select(i => i.Value))
            .WithArray(NpgsqlDbType.Text, ids.Select(i => i.StoredFor))
            .WithArray(NpgsqlDbType.Boolean, ids.Select(i => i.Holders.Count == 0 || i.Holders.Any(h => h.Customer == i.Customer && h.ToldByServer)));
        await command.ExecuteNonQueryAsync(stop);
    }

    public async Task<IReadOnlyList<DuplicateCandidate>> Read(long before, int limit, CancellationToken stop = default)
    {
        await using var command = sources.Reading.CreateCommand(ReadSql)
            .With(NpgsqlDbType.Bigint, before).With(NpgsqlDbType.Integer, limit);
        var candidates = new List<DuplicateCandidate>();
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop))
        {
            candidates.Add(new DuplicateCandidate(
                rows.GetInt64(0), rows.GetString(1), rows.GetString(2), rows.GetString(3), rows.GetString(4), rows.GetFieldValue<DateTimeOffset>(5)));
        }

        return candidates;
    }
}
