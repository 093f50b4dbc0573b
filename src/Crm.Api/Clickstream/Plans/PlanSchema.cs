using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;

namespace Crm.Clickstream;

/// <summary>One event's schema, compiled. It is held against the whole event: <c>properties</c>, <c>traits</c> and <c>context</c> are members of that.</summary>
internal sealed class PlanSchema
{
    /// <summary>Longest schema, in bytes.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>Deepest nesting of a schema.</summary>
    public const int MaxDepth = 32;

    /// <summary>Most rules that are told of one event; what breaks more is told enough.</summary>
    public const int MaxRules = 16;

    /// <summary>The rule that stands for an event that cannot be checked at all, such as one with a number beyond all bounds.</summary>
    public const string Uncheckable = "/";

    private static readonly EvaluationOptions s_quick = Options(OutputFormat.Flag);
    private static readonly EvaluationOptions s_whole = Options(OutputFormat.Hierarchical);

    private readonly JsonSchema _schema;

    private PlanSchema(JsonSchema schema, long version)
    {
        _schema = schema;
        Version = version;
    }

    /// <summary>The stored version that it was made of.</summary>
    public long Version { get; }

    /// <summary>Compiles a schema; null and the problem in words when it cannot be used.</summary>
    public static PlanSchema? Compile(string text, long version, out string? problem)
    {
        problem = null;
        if (Encoding.UTF8.GetByteCount(text) > MaxBytes)
        {
            problem = $"A schema holds at most {MaxBytes / 1024} KB.";
            return null;
        }

        try
        {
            var root = JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { MaxDepth = MaxDepth });
            if (root is not JsonObject written)
            {
                problem = "A schema is a JSON object.";
                return null;
            }

            // Every draft from 6 on is read by the same rules.
            written.Remove("$schema");
            if (written.Count == 0) return new PlanSchema(JsonSchema.True, version);
            problem = PlanReferences.Problem(written);
            if (problem is not null) return null;

            var schema = JsonSchema.Build(
                JsonSerializer.SerializeToElement(written), new BuildOptions { Dialect = PlanKeywords.Dialect, SchemaRegistry = new SchemaRegistry() });

            // Once now, so that nothing of it is left to be worked out by two threads at a time.
            using var nothing = JsonDocument.Parse("{}");
            schema.Evaluate(nothing.RootElement, s_whole);
            return new PlanSchema(schema, version);
        }
        catch (Exception wrong)
        {
            problem = wrong is JsonException ? $"It is no JSON of at most {MaxDepth} levels: {wrong.Message}" : wrong.Message;
            return null;
        }
    }

    /// <summary>The rules that an event breaks, as places in the schema; empty for none.</summary>
    public IReadOnlyCollection<string> Broken(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var json = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = IngestLimits.Depth });
            if (_schema.Evaluate(json.RootElement, s_quick).IsValid) return [];
            var rules = new SortedSet<string>(StringComparer.Ordinal);
            Collect(_schema.Evaluate(json.RootElement, s_whole), rules);
            return rules.Count > 0 ? rules : [Uncheckable];
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // A lone surrogate in a text, a number that nothing can hold: what cannot be checked does not keep to the plan.
            return [Uncheckable];
        }
    }

    // A node is broken by what it says itself, by what lies below, or, when nothing of that is said, by being there at all (false).
    private static void Collect(EvaluationResults broken, SortedSet<string> rules)
    {
        var told = false;
        foreach (var error in broken.Errors ?? [])
        {
            Tell(error.Key.Length == 0 ? Place(broken) : $"{Place(broken)}/{error.Key}");
        }

        foreach (var below in broken.Details ?? [])
        {
            var path = below.EvaluationPath.ToString();
            var isNot = path.EndsWith("/not", StringComparison.Ordinal);
            if (below.IsValid)
            {
                if (isNot) Tell(Place(below));
            }
            else if (!isNot && !path.EndsWith("/if", StringComparison.Ordinal) && rules.Count < MaxRules)
            {
                told = true;
                Collect(below, rules);
            }
        }

        if (!told) Tell(Place(broken));

        void Tell(string rule)
        {
            told = true;
            if (rules.Count < MaxRules) rules.Add(rule.Length == 0 ? Uncheckable : rule);
        }
    }

    private static string Place(EvaluationResults node) => Uri.UnescapeDataString(node.SchemaLocation.Fragment).TrimStart('#').TrimEnd('/');

    private static EvaluationOptions Options(OutputFormat format)
    {
        var options = new EvaluationOptions { OutputFormat = format };
        options.IgnoreAllAnnotations();
        return options;
    }
}
