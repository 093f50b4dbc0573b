namespace Crm.Records.Filters;

/// <summary>How a field is compared.</summary>
public enum Comparison
{
    /// <summary>Equal; of a day or a named stretch of time: within it.</summary>
    Equal,

    /// <summary>Less, or earlier.</summary>
    Less,

    /// <summary>Less or equal.</summary>
    LessOrEqual,

    /// <summary>More, or later.</summary>
    More,

    /// <summary>More or equal.</summary>
    MoreOrEqual,

    /// <summary>Holds the text somewhere.</summary>
    Contains,

    /// <summary>Begins with the text.</summary>
    Begins,
}

/// <summary>
/// A condition on records. It is true or false of each, never unknown: a comparison with a field that is empty is false, and its
/// negation true.
/// </summary>
public abstract record Filter
{
    private Filter()
    {
    }

    /// <summary>All of them hold; true of every record when there are none.</summary>
    public sealed record All(IReadOnlyList<Filter> Parts) : Filter;

    /// <summary>At least one holds.</summary>
    public sealed record Any(IReadOnlyList<Filter> Parts) : Filter;

    /// <summary>It does not hold.</summary>
    public sealed record Not(Filter Part) : Filter;

    /// <summary>A field compares so with a value.</summary>
    public sealed record Is(Field Field, Comparison How, FilterValue Value) : Filter;

    /// <summary>A field equals one of some values; one of choices has one of them.</summary>
    public sealed record OneOf(Field Field, IReadOnlyList<FilterValue> Values) : Filter;

    /// <summary>A field holds nothing.</summary>
    public sealed record Empty(Field Field) : Filter;

    /// <summary>A count, a sum, or a number of different values of a customer's events compares so with a number.</summary>
    /// <param name="Property">Of a sum and of different values: of what.</param>
    public sealed record Measured(Measure What, string? Property, EventPick Of, EventWindow In, Comparison How, decimal Value) : Filter;

    /// <summary>The first or the last time of a customer's events compares so with a time; false when there is none.</summary>
    public sealed record Happened(bool IsLast, EventPick Of, EventWindow In, Comparison How, FilterValue.Times When) : Filter;

    /// <summary>
    /// After one of a customer's events another one came, or, asked without it, the time for it went by without one: from the moment of the first
    /// up to, and without, so long after it. The window is that of the first.
    /// </summary>
    public sealed record Followed(EventPick First, EventPick Then, bool Without, WrittenTime.Distance Within, EventWindow In) : Filter;
}

/// <summary>What a field is compared with.</summary>
public abstract record FilterValue
{
    private FilterValue()
    {
    }

    /// <summary>A text, an id, a choice, a user.</summary>
    public sealed record Text(string Value) : FilterValue;

    /// <summary>A number; an amount in a currency, or in the base currency where none is named.</summary>
    public sealed record Number(decimal Value, string? Currency = null) : FilterValue;

    /// <summary>True or false.</summary>
    public sealed record Flag(bool Value) : FilterValue;

    /// <summary>From one moment up to, and without, another; a single moment when both are the same.</summary>
    public sealed record Times(DateTimeOffset From, DateTimeOffset Before) : FilterValue
    {
        /// <summary>True for a single moment.</summary>
        public bool IsMoment => From == Before;

        /// <summary>As it stands in the text; null of times that were in none.</summary>
        public WrittenTime? Written { get; init; }
    }

    /// <summary>From one day to another, both included.</summary>
    public sealed record Days(DateOnly First, DateOnly Last) : FilterValue
    {
        /// <inheritdoc cref="Times.Written"/>
        public WrittenTime? Written { get; init; }
    }
}

/// <summary>Why a filter cannot be used.</summary>
/// <param name="At">Where in the text, in characters from 0.</param>
/// <param name="Why">What is wrong there, and what would be right.</param>
public sealed record FilterProblem(int At, string Why);

/// <summary>What a filter's words stand for when it is read.</summary>
/// <param name="Now">The moment that "today" and "-7d" count from.</param>
/// <param name="Zone">The company's time zone, in which days begin.</param>
/// <param name="Me">The user who asks; null for a key.</param>
public sealed record FilterContext(DateTimeOffset Now, TimeZoneInfo Zone, string? Me)
{
    /// <summary>Whether it may look at what customers did: only of a segment that is known without looking through all events.</summary>
    public bool TakesEvents { get; init; }
}
