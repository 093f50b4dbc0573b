using System.Globalization;
using Crm.Access;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Records;

/// <summary>The statements of a timeline's sources. Each answers id, time, details and, where one is shown, the record.</summary>
internal static class TimelineSql
{
    /// <summary>Columns before the record's.</summary>
    public const int Own = 3;

    /// <summary>Where the record's id stands.</summary>
    private const int RecordId = Own + 10;

    // Of a long mail no more than an entry shows of it.
    private const string BodyCut = "CASE WHEN length(body) > 1000 THEN jsonb_set(state, '{body}', to_jsonb(left(body, 1000))) ELSE state END";

    // Parameters that all have: the ids, the place that the page goes on below, and the earliest time.
    private const string Below = "(place, key) < ($2, $3) AND place >= $4";
    private const string Newest = "ORDER BY place DESC, key DESC LIMIT $5";

    private static readonly DateTime s_never = new(9999, 12, 31, 0, 0, 0, DateTimeKind.Utc);

    // No id of ours is above it.
    private static readonly string s_last = char.ConvertFromUtf32(0x10FFFF);

    /// <summary>Writes the statement; false when a record of that kind has no such entries.</summary>
    public static bool Write(NpgsqlCommand command, TimelineQuery query, CompanyCircle circle, string kind, Reach whose)
    {
        var (at, id) = Place(query, kind);
        command.WithArray(NpgsqlDbType.Text, query.Ids.Select(Sql.Text)).With(NpgsqlDbType.TimestampTz, at)
            .With(NpgsqlDbType.Text, Sql.Text(id)).With(NpgsqlDbType.TimestampTz, query.From?.UtcDateTime ?? DateTime.UnixEpoch.AddYears(-1000))
            .With(NpgsqlDbType.Integer, query.Limit + 1);
        var sql = kind switch
        {
            TimelineKinds.Activity => Linked("activity", Links(query.Subject), "at", Reached()),
            TimelineKinds.ToDo => Linked("task", Links(query.Subject), "created_at", Reached()),
            TimelineKinds.Order => Linked("sales_order", Links(query.Subject), "coalesce(placed_at, created_at)", Reached()),
            TimelineKinds.Conversion => Linked("lead", [(query.Subject == RecordKinds.Company ? "company_id" : query.Subject, 1)], "converted_at", Reached()),
            TimelineKinds.Stage => Stages(query.Subject, Reached()),
            TimelineKinds.Merge when query.Subject == RecordKinds.Customer => Merges,
            TimelineKinds.Owner => Owners(query.Subject),
            _ => null,
        };
        if (sql is null) return false;
        command.CommandText = sql;
        return true;

        string Reached() => RecordLists.Reached(command, whose);

        // Each with the parameter that holds the ids.
        List<(string Link, int Ids)> Links(string own)
        {
            var links = new List<(string, int)> { (own, 1) };
            foreach (var link in query.Circle?.Links.GetValueOrDefault(kind) ?? [])
            {
                var ids = link == RecordKinds.Deal ? circle.Deals : [.. circle.People.Keys];
                if (ids.Count == 0) continue;
                command.WithArray(NpgsqlDbType.Text, ids.Select(Sql.Text));
                links.Add((link, command.Parameters.Count));
            }

            return links;
        }
    }

    /// <summary>The record of a row.</summary>
    public static RecordState Record(string kind, NpgsqlDataReader row) => new()
    {
        Kind = kind switch { TimelineKinds.Conversion => RecordKinds.Lead, TimelineKinds.Stage => RecordKinds.Deal, _ => kind },
        Id = row.GetString(RecordId),
        Fields = row.GetString(Own),
        RecordVersion = row.GetInt64(Own + 2),
        Version = row.GetInt64(Own + 3),
        CreatedAt = row.GetFieldValue<DateTimeOffset>(Own + 4),
        UpdatedAt = row.GetFieldValue<DateTimeOffset>(Own + 5),
        CreatedBy = row.GetString(Own + 6),
        Owner = row.IsDBNull(Own + 8) ? null : row.GetString(Own + 8),
        Team = row.IsDBNull(Own + 9) ? null : row.GetString(Own + 9),
    };

