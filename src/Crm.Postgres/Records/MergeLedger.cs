using NpgsqlTypes;

namespace Crm.Customers;

/// <summary>
/// The ledger of merges. Decisions that are asked for at the same time share one transaction; the database decides them one by
/// one under one lock.
/// </summary>
internal sealed class MergeLedger : IMergeLedger, IAsyncDisposable
{
    // One batch at a time: the lock would let only one run anyway.
    private static readonly GatherLimits Limits = new(Workers: 1, Waiting: 10_000, BatchCount: 200);

    private readonly DataSources _sources;
    private readonly Gatherer<Wish, MergeEntry?> _wishes;

    public MergeLedger(DataSources sources)
    {
        _sources = sources;
        _wishes = new(Limits, w => w.Source, _ => 0, DecideBatch);
    }

    public Task<MergeEntry?> Decide(string source, string target, string reason, string? askedBy = null, CancellationToken stop = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(source);
        ArgumentException.ThrowIfNullOrEmpty(target);
        return _wishes.Run(new Wish(Sql.Text(source), Sql.Text(target), Sql.Text(reason), askedBy is null ? null : Sql.Text(askedBy)), stop);
    }

    public async Task<MergeEntry?> Find(string source, CancellationToken stop = default)
    {
        await using var command = _sources.Records
            .CreateCommand("SELECT source, into_id, reason, at, asked_by FROM merge_ledger WHERE source = $1")
            .With(NpgsqlDbType.Text, Sql.Text(source));
        await using var rows = await command.ExecuteReaderAsync(stop);
        return await rows.ReadAsync(stop) ? Entry(rows) : null;
    }

    public async Task<IReadOnlyList<MergeEntry>> Into(string target, int max, CancellationToken stop = default)
    {
        await using var command = _sources.Records.CreateCommand("""
            WITH RECURSIVE leads AS (
              SELECT source, into_id, reason, at, asked_by FROM merge_ledger WHERE into_id = $1
              UNION ALL
              SELECT m.source, m.into_id, m.reason, m.at, m.asked_by FROM merge_ledger m JOIN leads l ON m.into_id = l.source
            ) SELECT source, into_id, reason, at, asked_by FROM leads LIMIT $2
            """).With(NpgsqlDbType.Text, Sql.Text(target)).With(NpgsqlDbType.Integer, max);
        var entries = new List<MergeEntry>();
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop)) entries.Add(Entry(rows));
        return entries;
    }

    public ValueTask DisposeAsync() => _wishes.DisposeAsync();

    private static MergeEntry Entry(Npgsql.NpgsqlDataReader rows) =>
        new(rows.GetString(0), rows.GetString(1), rows.GetString(2), rows.GetFieldValue<DateTimeOffset>(3),
            rows.IsDBNull(4) ? null : rows.GetString(4));

    private async Task<IReadOnlyList<MergeEntry?>> DecideBatch(IReadOnlyList<Wish> wishes)
    {
        await using var command = _sources.Records
            .CreateCommand("SELECT ordinal, into_id, reason, at FROM decide_merges($1, $2, $3, $4)")
            .WithArray(NpgsqlDbType.Text, wishes.Select(w => w.Source))
            .WithArray(NpgsqlDbType.Text, wishes.Select(w => w.Target))
            .WithArray(NpgsqlDbType.Text, wishes.Select(w => w.Reason))
            .WithArray(NpgsqlDbType.Text, wishes.Select(w => w.AskedBy));
        var entries = new MergeEntry?[wishes.Count];
        await using var rows = await command.ExecuteReaderAsync();
        while (await rows.ReadAsync())
        {
            if (rows.IsDBNull(1)) continue;
            var at = rows.GetInt32(0) - 1;
            entries[at] = new MergeEntry(wishes[at].Source, rows.GetString(1), rows.GetString(2), rows.GetFieldValue<DateTimeOffset>(3));
        }

        // Only the end of the answer says that the decisions are durable.
        await rows.NextResultAsync();
        return entries;
    }

    private sealed record Wish(string Source, string Target, string Reason, string? AskedBy);
}
