using System.Globalization;
using Crm.Access;
using Crm.Records;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Segments;

/// <summary>A customer in a segment.</summary>
/// <param name="Id">The customer's.</param>
/// <param name="Name">As people know the customer; null where nobody does.</param>
/// <param name="Since">Since when the customer is in.</param>
/// <param name="Version">Of the definition by which.</param>
public sealed record SegmentMember(string Id, string? Name, DateTimeOffset Since, int Version);

/// <summary>Somebody entered or left.</summary>
/// <param name="Number">Grows with each.</param>
/// <param name="Segment">The segment's id.</param>
/// <param name="Customer">The customer's id.</param>
/// <param name="Name">As people know the customer.</param>
/// <param name="Entered">Entered, or left.</param>
/// <param name="At">When.</param>
/// <param name="Version">Of the definition by which; 0 where the segment was deleted, or the customer became a part of another.</param>
public sealed record SegmentMove(long Number, string Segment, string Customer, string? Name, bool Entered, DateTimeOffset At, int Version);

/// <summary>A definition that a segment had.</summary>
public sealed record SegmentVersion(int Version, string Definition, DateTimeOffset At, string By);

/// <summary>What a day did to a segment.</summary>
/// <param name="Day">In UTC.</param>
/// <param name="Entered">Who entered.</param>
/// <param name="Left">Who left.</param>
/// <param name="Members">Who were in at its end.</param>
public sealed record SegmentDay(DateOnly Day, long Entered, long Left, long Members);

/// <summary>What is asked of segments by people and programs. Statements end after two seconds, like those of lists.</summary>
public sealed class SegmentReads
{
    private readonly RecordLists _lists;

    internal SegmentReads(RecordLists lists) => _lists = lists;

