namespace Crm.Records.Filters;

/// <summary>Which call an event came by.</summary>
public enum EventCall
{
    /// <summary>Something that somebody did, by its name.</summary>
    Track,

    /// <summary>A page that was seen.</summary>
    Page,

    /// <summary>A screen that was seen.</summary>
    Screen,

    /// <summary>Somebody said who they are.</summary>
    Identify,

    /// <summary>Somebody said whom they belong to.</summary>
    Group,

    /// <summary>Whatever it was.</summary>
    Any,
}

/// <summary>The events that a condition looks at.</summary>
/// <param name="Call">Which calls.</param>
/// <param name="Names">Their names, exactly; all when there are none.</param>
/// <param name="Tests">What holds for their properties, all of it.</param>
public sealed record EventPick(EventCall Call, IReadOnlyList<string> Names, IReadOnlyList<PropertyTest> Tests);

/// <summary>
/// A condition on a property of an event. Of a property that stands in a list, such as the price of the products of an order, it holds
/// when it holds for one of them. It is false where there is no such property, and its negation true.
/// </summary>
/// <param name="Path">Members by their names, with dots between them; <c>context.</c> leads to the event's context.</param>
/// <param name="How">How it is compared. Text without regard to case; numbers also where they are written as text.</param>
/// <param name="Values">With what: it holds when it does for one of them. None: it holds where there is a value.</param>
/// <param name="Not">Whether it is negated.</param>
public sealed record PropertyTest(string Path, Comparison How, IReadOnlyList<FilterValue> Values, bool Not);

/// <summary>Which time a condition on events looks at.</summary>
public abstract record EventWindow
{
    private EventWindow()
    {
    }

    /// <summary>All of it.</summary>
    public sealed record Ever : EventWindow;

    /// <summary>So long up to now: an event leaves it exactly so long after it happened.</summary>
    public sealed record Last(WrittenTime.Distance Length) : EventWindow;

    /// <summary>A stretch of the calendar, such as this month.</summary>
    public sealed record During(WrittenTime.Stretch Stretch) : EventWindow;

    /// <summary>From a day or a moment on, which is included.</summary>
    public sealed record Since(WrittenTime Start) : EventWindow;
}

/// <summary>What a condition makes of the events it looks at.</summary>
public enum Measure
{
    /// <summary>How many there are.</summary>
    Count,

    /// <summary>The sum of a property; of a list, of all in it. What is no number counts as nothing.</summary>
    Sum,

    /// <summary>How many different values a property has.</summary>
    Distinct,
}
