using System.Globalization;
using Crm.Records;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Segments;

/// <summary>Definitions of segments in PostgreSQL.</summary>
internal sealed class SegmentStore : ISegmentStore, IAsyncDisposable
{
    // As customers' rows are: thousands ask at the same time, few statements answer.
    private static readonly GatherLimits s_limits = new(Workers: 1, Waiting: 20_000, BatchCount: 500);

    private readonly DataSources _sources;
    private readonly TimeProvider _clock;
    private readonly Gatherer<string, string?> _cards;

    public SegmentStore(DataSources sources, TimeProvider clock)
    {
        (_sources, _clock) = (sources, clock);
        _cards = new(s_limits, id => id, _ => 0, Cards);
    }

    private const string Columns = "id, name, definition, version, description, record_version, created_at, created_by, updated_at, deleted_at, flag";

    /// <summary>All that lives: one statement, so that it is of one moment.</summary>
    internal const string LiveSql = $"""
        SELECT p.number, (SELECT array_agg(key ORDER BY key) FROM segment_series), (SELECT array_agg(born ORDER BY key) FROM segment_series), s.*
        FROM segment_plan p LEFT JOIN (SELECT {Columns} FROM segment WHERE deleted_at IS NULL) s ON true ORDER BY s.created_at, s.id
        """;

    public async Task<long> Number(CancellationToken stop = default)
    {
        await using var command = _sources.Reading.CreateCommand("SELECT number FROM segment_plan");
        return (long)(await command.ExecuteScalarAsync(stop))!;
    }

    public async Task<LiveSegmentSet> Live(CancellationToken stop = default)
    {
        await using var command = _sources.Reading.CreateCommand(LiveSql);
        return await ReadLive(command, stop);
    }

    public async Task<SegmentFill> Fill(CancellationToken stop = default)
    {
        await using var command = _sources.Reading.CreateCommand("SELECT plan, after, looked, ended, paused FROM segment_fill");
        await using var row = await command.ExecuteReaderAsync(stop);
        await row.ReadAsync(stop);
        return new SegmentFill(row.GetInt64(0), row.GetString(1), row.GetInt64(2), row.GetBoolean(3), row.GetBoolean(4));
    }

    public async Task<bool> Advance(SegmentFill from, SegmentFill to, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        await using var command = _sources.Records.CreateCommand("""
            UPDATE segment_fill SET plan = $3, after = $4, looked = $5, ended = $6 WHERE plan = $1 AND after = $2 AND NOT paused
            """).With(NpgsqlDbType.Bigint, from.Plan).With(NpgsqlDbType.Text, from.After).With(NpgsqlDbType.Bigint, to.Plan)
            .With(NpgsqlDbType.Text, to.After).With(NpgsqlDbType.Bigint, to.Looked).With(NpgsqlDbType.Boolean, to.Ended);
        return await command.ExecuteNonQueryAsync(stop) == 1;
    }

    public async Task Pause(bool paused, CancellationToken stop = default)
    {
        await using var command = _sources.Records.CreateCommand("UPDATE segment_fill SET paused = $1").With(NpgsqlDbType.Boolean, paused);
        await command.ExecuteNonQueryAsync(stop);
    }

    public async Task<long> CustomerCount(CancellationToken stop = default)
    {
        await using var command = _sources.Reading.CreateCommand("""
            SELECT CASE WHEN few.n < 50000 THEN few.n ELSE greatest(few.n, (SELECT reltuples::bigint FROM pg_class WHERE oid = 'customer_record'::regclass)) END
            FROM (SELECT count(*) AS n FROM (SELECT FROM customer_record WHERE moved_to IS NULL LIMIT 50000) AS counted) AS few
            """);
        return (long)(await command.ExecuteScalarAsync(stop))!;
    }

    // Whole pages of the table are drawn, more than are needed, and of those some by lot.
    public async Task<IReadOnlyList<string>> Sample(int max, CancellationToken stop = default)
    {
        var count = await CustomerCount(stop);
        var share = count <= max ? 100 : Math.Min(100, 100.0 * 10 * max / count);
        await using var command = _sources.Reading.CreateCommand(string.Create(CultureInfo.InvariantCulture, $"""
            SELECT id FROM customer_record TABLESAMPLE SYSTEM ({share:0.######}) WHERE moved_to IS NULL AND (first_seen IS NOT NULL OR row_version > 0) ORDER BY random() LIMIT $1
            """)).With(NpgsqlDbType.Integer, max);
        return await Ids(command, stop);
    }

