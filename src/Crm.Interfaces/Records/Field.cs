namespace Crm.Records;

/// <summary>What a field holds.</summary>
public enum FieldType
{
    /// <summary>Text; compared without regard to case.</summary>
    Text,

    /// <summary>An id, an email address or the like: compared exactly.</summary>
    Id,

    /// <summary>A decimal number.</summary>
    Number,

    /// <summary>Money: an amount with its currency, compared by its worth in the company's base currency, or within one currency.</summary>
    Money,

    /// <summary>True or false.</summary>
    Flag,

    /// <summary>A moment.</summary>
    Time,

    /// <summary>A day of the calendar, without a time.</summary>
    Day,

    /// <summary>One of some named choices.</summary>
    Choice,

    /// <summary>Any of some named choices, such as tags.</summary>
    Choices,

    /// <summary>A user of the CRM.</summary>
    User,

    /// <summary>The id of another record, compared exactly.</summary>
    Link,

    /// <summary>Several texts, such as email addresses; each is compared exactly.</summary>
    Texts,

    /// <summary>Something with an inside, such as an address or the lines of an order: it cannot be filtered or sorted by.</summary>
    Part,

    /// <summary>HTML, made harmless when it is written. It is shown of one record alone: lists and exports do not hold it, nor is it filtered or sorted by.</summary>
    Html,

    /// <summary>Whatever was told, such as a trait: what it is compared with says whether it is read as a number, as true or false, or as text.</summary>
    Any,
}

/// <summary>A field of a kind of record, as filters, sorts and forms know it.</summary>
/// <param name="Name">Its name in the API; a custom one is <c>custom.NAME</c>.</param>
/// <param name="Type">What it holds.</param>
public sealed record Field(string Name, FieldType Type)
{
    /// <summary>What it may be; empty where any text is taken.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>Whether it can be filtered by.</summary>
    public bool IsCompared => Type is not (FieldType.Part or FieldType.Html);
}

/// <summary>The fields of one kind of record.</summary>
public interface IFields
{
    /// <summary>A field by its name; null when there is none.</summary>
    Field? Find(string name);

    /// <summary>All names, for whoever mistyped one.</summary>
    IEnumerable<string> Names { get; }
}