    /// <summary>How many are in each segment, without those in the trash; one that is not named has none.</summary>
    public Task<IReadOnlyDictionary<string, long>> Counts(CancellationToken stop = default) => _lists.Run<IReadOnlyDictionary<string, long>>(async connection =>
    {
        await using var command = connection.CreateCommand();
        command.CommandText = """
            SELECT segment, sum(members)::bigint FROM (
              SELECT segment, members FROM segment_count
              UNION ALL SELECT m.segment, -1 FROM customer_record r JOIN segment_member m ON m.customer = r.id WHERE r.deleted_at IS NOT NULL
            ) AS counted GROUP BY segment HAVING sum(members) <> 0
            """;
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop)) counts.Add(rows.GetString(0), rows.GetInt64(1));
        return counts;
    }, stop);

    /// <summary>Its definitions, the newest first.</summary>
    public Task<IReadOnlyList<SegmentVersion>> Versions(string segment, CancellationToken stop = default) => _lists.Run<IReadOnlyList<SegmentVersion>>(async connection =>
    {
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT version, definition, at, by_whom FROM segment_version WHERE segment = $1 ORDER BY version DESC LIMIT 1000";
        command.With(NpgsqlDbType.Text, Sql.Text(segment));
        var versions = new List<SegmentVersion>();
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop)) versions.Add(new SegmentVersion(rows.GetInt32(0), rows.GetString(1), rows.GetFieldValue<DateTimeOffset>(2), rows.GetString(3)));
        return versions;
    }, stop);

    /// <summary>Who is in it, the newest first, as far as who asks may see them; one more than asked for where there are more.</summary>
    /// <param name="segment">Its id.</param>
    /// <param name="whose">Whose customers.</param>
    /// <param name="limit">Of a page.</param>
    /// <param name="after">Behind whom the page begins.</param>
    /// <param name="stop">Ends it.</param>
    public Task<IReadOnlyList<SegmentMember>> Members(string segment, Reach whose, int limit, (DateTimeOffset Since, string Id)? after, CancellationToken stop = default) =>
        _lists.Run<IReadOnlyList<SegmentMember>>(async connection =>
        {
            await using var command = connection.CreateCommand();
            var reached = RecordLists.Reached(command, whose);
            command.With(NpgsqlDbType.Text, Sql.Text(segment));
            var sql = $"m.segment = ${command.Parameters.Count}";
            if (after is { } place)
            {
                command.With(NpgsqlDbType.TimestampTz, place.Since.UtcDateTime).With(NpgsqlDbType.Text, Sql.Text(place.Id));
                sql += string.Create(CultureInfo.InvariantCulture, $" AND (m.since, m.customer) < (${command.Parameters.Count - 1}, ${command.Parameters.Count})");
            }

            command.CommandText = $"""
                SELECT m.customer, c.name, m.since, m.version FROM segment_member m JOIN {CustomerColumns.View} c ON c.id = m.customer
                WHERE {sql} AND c.deleted_at IS NULL AND {reached} ORDER BY m.since DESC, m.customer DESC LIMIT {limit + 1}
                """;
            var members = new List<SegmentMember>();
            await using var rows = await command.ExecuteReaderAsync(stop);
            while (await rows.ReadAsync(stop)) members.Add(new SegmentMember(rows.GetString(0), Name(rows, 1), rows.GetFieldValue<DateTimeOffset>(2), rows.GetInt32(3)));
            return members;
        }, stop);

    /// <summary>Who entered and left, the newest first: of a segment, of a customer, or of both; one more than asked for where there are more.</summary>
    public Task<IReadOnlyList<SegmentMove>> Moves(string? segment, string? customer, Reach whose, int limit, long? before, CancellationToken stop = default) =>
        _lists.Run<IReadOnlyList<SegmentMove>>(async connection =>
        {
            await using var command = connection.CreateCommand();
            var sql = RecordLists.Reached(command, whose);
            if (segment is not null) sql += Equal("m.segment", segment);
            if (customer is not null) sql += Equal("m.customer", customer);
            if (before is { } number) sql += string.Create(CultureInfo.InvariantCulture, $" AND m.id < {number}");

            // Whom lists do not show (merged into another, or not stored there yet) has no owner either: whoever may see all sees them.
            var join = whose.Everybody ? "LEFT JOIN" : "JOIN";
            command.CommandText = $"""
                SELECT m.id, m.segment, m.customer, c.name, m.entered, m.at, m.version FROM segment_change m {join} {CustomerColumns.View} c ON c.id = m.customer
                WHERE {sql} ORDER BY m.id DESC LIMIT {limit + 1}
                """;
            var moves = new List<SegmentMove>();
            await using var rows = await command.ExecuteReaderAsync(stop);
            while (await rows.ReadAsync(stop))
                moves.Add(new SegmentMove(rows.GetInt64(0), rows.GetString(1), rows.GetString(2), Name(rows, 3), rows.GetBoolean(4), rows.GetFieldValue<DateTimeOffset>(5), rows.GetInt32(6)));
            return moves;

            string Equal(string column, string value)
            {
                command.With(NpgsqlDbType.Text, Sql.Text(value));
                return string.Create(CultureInfo.InvariantCulture, $" AND {column} = ${command.Parameters.Count}");
            }
        }, stop);

    /// <summary>What the last days did to it, the oldest first, each with who were in at its end.</summary>
    public Task<IReadOnlyList<SegmentDay>> Curve(string segment, DateOnly today, int days, CancellationToken stop = default) => _lists.Run<IReadOnlyList<SegmentDay>>(async connection =>
    {
        await using var command = connection.CreateCommand();
        command.CommandText = """
            SELECT d.day, coalesce(c.entered, 0), coalesce(c.gone, 0), (SELECT coalesce(sum(members), 0)::bigint FROM segment_count WHERE segment = $1)
              - (SELECT count(*) FROM customer_record r JOIN segment_member m ON m.customer = r.id WHERE r.deleted_at IS NOT NULL AND m.segment = $1)
            FROM (SELECT $2::date - n AS day FROM generate_series(0, $3 - 1) AS n) d LEFT JOIN (
              SELECT (at AT TIME ZONE 'UTC')::date AS day, count(*) FILTER (WHERE entered) AS entered, count(*) FILTER (WHERE NOT entered) AS gone
              FROM segment_change WHERE segment = $1 AND at >= ($2::date - ($3 - 1))::timestamp AT TIME ZONE 'UTC' GROUP BY 1
            ) c ON c.day = d.day ORDER BY d.day DESC
            """;
        command.With(NpgsqlDbType.Text, Sql.Text(segment)).With(NpgsqlDbType.Date, today).With(NpgsqlDbType.Integer, days);
        var curve = new List<SegmentDay>();
        await using var rows = await command.ExecuteReaderAsync(stop);
        long? members = null;
        while (await rows.ReadAsync(stop))
        {
            var day = new SegmentDay(rows.GetFieldValue<DateOnly>(0), rows.GetInt64(1), rows.GetInt64(2), members ?? rows.GetInt64(3));
            curve.Add(day);
            members = day.Members - day.Entered + day.Left;
        }

        curve.Reverse();
        return curve;
    }, stop);

    private static string? Name(NpgsqlDataReader row, int at) => row.IsDBNull(at) ? null : row.GetString(at);
}