    public async Task<IReadOnlyList<string>> Customers(string after, int max, CancellationToken stop = default)
    {
        await using var command = _sources.Reading.CreateCommand("SELECT id FROM customer_record WHERE id > $1 AND moved_to IS NULL ORDER BY id LIMIT $2")
            .With(NpgsqlDbType.Text, after).With(NpgsqlDbType.Integer, max);
        return await Ids(command, stop);
    }

    public Task<SegmentAnswer> Save(Segment segment, Func<LiveSegmentSet, SegmentPlanCheck> check, ChangeCause cause, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(segment);
        ArgumentNullException.ThrowIfNull(check);
        return new SegmentChanges(_sources.Records, _clock).Save(segment, check, cause, stop);
    }

    public Task<string?> Card(string id, CancellationToken stop = default) => _cards.Run(id, stop);

    public async Task<IReadOnlyList<CardDue>> CardsDue(int max, CancellationToken stop = default)
    {
        await using var command = _sources.Reading.CreateCommand("SELECT customer, turn FROM segment_card_due ORDER BY customer LIMIT $1").With(NpgsqlDbType.Integer, max);
        var due = new List<CardDue>();
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop)) due.Add(new CardDue(rows.GetString(0), rows.GetInt64(1)));
        return due;
    }

    public async Task CardsDone(IReadOnlyCollection<CardDue> done, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(done);
        if (done.Count == 0) return;
        await using var command = _sources.Records.CreateCommand("DELETE FROM segment_card_due c USING unnest($1, $2) AS d (customer, turn) WHERE c.customer = d.customer AND c.turn = d.turn")
            .WithArray(NpgsqlDbType.Text, done.Select(d => d.Customer)).WithArray(NpgsqlDbType.Bigint, done.Select(d => d.Turn));
        await command.ExecuteNonQueryAsync(stop);
    }

    public ValueTask DisposeAsync() => _cards.DisposeAsync();

    private static async Task<IReadOnlyList<string>> Ids(NpgsqlCommand command, CancellationToken stop)
    {
        var ids = new List<string>();
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop)) ids.Add(rows.GetString(0));
        return ids;
    }

    private async Task<IReadOnlyList<string?>> Cards(IReadOnlyList<string> ids)
    {
        await using var command = _sources.Records.CreateCommand("SELECT id, state FROM customer_record WHERE id = ANY($1) AND row_version > 0").WithArray(NpgsqlDbType.Text, ids.Select(Sql.Text));
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        await using var rows = await command.ExecuteReaderAsync();
        while (await rows.ReadAsync()) found[rows.GetString(0)] = rows.GetString(1);
        return [.. ids.Select(id => found.GetValueOrDefault(id))];
    }

    internal static async Task<LiveSegmentSet> ReadLive(NpgsqlCommand command, CancellationToken stop)
    {
        var segments = new List<Segment>();
        var (number, born) = (0L, new Dictionary<ulong, long>());
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop))
        {
            if (born.Count == 0 && !rows.IsDBNull(1))
                foreach (var (key, since) in rows.GetFieldValue<long[]>(1).Zip(rows.GetFieldValue<long[]>(2))) born.Add(unchecked((ulong)key), since);
            number = rows.GetInt64(0);
            if (!rows.IsDBNull(3)) segments.Add(Read(rows, 3));
        }

        return new LiveSegmentSet(number, segments, born);
    }

    private static Segment Read(NpgsqlDataReader row, int at) => new(row.GetString(at), row.GetString(at + 1), row.GetString(at + 2), row.GetInt32(at + 3))
    {
        Description = row.GetString(at + 4),
        RecordVersion = row.GetInt64(at + 5),
        CreatedAt = row.GetFieldValue<DateTimeOffset>(at + 6),
        CreatedBy = row.GetString(at + 7),
        UpdatedAt = row.GetFieldValue<DateTimeOffset>(at + 8),
        DeletedAt = row.IsDBNull(at + 9) ? null : row.GetFieldValue<DateTimeOffset>(at + 9),
        Flag = row.IsDBNull(at + 10) ? null : row.GetString(at + 10),
    };
}
