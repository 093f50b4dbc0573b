using System.Text.Json;
using System.Text.RegularExpressions;
using Json.Schema;
using Json.Schema.Keywords;

namespace Crm.Clickstream;

/// <summary>
/// What a schema of a data plan may say: JSON Schema's structural keywords, but for those whose cost a client could drive up or
/// that reach outside of the schema. Any other keyword is refused, so that nobody trusts a rule that is not kept.
/// </summary>
internal static class PlanKeywords
{
    private static readonly string[] s_notes =
    [
        "title", "description", "default", "examples", "$comment", "format", "deprecated", "readOnly", "writeOnly",
        "contentMediaType", "contentEncoding", "labels",
    ];

    /// <summary>The rules by which schemas are read.</summary>
    public static Dialect Dialect { get; } = new(
    [
        TypeKeyword.Instance, EnumKeyword.Instance, ConstKeyword.Instance,
        MultipleOfKeyword.Instance, MaximumKeyword.Instance, ExclusiveMaximumKeyword.Instance, MinimumKeyword.Instance, ExclusiveMinimumKeyword.Instance,
        MaxLengthKeyword.Instance, MinLengthKeyword.Instance, new LinearPattern(),
        ItemsKeyword.Instance, PrefixItemsKeyword.Instance, ContainsKeyword.Instance, MinContainsKeyword.Instance, MaxContainsKeyword.Instance,
        MaxItemsKeyword.Instance, MinItemsKeyword.Instance, UniqueItemsKeyword.Instance,
        // The library needs the third to read the second; PlanReferences refuses it, because its patterns backtrack.
        PropertiesKeyword.Instance, AdditionalPropertiesKeyword.Instance, PatternPropertiesKeyword.Instance,
        PropertyNamesKeyword.Instance, RequiredKeyword.Instance,
        MaxPropertiesKeyword.Instance, MinPropertiesKeyword.Instance, DependentRequiredKeyword.Instance, DependentSchemasKeyword.Instance,
        AllOfKeyword.Instance, AnyOfKeyword.Instance, OneOfKeyword.Instance, NotKeyword.Instance,
        IfKeyword.Instance, ThenKeyword.Instance, ElseKeyword.Instance,
        RefKeyword.Instance, DefsKeyword.Instance, Json.Schema.Keywords.Draft06.DefinitionsKeyword.Instance,
        .. s_notes.Select(name => new Note(name)),
    ])
    {
        AllowUnknownKeywords = false,
    };

    /// <summary>A keyword for people, which rules nothing.</summary>
    private sealed class Note(string name) : IKeywordHandler
    {
        public string Name => name;

        public object? ValidateKeywordValue(JsonElement value) => null;

        public void BuildSubschemas(KeywordData keyword, BuildContext context)
        {
        }

        public KeywordEvaluation Evaluate(KeywordData keyword, EvaluationContext context) => KeywordEvaluation.Ignore;
    }

    /// <summary>
    /// <c>pattern</c>, in time linear to the text: events come from strangers, and a pattern that backtracks could hold up the
    /// process for one of them. Patterns that need backtracking (look-around, back references) are refused.
    /// </summary>
    private sealed class LinearPattern : IKeywordHandler
    {
        private const int MaxLength = 500;

        public string Name => "pattern";

        public object? ValidateKeywordValue(JsonElement value)
        {
            if (value.ValueKind != JsonValueKind.String || value.GetString() is not { Length: <= MaxLength } pattern)
                throw new JsonSchemaException($"A pattern is a text of at most {MaxLength} characters.");
            try
            {
                return new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            }
            catch (Exception wrong) when (wrong is ArgumentException or NotSupportedException)
            {
                throw new JsonSchemaException("A pattern cannot be used: it is no regular expression, or has look-around or back references.");
            }
        }

        public void BuildSubschemas(KeywordData keyword, BuildContext context)
        {
        }

        public KeywordEvaluation Evaluate(KeywordData keyword, EvaluationContext context)
        {
            if (context.Instance.ValueKind != JsonValueKind.String) return KeywordEvaluation.Ignore;
            var matches = ((Regex)keyword.Value!).IsMatch(context.Instance.GetString()!);
            return new KeywordEvaluation { Keyword = Name, IsValid = matches, Error = matches ? null : "It does not match the pattern." };
        }
    }
}
