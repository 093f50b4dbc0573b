using Crm.Clickstream;
using Crm.Privacy;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Customers;

/// <summary>
/// The one statement that writes a batch of customers: rows whose version still stands, and only with those rows their rejects,
/// dead letters, external ids and pages of messages. One statement is one transaction: no paused client holds its locks.
/// </summary>
internal static class CustomerWriteSql
{
    // A row that was there is updated where it has the expected version, a new one is inserted where there is none: a row that
    // vanished is not made again. A new one goes on from its id's tombstone, and is refused when that is another than was read.
    // Both go through the input in its order, which is sorted.
    private const string RowsSql = """
        WITH input AS (
          SELECT w.id, w.partition, w.expected, w.state, w.moved_to, w.last_seen, w.events, w.orders, w.key, w.erased,
            CASE WHEN w.moved_to IS NULL AND w.plan < p.number THEN 'epoch' ELSE w.due_at END AS due_at
          FROM segment_plan p, unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $33)
            AS w (id, partition, expected, state, moved_to, last_seen, events, orders, due_at, key, erased, plan)
        ), updated AS (
          UPDATE customer c SET row_version = i.expected + 1, state = i.state, moved_to = i.moved_to, last_seen = i.last_seen,
            events = i.events, orders = i.orders, due_at = i.due_at
          FROM input i WHERE i.expected > 0 AND c.id = i.id AND c.row_version = i.expected RETURNING c.id
        ), inserted AS (
          INSERT INTO customer (id, partition, row_version, state, moved_to, last_seen, events, orders, due_at)
          SELECT i.id, i.partition, i.erased + 1, i.state, i.moved_to, i.last_seen, i.events, i.orders, i.due_at
          FROM input i WHERE i.expected = 0 AND coalesce((SELECT e.version FROM erased_id e WHERE e.key = i.key), 0) = i.erased
          ON CONFLICT (id) DO NOTHING RETURNING id
        ), written AS (SELECT id FROM updated UNION ALL SELECT id FROM inserted)
        """;

    // What lists show, of the rows that have something new to show; and when the rest is due at the latest. A row that was frozen and has a
    // card asks for it to be taken over: the card's writes from then on ask themselves.
    private const string ListingSql = """
        , listed AS (
          INSERT INTO customer_record AS r (id, row_version, record_version, version, state, created_at, updated_at, created_by, last_cause,
            moved_to, first_seen, last_order, orders, revenue, revenue_currency, tier, stage, live_name, live_email, live_phone)
          SELECT l.id, 0, 0, 0, '{}', $24, $24, 'events', '00000000-0000-0000-0000-000000000000', l.moved_to, l.first_seen, l.last_order,
            l.orders, l.revenue, l.currency, l.tier, l.stage, l.name, l.email, l.phone
          FROM unnest($12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
            AS l (id, moved_to, first_seen, last_order, orders, revenue, currency, tier, stage, name, email, phone)
          WHERE (l.id IN (SELECT id FROM written)) IS TRUE
          ON CONFLICT (id) DO UPDATE SET moved_to = excluded.moved_to, first_seen = excluded.first_seen, last_order = excluded.last_order,
            orders = excluded.orders, revenue = excluded.revenue, revenue_currency = excluded.revenue_currency, tier = excluded.tier,
            stage = excluded.stage, live_name = excluded.live_name, live_email = excluded.live_email, live_phone = excluded.live_phone
          RETURNING r.id, r.record_version, r.moved_to
        ), carded AS (
          UPDATE merge_ledger m SET card_pending = l.record_version FROM listed l
          WHERE m.source = l.id AND l.moved_to IS NOT NULL AND l.record_version > 0
        ), seen AS (
          INSERT INTO customer_seen (id, version, last_seen, events, sessions, score)
          SELECT s.* FROM unnest($25, $26, $27, $28, $29, $30) AS s (id, version, last_seen, events, sessions, score)
          WHERE (s.id IN (SELECT id FROM written)) IS TRUE
          ON CONFLICT (id) DO UPDATE SET version = excluded.version, last_seen = excluded.last_seen, events = excluded.events,
            sessions = excluded.sessions, score = excluded.score
        ), late AS (
          INSERT INTO customer_list_due (id, due_at) SELECT d.id, d.due_at FROM unnest($31, $32) AS d (id, due_at)
          WHERE (d.id IN (SELECT id FROM written)) IS TRUE
          ON CONFLICT (id) DO UPDATE SET due_at = excluded.due_at
        )
        """;

