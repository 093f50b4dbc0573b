namespace Crm.Records;

/// <summary>A field that a company made itself. Its values stand under <c>custom</c>, by its name.</summary>
/// <param name="Id">Never changes.</param>
/// <param name="Kind">The kind of record that has it.</param>
/// <param name="Name">Its name in the API, where filters and sorts call it <c>custom.NAME</c>. Never changes: values are stored by it.</param>
/// <param name="Type">Text, number, money, day, choice, choices, user or link. Never changes.</param>
public sealed record CustomField(string Id, string Kind, string Name, FieldType Type)
{
    /// <summary>Most fields of one's own of a kind: each is an index that every write of the kind feeds.</summary>
    public const int MaxOfKind = 50;

    /// <summary>Longest name, in characters.</summary>
    public const int MaxNameLength = 40;

    /// <summary>Most choices of a field, and the longest one, in characters.</summary>
    public const int MaxChoices = 200;

    /// <inheritdoc cref="MaxChoices"/>
    public const int MaxChoiceLength = 100;

    /// <summary>Longest text; an index holds it whole.</summary>
    public const int MaxTextLength = 500;

    /// <summary>Most entries of several choices.</summary>
    public const int MaxEntries = 50;

    /// <summary>What stands before the name in filters and sorts.</summary>
    public const string Prefix = "custom.";

    /// <summary>What a field may be, by its name in the API.</summary>
    public static IReadOnlyDictionary<string, FieldType> Types { get; } = new Dictionary<string, FieldType>
    {
        ["text"] = FieldType.Text, ["number"] = FieldType.Number, ["money"] = FieldType.Money, ["date"] = FieldType.Day,
        ["choice"] = FieldType.Choice, ["choices"] = FieldType.Choices, ["user"] = FieldType.User, ["link"] = FieldType.Link,
    };

    /// <summary>What people call it.</summary>
    public string Label { get; init; } = "";

    /// <summary>A new record needs it, and no edit may take it away.</summary>
    public bool Required { get; init; }

    /// <summary>What it may be, in their order; of a choice and of choices alone.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>Of a link: the kind of the records that it names.</summary>
    public string? LinkedKind { get; init; }

    /// <summary>Since when it is hidden, with its values, which are kept until it is purged; null while it is used.</summary>
    public DateTimeOffset? DeletedAt { get; init; }

    /// <summary>True when its index is there: filters and sorts by it are fast from then on.</summary>
    public bool Indexed { get; init; }

    /// <summary>Counts its edits, from 1.</summary>
    public long RecordVersion { get; init; } = 1;

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>What holds for its values.</summary>
    public FieldRule Rule => new(new Field(Prefix + Name, Type) { Choices = Choices })
    {
        Max = Type == FieldType.Choices ? MaxEntries : MaxTextLength, Required = Required, LinkedKind = LinkedKind,
    };

    /// <summary>Whether a text can be a name: letters of any script, digits and underscores, beginning with a letter. So it is safe wherever it is written.</summary>
    public static bool IsName(string? text) =>
        text is { Length: > 0 and <= MaxNameLength } && char.IsLetter(text[0]) && text.All(c => char.IsLetter(c) || char.IsAsciiDigit(c) || c == '_');
}

/// <summary>Fields of one's own as this process knows them: a copy no older than some seconds.</summary>
public interface ICustomFields
{
    /// <summary>The fields of a kind; never waits.</summary>
    KindFields Of(RecordKind kind);

    /// <summary>Asks whether something changed: before something is refused that a moment ago would have been refused rightly. True when it did.</summary>
    Task<bool> Renew(CancellationToken stop = default);
}

/// <summary>The fields of a kind as they are now: built-in ones, and those of one's own as <c>custom.NAME</c>.</summary>
public sealed class KindFields : IFields
{
    /// <summary>The member that holds the fields of one's own.</summary>
    public const string Member = "custom";

    private readonly Dictionary<string, FieldRule> _own;

    /// <param name="kind">The kind.</param>
    /// <param name="own">Its fields of one's own, without deleted ones.</param>
    public KindFields(RecordKind kind, IEnumerable<CustomField> own)
    {
        Kind = kind;
        Own = [.. own.Select(f => f.Rule)];
        _own = Own.ToDictionary(r => r.Field.Name, StringComparer.Ordinal);
    }

    public RecordKind Kind { get; }

    /// <summary>The rules of the fields of one's own.</summary>
    public IReadOnlyList<FieldRule> Own { get; }

    /// <inheritdoc/>
    public IEnumerable<string> Names => Kind.Names.Concat(_own.Keys);

    /// <summary>All rules.</summary>
    public IEnumerable<FieldRule> Rules => Kind.Rules.Concat(Own);

    /// <summary>The rule of a field; null when there is none.</summary>
    public FieldRule? Rule(string name) => _own.GetValueOrDefault(name) ?? Kind.Rule(name);

    /// <inheritdoc/>
    public Field? Find(string name) => Rule(name)?.Field;
}
