using Crm.Access;

namespace Crm.Records;

/// <summary>What a timeline is made of.</summary>
public static class TimelineKinds
{
    public const string Activity = "activity";
    public const string Conversion = "conversion";
    public const string Event = "event";
    public const string Merge = "merge";
    public const string Order = "order";
    public const string Owner = "owner";
    public const string Stage = "stage";
    public const string ToDo = "task";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [Activity, Conversion, Event, Merge, Order, Owner, Stage, ToDo];
}

/// <summary>Where an entry stands: by time, then kind, then id, all descending. No two entries of a timeline stand at the same place.</summary>
/// <param name="At">When it happened.</param>
/// <param name="Kind">One of <see cref="TimelineKinds"/>.</param>
/// <param name="Id">Which one of its kind; opaque.</param>
public sealed record TimelinePlace(DateTimeOffset At, string Kind, string Id) : IComparable<TimelinePlace>
{
    /// <inheritdoc/>
    public int CompareTo(TimelinePlace? other)
    {
        if (other is null) return 1;
        if (At != other.At) return At.CompareTo(other.At);
        var kinds = string.CompareOrdinal(Kind, other.Kind);
        return kinds != 0 ? kinds : string.CompareOrdinal(Id, other.Id);
    }

    public static bool operator <(TimelinePlace left, TimelinePlace right) => left.CompareTo(right) < 0;

    public static bool operator >(TimelinePlace left, TimelinePlace right) => left.CompareTo(right) > 0;

    public static bool operator <=(TimelinePlace left, TimelinePlace right) => left.CompareTo(right) <= 0;

    public static bool operator >=(TimelinePlace left, TimelinePlace right) => left.CompareTo(right) >= 0;
}

/// <summary>Which page of whose timeline.</summary>
/// <param name="Subject">The kind of the record: customer, company or deal.</param>
/// <param name="Ids">The record's id; a customer's with all that were merged into it.</param>
public sealed record TimelineQuery(string Subject, IReadOnlyList<string> Ids)
{
    /// <summary>What is read, and whose records of it: a kind that is not there is left out.</summary>
    public required IReadOnlyDictionary<string, Reach> Whose { get; init; }

    /// <summary>Of a company: its people and deals, whose entries stand in its timeline, too; null for none.</summary>
    public CircleQuery? Circle { get; init; }

    /// <summary>Not what happened before; null for no bound.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Only what happened before; null for no bound.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>The last entry of the page before; null for the first page.</summary>
    public TimelinePlace? Before { get; init; }

    /// <summary>Most entries, 1 to 200.</summary>
    public int Limit { get; init; } = 50;
}

/// <summary>A page: one entry more than the limit when there is a next one.</summary>
/// <param name="IsPartial">A company has more people or deals than are looked at.</param>
public sealed record TimelinePage(IReadOnlyList<TimelineEntry> Entries, bool IsPartial);

/// <summary>One entry. Of an event the history's row, of a record the record, and of what happened to it a JSON object.</summary>
public sealed record TimelineEntry(TimelinePlace Place)
{
    public Clickstream.HistoryItem? Event { get; init; }

    /// <summary>Whose event it is, where the timeline is not the person's own.</summary>
    public string? Person { get; init; }

    public RecordState? Record { get; init; }

    /// <summary>A stage's step, a merge's or a change of owner's members; null for a record itself.</summary>
    public string? Details { get; init; }
}
