using System.Text.Json;
using System.Text.Json.Nodes;

namespace Crm.Clickstream;

/// <summary>
/// Holds a schema's references to bounds: none leads out of the schema or to nowhere, none comes back to itself, and written out
/// they do not make it large. So checking an event takes a bounded time, whatever was written.
/// </summary>
internal static class PlanReferences
{
    /// <summary>Most values of a schema with its references written out.</summary>
    private const int MaxValues = 20_000;

    /// <summary>What is wrong with the references, in words; null for nothing.</summary>
    public static string? Problem(JsonObject schema)
    {
        try
        {
            _ = new Walk(schema).Values(schema);
            return null;
        }
        catch (FormatException wrong)
        {
            return wrong.Message;
        }
    }

    private sealed class Walk(JsonObject root)
    {
        private readonly HashSet<string> _open = ["#"];
        private readonly Dictionary<string, long> _known = [];

        /// <summary>How many values a part of the schema has, its references written out.</summary>
        public long Values(JsonNode? node)
        {
            var values = 1L;
            foreach (var (name, value) in Members(node))
            {
                if (name == "patternProperties" && value is JsonObject)
                    throw new FormatException("patternProperties cannot be used here; name the properties, or use propertyNames with a pattern.");
                values += name == "$ref" && value is JsonValue text && text.GetValueKind() == JsonValueKind.String
                    ? Target(text.GetValue<string>())
                    : Values(value);
                if (values > MaxValues) throw new FormatException($"With its references written out, a schema has at most {MaxValues} values.");
            }

            return values;
        }

        private long Target(string reference)
        {
            if (!reference.StartsWith('#')) throw new FormatException($"A $ref must begin with #; \"{reference}\" lies outside of the schema.");
            if (_known.TryGetValue(reference, out var known)) return known;
            if (!_open.Add(reference)) throw new FormatException($"The $ref \"{reference}\" comes back to itself.");
            var values = Values(Resolve(reference) ?? throw new FormatException($"The $ref \"{reference}\" leads to nothing."));
            _open.Remove(reference);
            return _known[reference] = values;
        }

        private JsonNode? Resolve(string reference)
        {
            if (!reference.StartsWith("#/", StringComparison.Ordinal)) return null;
            JsonNode? at = root;
            foreach (var part in Uri.UnescapeDataString(reference[2..]).Split('/'))
            {
                var name = part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
                at = at switch
                {
                    JsonObject members => members[name],
                    JsonArray items when int.TryParse(name, out var index) && index >= 0 && index < items.Count => items[index],
                    _ => null,
                };
            }

            return at;
        }

        private static IEnumerable<(string? Name, JsonNode? Value)> Members(JsonNode? node) => node switch
        {
            JsonObject members => members.Select(m => ((string?)m.Key, m.Value)),
            JsonArray items => items.Select(i => ((string?)null, i)),
            _ => [],
        };
    }
}
