using Crm.Customers;
using Crm.Records.Filters;

namespace Crm.Records;

/// <summary>What is special about the table of customers: events write beside people, and some of what is shown is made of both.</summary>
internal static class CustomerColumns
{
    public const string Table = "customer_record";

    /// <summary>The table with what changes with every event, which stands beside it.</summary>
    public const string View = "customer_list";

    /// <summary>Names, emails and phones, of people and of events.</summary>
    public const string Searched = "searched";

    /// <summary>Who was merged into another is no record of its own; nor is who was never seen and of whom nobody wrote.</summary>
    public const string Among = "moved_to IS NULL AND (first_seen IS NOT NULL OR row_version > 0)";

    /// <summary>Written with the first time: what stands beside the card is there for all others.</summary>
    private const string NeverSeen = "first_seen IS NULL";

    /// <summary>A row that only events made becomes one that people write, too.</summary>
    public const string OnConflict = """
        DO UPDATE SET row_version = 1, record_version = excluded.record_version, state = excluded.state,
          created_at = least(customer_record.created_at, excluded.created_at), updated_at = excluded.updated_at, created_by = excluded.created_by,
          deleted_at = excluded.deleted_at, last_cause = excluded.last_cause
        WHERE customer_record.row_version = 0
        """;

    /// <summary>The segments that somebody is in; null for none.</summary>
    private const string Segments = "(SELECT array_agg(m.segment ORDER BY m.segment) FROM segment_member m WHERE m.customer = id)";

    // Who lapsed is told by the time that passed, so it is never out of date.
    private static readonly string s_lifecycle = $"""
        coalesce(state ->> 'lifecycle', CASE WHEN stage = '{Lifecycles.Customer}' AND last_order < now() - interval '{Lifecycles.LapsedAfterDays} days'
          THEN '{Lifecycles.Lapsed}' ELSE stage END)
        """;

    /// <summary>The card with what is shown of the profile: as a record of its own, flat.</summary>
    public static string Shown { get; } = $"""
        (state - 'fullName') || jsonb_strip_nulls(jsonb_build_object('name', name, 'email', email, 'phone', phone, 'lifecycle', {s_lifecycle},
          'firstSeen', {Time("first_seen")}, 'lastSeen', {Time("last_seen")}, 'lastOrder', {Time("last_order")}, 'orders', orders,
          'revenue', CASE WHEN revenue IS NOT NULL THEN jsonb_build_object('amount', revenue::text, 'currency', revenue_currency) END,
          'tier', tier, 'events', events, 'sessions', sessions, 'score', score, 'segments', to_jsonb({Segments}))) AS state
        """;

    /// <summary>Where a field stands that is not simply a column; null for one that is.</summary>
    public static FieldColumn? Of(Field field) => field.Name switch
    {
        "lifecycle" => new FieldColumn("(" + s_lifecycle + ")"),
        "revenue" => new FieldColumn("revenue") { Currency = "revenue_currency", Worth = "revenue" },
        "lastSeen" => new FieldColumn("last_seen") { WhereEmpty = NeverSeen },
        "events" => new FieldColumn("events") { WhereEmpty = NeverSeen },
        "sessions" => new FieldColumn("sessions") { WhereEmpty = NeverSeen },
        "segments" => new FieldColumn(Segments) { HasOneOf = "id IN (SELECT m.customer FROM segment_member m WHERE m.segment = ANY({0}))" },
        _ => null,
    };

    private static string Time(string column) => $"""to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')""";
}
