using Crm.Records;
using Crm.Records.Filters;

namespace Crm.Segments;

/// <summary>The signs of conditions that are built by hand, by what they compare. Their names are the language's, and keys of their texts.</summary>
internal static class BuiltSigns
{
    public const string Is = "=";
    public const string IsNot = "!=";
    public const string In = "in";
    public const string NotIn = "notin";
    public const string Has = "has";
    public const string HasNot = "nothas";
    public const string Empty = "empty";
    public const string Filled = "filled";

    private static readonly string[] s_text = ["~", Is, IsNot, "^=", In, NotIn, ">", ">=", "<", "<=", Empty, Filled];

    /// <summary>Those of numbers of events.</summary>
    public static IReadOnlyList<string> Counts { get; } = [">=", ">", "<=", "<", Is, IsNot];

    /// <summary>Those of times of events.</summary>
    public static IReadOnlyList<string> Times { get; } = [">", ">=", "<", "<=", Is, IsNot, Empty, Filled];

    /// <summary>Those of a property of an event.</summary>
    public static IReadOnlyList<string> Properties { get; } = [Is, IsNot, "~", "^=", ">", ">=", "<", "<=", In, NotIn, Empty, Filled];

    /// <summary>Those of a field, the most used first.</summary>
    public static IReadOnlyList<string> Of(FieldType type) => type switch
    {
        FieldType.Number or FieldType.Money => [">=", ">", "<=", "<", Is, IsNot, In, NotIn, Empty, Filled],
        FieldType.Time or FieldType.Day => [">", ">=", "<", "<=", Is, IsNot, In, NotIn, Empty, Filled],
        FieldType.Choices or FieldType.Texts => [Has, HasNot, In, NotIn, Empty, Filled],
        FieldType.Id => ["~", Is, IsNot, "^=", In, NotIn, Empty, Filled],
        FieldType.Text => s_text,
        FieldType.Any => Properties,
        _ => [Is, IsNot, In, NotIn, Empty, Filled],
    };

    /// <summary>Whether it takes several values.</summary>
    public static bool IsList(string sign) => sign is In or NotIn;

    /// <summary>Whether it takes none.</summary>
    public static bool IsAlone(string sign) => sign is Empty or Filled;

    public static Comparison How(string sign) => sign switch
    {
        "<" => Comparison.Less,
        "<=" => Comparison.LessOrEqual,
        ">" => Comparison.More,
        ">=" => Comparison.MoreOrEqual,
        "~" => Comparison.Contains,
        "^=" => Comparison.Begins,
        _ => Comparison.Equal,
    };

    public static string Of(Comparison how, bool not = false) => how switch
    {
        Comparison.Less => "<",
        Comparison.LessOrEqual => "<=",
        Comparison.More => ">",
        Comparison.MoreOrEqual => ">=",
        Comparison.Contains => "~",
        Comparison.Begins => "^=",
        _ => not ? IsNot : Is,
    };
}
