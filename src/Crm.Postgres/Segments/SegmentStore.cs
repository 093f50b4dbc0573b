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
    private readonly Gatherer<(string Id, WrittenParts Parts), Written> _written;

    public SegmentStore(DataSources sources, TimeProvider clock)
    {
        (_sources, _clock) = (sources, clock);
        _written = new(s_limits, one => one.Id, _ => 0, Read);
    }

    private const string Columns = "id, name, definition, version, description, record_version, created_at, created_by, updated_at, deleted_at, flag";

    /// <summary>All that lives: one statement, so that it is of one moment.</summary>
    internal const string LiveSql = $"""
        SELECT p.number, (SELECT array_agg(key ORDER BY key) FROM segment_series), (SELECT array_agg(born ORDER BY key) FROM segment_series),
          p.written_since, (SELECT model FROM segment_rfm), s.*
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

    public Task<Written> Written(string id, WrittenParts parts, CancellationToken stop = default) => _written.Run((id, parts), stop);

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

    public ValueTask DisposeAsync() => _written.DisposeAsync();

    public Task<RfmState> Rfm(CancellationToken stop = default) => RfmRows.Read(_sources.Reading, stop);

    public async Task<BuyerSample> Buyers(int max, CancellationToken stop = default) => await RfmRows.Buyers(_sources.Reading, await CustomerCount(stop), max, stop);

    public Task<bool> SaveRfm(RfmState from, RfmState to, bool asNewPlan, CancellationToken stop = default) => RfmRows.Save(_sources.Records, from, to, asNewPlan, stop);

    public async Task<bool> HasBegun(CancellationToken stop = default)
    {
        await using var command = _sources.Reading.CreateCommand("SELECT has_begun FROM segment_plan");
        return (bool)(await command.ExecuteScalarAsync(stop))!;
    }

    public async Task SetBegun(CancellationToken stop = default)
    {
        await using var command = _sources.Records.CreateCommand("UPDATE segment_plan SET has_begun = true");
        await command.ExecuteNonQueryAsync(stop);
    }

    private static async Task<IReadOnlyList<string>> Ids(NpgsqlCommand command, CancellationToken stop)
    {
        var ids = new List<string>();
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop)) ids.Add(rows.GetString(0));
        return ids;
    }

    // Deals name whom they were made for: those who were merged into one are that one.
    private const string WrittenSql = """
        SELECT asked.id, r.state, d.numbers, c.state
        FROM unnest($1) AS asked (id) LEFT JOIN customer_record r ON r.id = asked.id AND r.row_version > 0
          LEFT JOIN company c ON $3 AND c.id = r.company AND c.deleted_at IS NULL
          LEFT JOIN LATERAL (
            SELECT jsonb_build_object('open', count(*) FILTER (WHERE status = 'open'), 'won', count(*) FILTER (WHERE status = 'won'),
              'lost', count(*) FILTER (WHERE status = 'lost'),
              'openAmount', jsonb_build_object('worth', coalesce(sum(amount_worth) FILTER (WHERE status = 'open'), 0)),
              'wonAmount', jsonb_build_object('worth', coalesce(sum(amount_worth) FILTER (WHERE status = 'won'), 0)),
              'nextClose', min(close_date) FILTER (WHERE status = 'open'), 'lastWon', (extract(epoch FROM max(won_at)) * 1000)::bigint) AS numbers
            FROM deal WHERE deleted_at IS NULL AND customers && (
              WITH RECURSIVE ones AS (SELECT asked.id COLLATE "C" AS id UNION SELECT l.source FROM merge_ledger l JOIN ones ON l.into_id = ones.id) SELECT array_agg(id) FROM ones)
          ) d ON $2
        """;

    private async Task<IReadOnlyList<Written>> Read(IReadOnlyList<(string Id, WrittenParts Parts)> asked)
    {
        var parts = asked.Aggregate(WrittenParts.None, (all, one) => all | one.Parts);
        await using var command = _sources.Records.CreateCommand(WrittenSql).WithArray(NpgsqlDbType.Text, asked.Select(one => Sql.Text(one.Id)).Distinct())
            .With(NpgsqlDbType.Boolean, parts.HasFlag(WrittenParts.Deals)).With(NpgsqlDbType.Boolean, parts.HasFlag(WrittenParts.Company));
        var found = new Dictionary<string, Written>(StringComparer.Ordinal);
        await using var rows = await command.ExecuteReaderAsync();
        while (await rows.ReadAsync()) found[rows.GetString(0)] = new Written(Text(1), Text(2), Text(3));
        return [.. asked.Select(one => found.GetValueOrDefault(one.Id))];

        string? Text(int at) => rows.IsDBNull(at) ? null : rows.GetString(at);
    }

    internal static async Task<LiveSegmentSet> ReadLive(NpgsqlCommand command, CancellationToken stop)
    {
        var segments = new List<Segment>();
        var (number, born, writtenSince, rfm) = (0L, new Dictionary<ulong, long>(), 0L, (RfmModel?)null);
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop))
        {
            if (born.Count == 0 && !rows.IsDBNull(1))
                foreach (var (key, since) in rows.GetFieldValue<long[]>(1).Zip(rows.GetFieldValue<long[]>(2))) born.Add(unchecked((ulong)key), since);
            (number, writtenSince) = (rows.GetInt64(0), rows.GetInt64(3));
            if (rfm is null && !rows.IsDBNull(4)) rfm = RfmRows.Model(rows.GetString(4));
            if (!rows.IsDBNull(5)) segments.Add(Read(rows, 5));
        }

        return new LiveSegmentSet(number, segments, born) { WrittenSince = writtenSince, Rfm = rfm };
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