    // IS TRUE keeps the look-up a hashed one; as a join it would compare every reject with every row.
    private const string RejectsSql = """
        , skipped AS (
          SELECT r.* FROM unnest({0})
            AS r (customer, partition, seq, lane, reason, detail, packed)
          WHERE (r.customer IN (SELECT id FROM written)) IS TRUE
        ), rejects AS (
          INSERT INTO rejected (partition, seq, lane, reason, detail)
          SELECT partition, seq, lane, reason, detail FROM skipped ON CONFLICT DO NOTHING
        ), dead AS (
          INSERT INTO dead_letter (partition, seq, lane, reason, detail, packed)
          SELECT partition, seq, lane, reason, detail, packed FROM skipped WHERE packed IS NOT NULL ON CONFLICT DO NOTHING
        )
        """;

    private const string ExternalIdsSql = """
        , named AS (
          INSERT INTO customer_external_id AS known (kind, value, customer_id, told_by_server, check_after)
          SELECT e.kind, e.value, e.customer, bool_or(e.told), now() FROM unnest({0}) AS e (customer, kind, value, told)
          WHERE (e.customer IN (SELECT id FROM written)) IS TRUE GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
          ON CONFLICT (kind, value, customer_id) DO UPDATE SET told_by_server = true, check_after = now()
          WHERE excluded.told_by_server AND NOT known.told_by_server
        )
        """;

    // A page with this name can only be one of a customer that was erased or taken apart since: no row names it any more.
    private const string PagesSql = """
        , paged AS (
          INSERT INTO message_page (owner, page, newest_ms, hashes)
          SELECT p.owner, p.page, p.newest_ms, p.hashes FROM unnest({0}) AS p (owner, page, newest_ms, hashes)
          WHERE (p.owner IN (SELECT id FROM written)) IS TRUE
          ON CONFLICT (owner, page) DO UPDATE SET newest_ms = excluded.newest_ms, hashes = excluded.hashes
        )
        """;

    private const string WarmsSql = """
        , warms AS (
          INSERT INTO heat_due (customer, turn) SELECT w.customer, 1 FROM unnest({0}) AS w (customer)
          WHERE (w.customer IN (SELECT id FROM written)) IS TRUE ORDER BY 1
          ON CONFLICT (customer) DO UPDATE SET turn = heat_due.turn + 1
        )
        """;

    // Of several changes of one customer in one segment the last says where it stands; all of them happened.
    private const string SegmentsSql = """
        , moved AS (
          SELECT c.* FROM unnest({0}) WITH ORDINALITY AS c (customer, segment, version, entered, at, is_last, number)
          WHERE (c.customer IN (SELECT id FROM written)) IS TRUE
        ), told AS (
          INSERT INTO segment_change (segment, customer, entered, version, at) SELECT segment, customer, entered, version, at FROM moved ORDER BY number
        ), gone AS (
          DELETE FROM segment_member m USING moved c WHERE c.is_last AND NOT c.entered AND m.segment = c.segment AND m.customer = c.customer
          RETURNING m.segment
        ), here AS (
          INSERT INTO segment_member (segment, customer, since, version) SELECT segment, customer, at, version FROM moved WHERE is_last AND entered ORDER BY 2, 1
          ON CONFLICT (customer, segment) DO UPDATE SET since = excluded.since, version = excluded.version RETURNING segment, xmax = 0 AS is_new
        ), counted AS (
          INSERT INTO segment_count AS k (segment, counted_by, members)
          SELECT segment, pg_backend_pid(), sum(members) FROM (SELECT segment, -1 AS members FROM gone UNION ALL SELECT segment, 1 FROM here WHERE is_new) AS one
          GROUP BY segment HAVING sum(members) <> 0 ORDER BY segment
          ON CONFLICT (segment, counted_by) DO UPDATE SET members = k.members + excluded.members
        )
        """;

    private const string AnswerSql = " SELECT id FROM written";
    private const int RowColumns = 33;
    private const int RejectColumns = 7;
    private const int NameColumns = 4;
    private const int PageColumns = 4;
    private const int SegmentColumns = 6;

    // The shapes a batch can have; each is prepared once.
    private static readonly string[] Shapes = [.. Enumerable.Range(0, 32).Select(Shape)];

    [Flags]
    private enum Parts
    {
        None = 0,
        Rejects = 1,
        Names = 2,
        Pages = 4,
        Warms = 8,
        Segments = 16,
    }