    // The order of kinds at the same time is that of their names, descending.
    private static (DateTime At, string Id) Place(TimelineQuery query, string kind)
    {
        if (query.Before is not { } before) return (query.To?.UtcDateTime ?? s_never, "");
        var order = string.CompareOrdinal(kind, before.Kind);
        return (before.At.UtcDateTime, order == 0 ? before.Id : order > 0 ? "" : s_last);
    }

    // Written out, not over an alias: so an index gives the order, and the page is its first rows. What has two of the links stands once.
    private static string Linked(string table, IReadOnlyList<(string Link, int Ids)> links, string time, string reached)
    {
        var found = links.Select(l => $"""
            SELECT x.place, x.key FROM unnest(${l.Ids}) AS l (linked) CROSS JOIN LATERAL (
              SELECT {time} AS place, id AS key FROM {table}
              WHERE {l.Link} = l.linked AND deleted_at IS NULL AND {time} <= $2 AND ({time}, id) < ($2, $3) AND {time} >= $4 AND {reached}
              ORDER BY {time} DESC, id DESC LIMIT $5) AS x
            """);
        var columns = table == "activity" ? BodyCut + RecordLists.Columns["state".Length..] : RecordLists.Columns;
        return $"""
            SELECT f.key, f.place, NULL::text, {columns}, id
            FROM (SELECT * FROM ({string.Join(" UNION ", found)}) AS x {Newest}) AS f CROSS JOIN LATERAL (SELECT * FROM {table} WHERE id = f.key) AS r
            ORDER BY f.place DESC, f.key DESC
            """;
    }

    // The newest of each deal, by its steps in their order.
    private static string Stages(string subject, string reached)
    {
        var which = subject switch { RecordKinds.Deal => "id = ANY($1)", RecordKinds.Company => "company = ANY($1)", _ => "customers && $1" };
        return $"""
            SELECT f.key, f.place, f.step::text, {RecordLists.Columns}, id
            FROM (
              SELECT d.id AS deal, s.place, s.key, s.step FROM deal d CROSS JOIN LATERAL (
                SELECT * FROM (
                  SELECT at AS place, (deal || ':' || lpad(number::text, 8, '0')) COLLATE "C" AS key, number,
                    jsonb_build_object('stage', stage, 'name', name, 'by', by_whom) AS step
                  FROM deal_step WHERE deal = d.id) AS x
                WHERE {Below} ORDER BY place DESC, number DESC LIMIT $5) AS s
              WHERE d.{which} AND d.deleted_at IS NULL AND {reached}
              {Newest}) AS f CROSS JOIN LATERAL (SELECT * FROM deal WHERE id = f.deal) AS r
            ORDER BY f.place DESC, f.key DESC
            """;
    }

    private const string Merges = $"""
        SELECT key, place, details::text FROM (
          SELECT source AS key, at AS place, jsonb_build_object('from', source, 'into', into_id, 'reason', reason) AS details
          FROM merge_ledger WHERE into_id = ANY($1)) AS x
        WHERE {Below} {Newest}
        """;

    private static string Owners(string subject) => string.Create(CultureInfo.InvariantCulture, $"""
        SELECT key, place, details::text FROM (
          SELECT lpad(id::text, 20, '0') COLLATE "C" AS key, at AS place,
            jsonb_build_object('from', changes -> 'owner' -> 0, 'to', changes -> 'owner' -> 1, 'by', by_whom) AS details
          FROM audit WHERE kind = '{subject}' AND record = ANY($1) AND changes -> 'owner' IS NOT NULL) AS x
        WHERE {Below} {Newest}
        """);
}
