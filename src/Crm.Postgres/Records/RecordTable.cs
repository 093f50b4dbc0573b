using System.Text;
using Crm.Records.Filters;

namespace Crm.Records;

/// <summary>Where a kind's records and their fields stand. Names come from our own rules; nothing of a caller ever is SQL.</summary>
internal sealed class RecordTable
{
    // Fields of an activity that came when there were millions: they stand within it, so that no table was written anew for them.
    private static readonly string[] s_within = ["direction", "channel", "from", "to", "cc"];

    private static readonly Dictionary<string, RecordTable> s_tables = RecordKind.All.ToDictionary(k => k.Name, k => new RecordTable(k), StringComparer.Ordinal);

    private readonly Dictionary<string, FieldColumn> _columns;

    private RecordTable(RecordKind kind)
    {
        // ORDER is a word of SQL.
        Name = kind.IsLive ? CustomerColumns.Table : kind == RecordKind.Order ? "sales_order" : kind.Name;
        var searched = kind.Searched.Select(f => Snake(f)).ToArray();
        IsLive = kind.IsLive;
        Searched = IsLive ? CustomerColumns.Searched : searched is [var one] ? one : "(" + string.Join(" || ' ' || ", searched.Select(c => $"coalesce({c}, '')")) + ")";
        Apart = [.. kind.Apart];
        _columns = kind.Rules.Where(r => r.Field.IsCompared)
            .ToDictionary(r => r.Field.Name, r => kind == RecordKind.Activity && s_within.Contains(r.Field.Name) ? Within(r.Field, "state", r.Field.Name) : Of(r.Field), StringComparer.Ordinal);
    }

    /// <summary>The table's name.</summary>
    public string Name { get; }

    /// <summary>What is read of: the table, or a view that has more.</summary>
    public string From => IsLive ? CustomerColumns.View : Name;

    /// <summary>Fields that stand in the column <c>apart</c>, which lists do not read; empty where there is no such column.</summary>
    public IReadOnlyList<string> Apart { get; }

    /// <summary>True where events write beside people (see <see cref="CustomerColumns"/>).</summary>
    public bool IsLive { get; }

    /// <summary>What a list reads of a record: its fields first.</summary>
    public string Listed => IsLive ? CustomerColumns.Shown + RecordLists.Columns["state".Length..] : RecordLists.Columns;

    /// <summary>Which rows are records of a list.</summary>
    public string Among => IsLive ? CustomerColumns.Among : "TRUE";

    /// <summary>What becomes of a new record whose row is there.</summary>
    public string OnConflict => IsLive ? CustomerColumns.OnConflict : "DO NOTHING";

    /// <summary>The version of a new record, of which $4 is the one that its grain counts.</summary>
    public string FirstVersion => IsLive ? "0" : "$4";

    /// <summary>The version of a changed record.</summary>
    public string NextVersion => IsLive ? "version" : "$4";

    /// <summary>The table of a kind.</summary>
    public static RecordTable Of(string kind) => s_tables[kind];

    /// <summary>What a search looks into; its indexes are over the same text.</summary>
    public string Searched { get; }

    /// <summary>Where a field stands; those of one's own stand within the record.</summary>
    public FieldColumn Column(Field field) => field.Name.StartsWith(CustomField.Prefix, StringComparison.Ordinal) ? Own(field) : (IsLive ? CustomerColumns.Of(field) : null) ?? _columns[field.Name];

    /// <summary>The field whose unique index is named so; null when it is none.</summary>
    public string? Unique(string? index) =>
        index?.StartsWith(Name + "_", StringComparison.Ordinal) == true
            ? _columns.FirstOrDefault(c => c.Value.Sql == index[(Name.Length + 1)..]).Key
            : null;

    private static FieldColumn Of(Field field)
    {
        var name = Snake(field.Name);
        return field.Type == FieldType.Money ? new FieldColumn(name) { Currency = name + "_currency", Worth = name + "_worth" } : new FieldColumn(name);
    }

    // A name of a field of one's own has letters, digits and underscores alone; it stands in SQL as a literal.
    private static FieldColumn Own(Field field)
    {
        var name = field.Name[CustomField.Prefix.Length..];
        if (!CustomField.IsName(name)) throw new ArgumentException($"{name} is no name of a field.", nameof(field));
        return Within(field, "state -> 'custom'", name);
    }

    private static FieldColumn Within(Field field, string whole, string name)
    {
        var (value, text) = ($"({whole} -> '{name}')", $"({whole} ->> '{name}')");
        return field.Type switch
        {
            FieldType.Number => new FieldColumn($"({text}::numeric)"),
            FieldType.Day => new FieldColumn($"json_day{text}"),
            FieldType.Choices or FieldType.Texts => new FieldColumn($"json_texts{value}"),
            FieldType.Money => new FieldColumn($"(({value} ->> 'amount')::numeric)") { Currency = $"({value} ->> 'currency')", Worth = $"(({value} ->> 'worth')::numeric)" },
            _ => new FieldColumn(text),
        };
    }

    private static string Snake(string name)
    {
        var snake = new StringBuilder(name.Length + 4);
        foreach (var sign in name)
        {
            if (char.IsAsciiLetterUpper(sign)) snake.Append('_');
            snake.Append(char.ToLowerInvariant(sign));
        }

        return snake.ToString();
    }
}
