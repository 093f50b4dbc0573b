using System.Text.RegularExpressions;

namespace Crm.Records;

/// <summary>One condition of a list: a field, a sign and a value, or a filter that somebody wrote.</summary>
/// <param name="Field">The field's name; empty where it is written freely.</param>
/// <param name="Sign">As the filter language has it; <c>empty</c> and <c>filled</c> take no value.</param>
/// <param name="Value">Without quotes; of a free one the whole text.</param>
public sealed partial record Condition(string Field, string Sign, string Value)
{
    private static readonly string[] s_bare = ["=", "!=", "<", "<=", ">", ">="];

    /// <summary>Signs that go with a type.</summary>
    public static IReadOnlyList<string> Signs(FieldType type) => type switch
    {
        FieldType.Number or FieldType.Money => ["=", "!=", ">", ">=", "<", "<=", "empty", "filled"],
        FieldType.Time or FieldType.Day => ["=", ">", "<", "empty", "filled"],
        FieldType.Choice or FieldType.User or FieldType.Link or FieldType.Flag => ["=", "!=", "empty", "filled"],
        FieldType.Choices or FieldType.Texts => ["has", "empty", "filled"],
        _ => ["~", "=", "!=", "^=", "empty", "filled"],
    };

    /// <summary>From an address; what was not built here stays as it was written.</summary>
    public static Condition Read(string text, IFields fields)
    {
        if (Built().Match(text) is { Success: true } empty && fields.Find(empty.Groups[1].Value) is not null)
            return new Condition(empty.Groups[1].Value, empty.Groups[2].Success ? "filled" : "empty", "");
        if (Compared().Match(text) is { Success: true } built && fields.Find(built.Groups[1].Value) is { } field && Signs(field.Type).Contains(built.Groups[2].Value))
            return new Condition(field.Name, built.Groups[2].Value, Bare(built.Groups[3].Value));
        return new Condition("", "", text);
    }

    /// <summary>In the filter language.</summary>
    public string Write(IFields fields) => Sign switch
    {
        "" => $"({Value})",
        "empty" => $"{Field} is empty",
        "filled" => $"{Field} is not empty",
        _ => $"{Field} {Sign} {Quoted(fields.Find(Field)?.Type ?? FieldType.Text)}",
    };

    /// <summary>As an address has it.</summary>
    public string Address(IFields fields) => Sign.Length == 0 ? Value : Write(fields);

    private string Quoted(FieldType type) => s_bare.Contains(Sign) && type is FieldType.Number or FieldType.Money or FieldType.Time or FieldType.Day or FieldType.Flag
        ? Value
        : "\"" + Value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";

    private static string Bare(string value) =>
        value is ['"', .. var inside, '"'] ? inside.Replace("\\\"", "\"", StringComparison.Ordinal).Replace("\\\\", "\\", StringComparison.Ordinal) : value;

    [GeneratedRegex(@"^([\p{L}\d._]+) is (not )?empty$", RegexOptions.IgnoreCase)]
    private static partial Regex Built();

    [GeneratedRegex("""^([\p{L}\d._]+) (=|!=|<=|>=|<|>|~|\^=|has) ("(?:[^"\\]|\\.)*"|[^\s"()]+)$""")]
    private static partial Regex Compared();
}
