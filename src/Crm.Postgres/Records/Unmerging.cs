using Crm.Clickstream;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Customers;

/// <summary>Takes merges back: what counted is read again, both rows and the ledger are written together, and bars are kept.</summary>
internal sealed class Unmerging(DataSources sources) : IUnmerging, IAsyncDisposable
{
    private readonly LaneReplay _replay = new(sources);

    public Task<ReplayResult> Replay(IReadOnlyList<LaneSpan> spans, Action<BehaviourEvent> take, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(spans);
        return _replay.Run(spans, take, stop);
    }

    public ValueTask DisposeAsync() => _replay.DisposeAsync();

    public async Task<bool> Split(CustomerSplit split, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(split);
        await using var connection = await Open(stop);

        // Where there are segments, both are due: they are to look anew at where they belong.
        await using var command = new NpgsqlCommand(
            """
            WITH warms AS (
              INSERT INTO heat_due (customer, turn) SELECT DISTINCT customer, 1 FROM deal_customer WHERE customer = ANY($1) OR root = ANY($1) ORDER BY 1
              ON CONFLICT (customer) DO UPDATE SET turn = heat_due.turn + 1
            ) SELECT split_customer($1, $2, $3, $4, $5, $6,
              CASE WHEN (SELECT number FROM segment_plan) > 0 THEN array_fill('epoch'::timestamptz, ARRAY[2]) ELSE $7 END, $8, $9, $10, $11, $12, $13, $14, $15, $16)
            """, connection);
        CustomerWrite[] rows = [split.Root, split.Source];
        (string Owner, ExternalId Name)[] names = [.. rows.SelectMany(r => r.NewExternalIds.Select(n => (r.Id, n)))];
        command
            .WithArray(NpgsqlDbType.Text, rows.Select(r => Sql.Text(r.Id)))
            .WithArray(NpgsqlDbType.Bigint, rows.Select(r => r.ExpectedVersion))
            .WithArray(NpgsqlDbType.Bytea, rows.Select(r => r.State))
            .WithArray(NpgsqlDbType.TimestampTz, rows.Select(r => r.LastSeen?.UtcDateTime))
            .WithArray(NpgsqlDbType.Bigint, rows.Select(r => r.Events))
            .WithArray(NpgsqlDbType.Integer, rows.Select(r => r.Orders))
            .WithArray(NpgsqlDbType.TimestampTz, rows.Select(r => r.DueAt?.UtcDateTime))
            .WithArray(NpgsqlDbType.Text, split.Known.Select(Sql.Text))
            .WithArray(NpgsqlDbType.Text, split.Moved.Select(m => Sql.Text(m.Id)))
            .WithArray(NpgsqlDbType.Bigint, split.Moved.Select(m => m.Version))
            .WithArray(NpgsqlDbType.Text, split.OldNames.Select(n => Sql.Text(n.Kind)))
            .WithArray(NpgsqlDbType.Text, split.OldNames.Select(n => Sql.Text(n.Value)))
            .WithArray(NpgsqlDbType.Text, names.Select(n => Sql.Text(n.Owner)))
            .WithArray(NpgsqlDbType.Text, names.Select(n => Sql.Text(n.Name.Kind)))
            .WithArray(NpgsqlDbType.Text, names.Select(n => Sql.Text(n.Name.Value)))
            .WithArray(NpgsqlDbType.Boolean, names.Select(n => n.Name.ToldByServer));
        try
        {
            return (bool)(await command.ExecuteScalarAsync(stop))!;
        }
        catch (PostgresException refusal) when (refusal.SqlState == PostgresErrorCodes.SerializationFailure)
        {
            return false;
        }
    }

    public async Task<IReadOnlyList<MergeBar>> Bars(string customer, int max, CancellationToken stop = default)
    {
        await using var command = sources.Reading.CreateCommand("""
            WITH RECURSIVE members AS (
              SELECT $1 COLLATE "C" AS id
              UNION
              SELECT m.source FROM members c JOIN merge_ledger m ON m.into_id = c.id
            ), bars AS (
              SELECT b.* FROM members c JOIN merge_bar b ON b.one = c.id
              UNION
              SELECT b.* FROM members c JOIN merge_bar b ON b.other = c.id
            ) SELECT one, other, at FROM bars ORDER BY at DESC, one, other LIMIT $2
            """).With(NpgsqlDbType.Text, Sql.Text(customer)).With(NpgsqlDbType.Integer, max);
        var bars = new List<MergeBar>();
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop)) bars.Add(new MergeBar(rows.GetString(0), rows.GetString(1), rows.GetFieldValue<DateTimeOffset>(2)));
        return bars;
    }

    public async Task<bool> Lift(string customer, string source, CancellationToken stop = default)
    {
        await using var command = sources.Records.CreateCommand("""
            DELETE FROM merge_bar b
            WHERE (b.one = $2 AND merge_root(b.other) = merge_root($1)) OR (b.other = $2 AND merge_root(b.one) = merge_root($1))
            """).With(NpgsqlDbType.Text, Sql.Text(customer)).With(NpgsqlDbType.Text, Sql.Text(source));
        return await command.ExecuteNonQueryAsync(stop) > 0;
    }

    private async Task<NpgsqlConnection> Open(CancellationToken stop)
    {
        try
        {
            return await sources.Records.OpenConnectionAsync(stop);
        }
        catch (Exception failure) when (failure is NpgsqlException or TimeoutException)
        {
            throw new StoreUnavailableException(failure);
        }
    }
}
