using Crm.Records;

namespace Crm.Segments;

/// <summary>What a definition can ask of a customer beside its events. A field that holds nothing answers null, or an empty list.</summary>
internal interface ISegmentFacts
{
    /// <summary>A text, an id, a choice, a user.</summary>
    string? Text(Field field);

    /// <summary>Several of them.</summary>
    IReadOnlyList<string> Texts(Field field);

    /// <summary>A number; of money what it is worth in the base currency, or, where a currency is named, what there is in it.</summary>
    decimal? Number(Field field, string? currency);

    /// <summary>True or false.</summary>
    bool? Flag(Field field);

    /// <summary>A moment in Unix milliseconds.</summary>
    long? Time(Field field);

    /// <summary>A day.</summary>
    DateOnly? Day(Field field);

    /// <summary>What was bought, beside all others who bought; null for who did not, or while there are too few.</summary>
    RfmPlace? Rfm => null;
}