    public static NpgsqlCommand Command(NpgsqlConnection records, CustomerWrite[] writes, InstallationSecret.Keys keys, DateTimeOffset now)
    {
        var rejects = writes.SelectMany(w => w.Rejects.Select(r => (w.Id, Reject: r)))
            .OrderBy(r => r.Reject.Partition).ThenBy(r => r.Reject.Seq).ToArray();
        var names = writes.SelectMany(w => w.NewExternalIds.Select(e => (w.Id, Name: e)))
            .OrderBy(e => e.Name.Kind, StringComparer.Ordinal).ThenBy(e => e.Name.Value, StringComparer.Ordinal).ToArray();
        var pages = writes.SelectMany(w => w.Pages).ToArray();
        var parts = (rejects.Length > 0 ? Parts.Rejects : 0) | (names.Length > 0 ? Parts.Names : 0) | (pages.Length > 0 ? Parts.Pages : 0)
            | (writes.Any(w => w.Warms) ? Parts.Warms : 0) | (writes.Any(w => w.SegmentChanges.Count > 0) ? Parts.Segments : 0);
        var command = new NpgsqlCommand(Shapes[(int)parts], records);
        Rows(command, writes, keys);
        Listings(command, writes, now);
        if (rejects.Length > 0) Rejects(command, rejects);
        if (names.Length > 0)
        {
            command.WithArray(NpgsqlDbType.Text, names.Select(e => Sql.Text(e.Id)))
                .WithArray(NpgsqlDbType.Text, names.Select(e => Sql.Text(e.Name.Kind)))
                .WithArray(NpgsqlDbType.Text, names.Select(e => Sql.Text(e.Name.Value)))
                .WithArray(NpgsqlDbType.Boolean, names.Select(e => e.Name.ToldByServer));
        }

        if (pages.Length > 0) Pages(command, pages);
        if ((parts & Parts.Warms) != 0) command.WithArray(NpgsqlDbType.Text, writes.Where(w => w.Warms).Select(w => Sql.Text(w.Id)));
        if ((parts & Parts.Segments) != 0) Segments(command, writes);
        return command;
    }

    private static string Shape(int parts)
    {
        var sql = RowsSql + ListingSql;
        var next = RowColumns + 1;
        if (((Parts)parts & Parts.Rejects) != 0) Append(RejectsSql, RejectColumns);
        if (((Parts)parts & Parts.Names) != 0) Append(ExternalIdsSql, NameColumns);
        if (((Parts)parts & Parts.Pages) != 0) Append(PagesSql, PageColumns);
        if (((Parts)parts & Parts.Warms) != 0) Append(WarmsSql, 1);
        if (((Parts)parts & Parts.Segments) != 0) Append(SegmentsSql, SegmentColumns);
        return sql + AnswerSql;

        void Append(string part, int columns)
        {
            sql += part.Replace("{0}", string.Join(", ", Enumerable.Range(next, columns).Select(n => $"${n}")), StringComparison.Ordinal);
            next += columns;
        }
    }

    private static void Rows(NpgsqlCommand command, CustomerWrite[] writes, InstallationSecret.Keys keys) => command
        .WithArray(NpgsqlDbType.Text, writes.Select(w => Sql.Text(w.Id)))
        .WithArray(NpgsqlDbType.Smallint, writes.Select(w => (short)w.Partition))
        .WithArray(NpgsqlDbType.Bigint, writes.Select(w => w.ExpectedVersion))
        .WithArray(NpgsqlDbType.Bytea, writes.Select(w => w.State))
        .WithArray(NpgsqlDbType.Text, writes.Select(w => w.MovedTo))
        .WithArray(NpgsqlDbType.TimestampTz, writes.Select(w => w.LastSeen?.UtcDateTime))
        .WithArray(NpgsqlDbType.Bigint, writes.Select(w => w.Events))
        .WithArray(NpgsqlDbType.Integer, writes.Select(w => w.Orders))
        .WithArray(NpgsqlDbType.TimestampTz, writes.Select(w => w.DueAt?.UtcDateTime))
        .WithArray(NpgsqlDbType.Bytea, writes.Select(w => w.ExpectedVersion == 0 ? keys.Id(w.Id) : null))
        .WithArray(NpgsqlDbType.Bigint, writes.Select(w => w.ErasedVersion));

