using NpgsqlTypes;

namespace Crm.Records;

/// <summary>How far records have their worth: one row.</summary>
internal sealed class RecordWorths(DataSources sources) : IRecordWorths
{
    public async Task<WorthState?> Read(CancellationToken stop = default)
    {
        await using var command = sources.Erasing.CreateCommand("SELECT terms, currency, every, from_at, kind, after FROM record_worth_terms");
        await using var row = await command.ExecuteReaderAsync(stop);
        if (!await row.ReadAsync(stop)) return null;
        var work = row.IsDBNull(3) ? null : new WorthWork(row.GetBoolean(2), row.GetFieldValue<DateTimeOffset>(3), row.GetString(4), row.GetString(5));
        return new WorthState(row.GetString(0), row.GetString(1), work);
    }

    public async Task Write(WorthState state, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(state);
        await using var command = sources.Erasing.CreateCommand("""
            INSERT INTO record_worth_terms (terms, currency, every, from_at, kind, after) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (only_row) DO UPDATE SET terms = excluded.terms, currency = excluded.currency, every = excluded.every,
              from_at = excluded.from_at, kind = excluded.kind, after = excluded.after
            """)
            .With(NpgsqlDbType.Text, state.Terms).With(NpgsqlDbType.Text, state.Currency).With(NpgsqlDbType.Boolean, state.Work?.All ?? false)
            .With(NpgsqlDbType.TimestampTz, state.Work?.From.UtcDateTime).With(NpgsqlDbType.Text, state.Work?.Kind ?? "")
            .With(NpgsqlDbType.Text, state.Work?.After ?? "");
        await command.ExecuteNonQueryAsync(stop);
    }

    public async Task<IReadOnlyList<string>> Holders(KindFields kind, string after, bool all, int max, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(kind);
        var table = RecordTable.Of(kind.Kind.Name);

        // What events bring into lists of customers is listed anew by itself.
        var money = kind.Rules.Where(r => r.Field.Type == FieldType.Money && !(table.IsLive && r.IsSystem)).Select(r => table.Column(r.Field)).ToArray();
        if (money.Length == 0) return [];
        var holds = string.Join(" OR ", money.Select(c => $"({c.Currency} IS NOT NULL AND ($2 OR {c.Worth} IS NULL))"));
        await using var command = sources.Erasing
            .CreateCommand($"SELECT id FROM {table.Name} WHERE id > $1 AND row_version > 0 AND ({holds}) ORDER BY id LIMIT $3")
            .With(NpgsqlDbType.Text, after).With(NpgsqlDbType.Boolean, all).With(NpgsqlDbType.Integer, max);
        var ids = new List<string>();
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop)) ids.Add(rows.GetString(0));
        return ids;
    }
}
