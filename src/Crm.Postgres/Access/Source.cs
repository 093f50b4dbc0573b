namespace Crm.Access;

/// <summary>A site, app, server or import that events come from.</summary>
/// <param name="Id">What its events carry; never changes.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Kind">One of <see cref="Kinds"/>.</param>
public sealed record Source(string Id, string Name, string Kind)
{
    /// <summary>Most origins of one source.</summary>
    public const int MaxOrigins = 100;

    /// <summary>Longest settings, in characters of JSON.</summary>
    public const int MaxSettingsLength = 16 * 1024;

    /// <summary>Longest retention that can be said, in days: a century.</summary>
    public const int MaxRetentionDays = 36_500;

    /// <summary>What a source can be.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["web", "app", "server", "import"];

    /// <summary>Pages that may use its keys from a browser, as <c>https://shop.example</c>; empty for all.</summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    /// <summary>Its own settings: one JSON object, kept as it is.</summary>
    public string Settings { get; init; } = "{}";

    /// <summary>Days that its events are kept; null for as long as the company keeps any.</summary>
    public int? RetentionDays { get; init; }

    /// <summary>True: events that break its data plan are refused. False: they are kept, marked and counted.</summary>
    public bool RefusesViolations { get; init; }

    /// <summary>False: its keys do nothing.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Counts its edits, from 1.</summary>
    public long RecordVersion { get; init; } = 1;

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was last changed.</summary>
    public DateTimeOffset UpdatedAt { get; init; }
}

/// <summary>What became of a write of a record.</summary>
public enum RecordWrite
{
    /// <summary>It is done.</summary>
    Done,

    /// <summary>There is no such record.</summary>
    Missing,

    /// <summary>The record is there, in another version than the writer saw.</summary>
    Stale,
}