    private static void Listings(NpgsqlCommand command, CustomerWrite[] writes, DateTimeOffset now)
    {
        (string Id, CustomerListing As)[] listed = [.. writes.Where(w => w.Listing is not null).Select(w => (Sql.Text(w.Id), w.Listing!))];
        (string Id, CustomerListing As)[] seen = [.. writes.Where(w => w.Seen is not null).Select(w => (Sql.Text(w.Id), w.Seen!))];
        var late = writes.Where(w => w.ListAt is not null).ToArray();
        command
            .WithArray(NpgsqlDbType.Text, listed.Select(l => l.Id))
            .WithArray(NpgsqlDbType.Text, listed.Select(l => l.As.MovedTo))
            .WithArray(NpgsqlDbType.TimestampTz, listed.Select(l => l.As.FirstSeen?.UtcDateTime))
            .WithArray(NpgsqlDbType.TimestampTz, listed.Select(l => l.As.LastOrder?.UtcDateTime))
            .WithArray(NpgsqlDbType.Integer, listed.Select(l => l.As.Orders))
            .WithArray(NpgsqlDbType.Numeric, listed.Select(l => l.As.Revenue))
            .WithArray(NpgsqlDbType.Text, listed.Select(l => l.As.Currency))
            .WithArray(NpgsqlDbType.Text, listed.Select(l => l.As.Tier))
            .WithArray(NpgsqlDbType.Text, listed.Select(l => l.As.Stage))
            .WithArray(NpgsqlDbType.Text, listed.Select(l => Text(l.As.Name)))
            .WithArray(NpgsqlDbType.Text, listed.Select(l => Text(l.As.Email)))
            .WithArray(NpgsqlDbType.Text, listed.Select(l => Text(l.As.Phone)))
            .With(NpgsqlDbType.TimestampTz, now.UtcDateTime)
            .WithArray(NpgsqlDbType.Text, seen.Select(s => s.Id))
            .WithArray(NpgsqlDbType.Bigint, seen.Select(s => s.As.Version))
            .WithArray(NpgsqlDbType.TimestampTz, seen.Select(s => s.As.MovedTo is null ? s.As.LastSeen?.UtcDateTime : null))
            .WithArray(NpgsqlDbType.Bigint, seen.Select(s => s.As.Events))
            .WithArray(NpgsqlDbType.Integer, seen.Select(s => s.As.Sessions))
            .WithArray(NpgsqlDbType.Numeric, seen.Select(s => s.As.Score))
            .WithArray(NpgsqlDbType.Text, late.Select(w => Sql.Text(w.Id)))
            .WithArray(NpgsqlDbType.TimestampTz, late.Select(w => w.ListAt!.Value.UtcDateTime))
            .WithArray(NpgsqlDbType.Bigint, writes.Select(w => w.SegmentPlan));
    }

    private static void Segments(NpgsqlCommand command, CustomerWrite[] writes)
    {
        var changes = writes.SelectMany(w => w.SegmentChanges.Select((change, at) => (w.Id, Change: change, IsLast: w.SegmentChanges.Skip(at + 1).All(c => c.Segment != change.Segment)))).ToArray();
        command
            .WithArray(NpgsqlDbType.Text, changes.Select(c => Sql.Text(c.Id)))
            .WithArray(NpgsqlDbType.Text, changes.Select(c => c.Change.Segment))
            .WithArray(NpgsqlDbType.Integer, changes.Select(c => c.Change.Version))
            .WithArray(NpgsqlDbType.Boolean, changes.Select(c => c.Change.Entered))
            .WithArray(NpgsqlDbType.TimestampTz, changes.Select(c => DateTimeOffset.FromUnixTimeMilliseconds(c.Change.AtMs).UtcDateTime))
            .WithArray(NpgsqlDbType.Boolean, changes.Select(c => c.IsLast));
    }

    private static string? Text(string? text) => text is null ? null : Sql.Text(text);

    private static void Rejects(NpgsqlCommand command, (string Id, Reject Reject)[] rejects) => command
        .WithArray(NpgsqlDbType.Text, rejects.Select(r => Sql.Text(r.Id)))
        .WithArray(NpgsqlDbType.Smallint, rejects.Select(r => (short)r.Reject.Partition))
        .WithArray(NpgsqlDbType.Bigint, rejects.Select(r => r.Reject.Seq))
        .WithArray(NpgsqlDbType.Text, rejects.Select(r => Sql.Text(r.Reject.Lane)))
        .WithArray(NpgsqlDbType.Smallint, rejects.Select(r => (short)r.Reject.Reason))
        .WithArray(NpgsqlDbType.Text, rejects.Select(r => r.Reject.Detail is { } detail ? Sql.Text(detail) : null))
        .WithArray(NpgsqlDbType.Bytea, rejects.Select(r => r.Reject.Event.Packed.IsEmpty ? null : r.Reject.Event.Packed.ToArray()));

    private static void Pages(NpgsqlCommand command, MessagePage[] pages) => command
        .WithArray(NpgsqlDbType.Text, pages.Select(p => Sql.Text(p.Owner)))
        .WithArray(NpgsqlDbType.Integer, pages.Select(p => p.Number))
        .WithArray(NpgsqlDbType.Bigint, pages.Select(p => p.NewestMs))
        .WithArray(NpgsqlDbType.Bytea, pages.Select(p => MessagePageReads.Bytes(p.Hashes)));
}
