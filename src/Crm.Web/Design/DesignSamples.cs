using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Records;
using Crm.Shell;

namespace Crm.Design;

/// <summary>What the design page shows its components with: short and long, of both directions and many scripts, and what tries to be markup.</summary>
internal static class DesignSamples
{
    public const string Long = "A sentence that goes on, مع كلمات من اليمين, 以及中文, 🙂, <script>alert(1)</script>, and averyveryverylongwordthathasnowheretobreak.";

    public const string Lines = "curl -u \"$KEY:\" http://127.0.0.1:8080/v1/track\n  -d '{\"userId\":\"u1\",\"event\":\"Product Viewed\"}'";

    public static IReadOnlyList<PageTab> Tabs { get; } = [new("one", "Aa", "/design"), new("two", "文字", "/design", 1_234), new("three", "🙂", "/design", 0)];

    public static IReadOnlyList<(string, string)> Options { get; } = [("a", "Aa"), ("b", "文字")];

    public static IReadOnlyList<JsonObject> Entries { get; } =
    [
        Entry("event", """{"title":"Product Viewed","event":{"type":"track","properties":{"name":"搪瓷水壶"} } }"""), Entry("event", """{"title":"Home","event":{"type":"page","properties":{"title":"Home"} } }"""),
        Entry("activity", """{"type":"call","title":"Aa 文字","body":"Line one\nLine two"}"""), Entry("order", """{"title":"D-1","status":"completed","total":{"amount":"176.04","currency":"USD"} }"""),
        Entry("merge", """{"from":"a:b01d48ae"}"""), Entry("stage", """{"title":"Aa","stageName":"文字"}"""),
    ];

    public static IReadOnlyList<JsonObject> Deals { get; } =
    [
        Deal("""{"id":"de_1","name":"Aa","status":"open","amount":{"amount":"1200.00","currency":"EUR"},"probability":30,"heat":80,"closeDate":"2026-01-01","rottenAt":"2026-01-01T00:00:00Z"}"""),
        Deal("""{"id":"de_2","name":"文字 averyveryverylongwordthathasnowheretobreak averyveryverylongword","status":"open","company":{"id":"co_1","name":"星河贸易"},"winProbability":55,"probability":55,"heat":4}"""),
        Deal("""{"id":"de_3","name":"🙂","status":"won"}"""),
    ];

    public static JsonObject Order { get; } = (JsonObject)JsonNode.Parse(
        """{"currency":"EUR","lines":[{"name":"Aa","quantity":3,"price":{"amount":"10.00","currency":"EUR"},"discountPercent":10,"taxRate":7,"net":"27.00","tax":"1.89"}],"total":{"amount":"28.89","currency":"EUR"} }""")!;

    /// <summary>A record with a value of the field alone.</summary>
    public static JsonObject Record(FieldRule rule) => new() { [rule.Field.Name] = Of(rule) };

    /// <summary>A value as the API has it.</summary>
    public static JsonNode? Of(FieldRule rule) => rule.Field.Type switch
    {
        FieldType.Money => JsonNode.Parse("""{"amount":"12500.00","currency":"EUR"}"""),
        FieldType.Number => JsonValue.Create(1_234.5m),
        FieldType.Flag => JsonValue.Create(true),
        FieldType.Time => JsonValue.Create("2026-01-01T09:30:00Z"),
        FieldType.Day => JsonValue.Create("2026-01-01"),
        FieldType.Choice => rule.Field.Choices is [var first, ..] ? JsonValue.Create(first) : null,
        FieldType.Choices or FieldType.Texts => new JsonArray("Aa", "文字", "🙂", "4"),
        FieldType.Link or FieldType.User => new JsonObject { ["id"] = "x", ["name"] = "Aa 文字" },
        _ => JsonValue.Create(Long),
    };

    private static JsonObject Entry(string kind, string json)
    {
        var entry = (JsonObject)JsonNode.Parse(json)!;
        (entry["kind"], entry["at"]) = (kind, "2026-01-01T09:30:00Z");
        return entry;
    }

    private static JsonObject Deal(string json) => (JsonObject)JsonNode.Parse(json)!;
}
