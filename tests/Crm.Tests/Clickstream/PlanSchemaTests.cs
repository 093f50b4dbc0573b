using System.Text;
using Xunit;

namespace Crm.Clickstream;

public sealed class PlanSchemaTests
{
    [Theory]
    [InlineData("""{"required":["properties"]}""", """{"event":"x"}""", "/required")]
    [InlineData("""{"properties":{"properties":{"properties":{"price":{"type":"number"}}}}}""", """{"properties":{"price":"1"}}""", "/properties/properties/properties/price/type")]
    [InlineData("""{"properties":{"properties":{"properties":{"price":{"type":"number"}}}}}""", """{"properties":{"price":1.50}}""", "")]
    [InlineData("""{"$schema":"http://json-schema.org/draft-07/schema#","properties":{"a":{"pattern":"^[A-Z]{2}$"}}}""", """{"a":"abc"}""", "/properties/a/pattern")]
    [InlineData("""{"properties":{"a":{"pattern":"^[A-Z]{2}$"}}}""", """{"a":"DE"}""", "")]
    [InlineData("""{"properties":{"a":{"$ref":"#/$defs/money"}},"$defs":{"money":{"minimum":0}}}""", """{"a":-1}""", "/$defs/money/minimum")]
    [InlineData("""{"properties":{"a":{"enum":["x","y"]}}}""", """{"a":"z"}""", "/properties/a/enum")]
    [InlineData("""{"anyOf":[{"required":["a"]},{"required":["b"]}]}""", """{"b":1}""", "")]
    [InlineData("""{"not":{"required":["a"]}}""", """{"a":1}""", "/not")]
    [InlineData("""{"properties":{"a":{}},"additionalProperties":false}""", """{"a":1,"b":2}""", "/additionalProperties")]
    [InlineData("""{"if":{"required":["a"]},"then":{"required":["b"]}}""", """{"a":1}""", "/then/required")]
    [InlineData("""{"items":{"type":"number"},"properties":{"a":{"items":{"type":"string"},"maxItems":1}}}""", """{"a":["x","y"]}""", "/properties/a/maxItems")]
    [InlineData("""{"description":"all","format":"date"}""", """{"a":1}""", "")]
    [InlineData("{}", """{"a":1}""", "")]
    public void Names_the_broken_rules(string schema, string body, string rules)
    {
        var compiled = PlanSchema.Compile(schema, 1, out var problem);

        Assert.Null(problem);
        Assert.Equal(rules, string.Join(' ', compiled!.Broken(Encoding.UTF8.GetBytes(body))));
    }

    [Theory]
    [InlineData("", "JSON")]
    [InlineData("[]", "object")]
    [InlineData("""{"type":"nonsense"}""", "")]
    [InlineData("""{"requird":["a"]}""", "")]
    [InlineData("""{"properties":{"a":{"patternProperties":{"^(a+)+$":{}}}}}""", "")]
    [InlineData("""{"$ref":"https://elsewhere.example/schema.json"}""", "$ref")]
    [InlineData("""{"properties":{"a":{"$ref":"other.json#/x"}}}""", "$ref")]
    [InlineData("""{"$ref":"#/$defs/missing"}""", "nothing")]
    [InlineData("""{"properties":{"a":{"$ref":"#/$defs/missing"}}}""", "nothing")]
    [InlineData("""{"allOf":[{"$ref":"#"}]}""", "itself")]
    [InlineData("""{"properties":{"a":{"$ref":"#/$defs/a"}},"$defs":{"a":{"not":{"$ref":"#/$defs/b"}},"b":{"not":{"$ref":"#/$defs/a"}}}}""", "itself")]
    [InlineData("""{"properties":{"a":{"pattern":"(?<=x)y"}}}""", "pattern")]
    [InlineData("""{"properties":{"a":{"pattern":"("}}}""", "pattern")]
    [InlineData("""{"$id":"https://shop.example/schema"}""", "")]
    public void Refuses_what_it_would_not_keep(string schema, string word)
    {
        Assert.Null(PlanSchema.Compile(schema, 1, out var problem));
        Assert.Contains(word, problem, StringComparison.Ordinal);
        Assert.NotEmpty(problem!);
    }

    [Fact]
    public void References_that_would_multiply_are_refused()
    {
        var defs = Enumerable.Range(0, 30).Select(i => $"\"d{i}\":{{\"allOf\":[{{\"$ref\":\"#/$defs/d{i + 1}\"}},{{\"$ref\":\"#/$defs/d{i + 1}\"}}]}}");
        var schema = "{\"$ref\":\"#/$defs/d0\",\"$defs\":{" + string.Join(',', defs) + ",\"d30\":{\"type\":\"object\"}}}";

        Assert.Null(PlanSchema.Compile(schema, 1, out var problem));
        Assert.Contains("written out", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_schema_is_bounded_in_length_and_depth()
    {
        Assert.Null(PlanSchema.Compile($$"""{"description":"{{new string('x', PlanSchema.MaxBytes)}}"}""", 1, out var tooLong));
        var deep = string.Concat(Enumerable.Repeat("""{"not":""", 40)) + "{}" + new string('}', 40);
        Assert.Null(PlanSchema.Compile(deep, 1, out var tooDeep));

        Assert.Contains("64 KB", tooLong, StringComparison.Ordinal);
        Assert.NotEmpty(tooDeep!);
    }

    [Theory]
    [InlineData("""{"properties":{"n":{"maximum":10}}}""", """{"n":1e400}""")]
    [InlineData("""{"properties":{"n":{"maximum":10}}}""", """{"n":123456789012345678901234567890123456789}""")]
    [InlineData("""{"properties":{"s":{"pattern":"x"}}}""", """{"s":"\ud800"}""")]
    [InlineData("""{"properties":{"s":{"maxLength":1}}}""", """{"s":"\udc00\udc00"}""")]
    public void Hostile_events_break_the_plan_and_nothing_else(string schema, string body) =>
        Assert.NotEmpty(PlanSchema.Compile(schema, 1, out _)!.Broken(Encoding.UTF8.GetBytes(body)));

    [Fact]
    public void A_pattern_takes_time_in_proportion_to_the_text()
    {
        var schema = PlanSchema.Compile("""{"properties":{"s":{"pattern":"^(a+)+$"}}}""", 1, out _)!;

        // By backtracking it would take longer than the universe is old.
        Assert.NotEmpty(schema.Broken(Encoding.UTF8.GetBytes($$"""{"s":"{{new string('a', 10_000)}}b"}""")));
    }

    [Fact]
    public void An_event_tells_no_more_rules_than_it_may()
    {
        var names = Enumerable.Range(0, 40).Select(i => $"p{i}").ToArray();
        var schema = PlanSchema.Compile("{\"properties\":{" + string.Join(',', names.Select(n => $"\"{n}\":{{\"type\":\"string\"}}")) + "}}", 1, out _)!;
        var body = "{" + string.Join(',', names.Select(n => $"\"{n}\":1")) + "}";

        Assert.Equal(PlanSchema.MaxRules, schema.Broken(Encoding.UTF8.GetBytes(body)).Count);
    }
}
