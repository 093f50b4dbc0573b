using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Crm.Documentation;
using Json.Schema;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Xunit;

namespace Crm.Records;

/// <summary>The description of the records, held to the endpoints, to what they take and to what they answer.</summary>
[Collection(RecordsGroup.Name)]
public sealed class RecordDescriptionTests(RecordsFixture crm)
{
    private static readonly JsonObject s_document = OpenApiSetup.Described();

    public static TheoryData<string> Kinds => [.. RecordKind.All.Select(k => k.Name)];

    [Fact]
    public void Describes_every_endpoint_of_records_and_no_other()
    {
        var there =
            from endpoint in crm.Get<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            where endpoint.RoutePattern.RawText!.StartsWith("/api/v1/", StringComparison.Ordinal) && endpoint.Metadata.GetMetadata<IExcludeFromDescriptionMetadata>() is not null
            from method in endpoint.Metadata.GetRequiredMetadata<IHttpMethodMetadata>().HttpMethods
            select $"{method.ToLowerInvariant()} {endpoint.RoutePattern.RawText!.TrimEnd('/')}";
        var described =
            from path in (JsonObject)s_document["paths"]!
            where RecordKind.All.Any(k => path.Key == "/api/v1/" + k.Plural || path.Key.StartsWith($"/api/v1/{k.Plural}/", StringComparison.Ordinal))
            from operation in (JsonObject)path.Value!
            select $"{operation.Key} {path.Key}";

        // A kind may have a better one of its own beside that of all kinds.
        Assert.Equal(there.Distinct().Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_reference_leads_somewhere_and_every_operation_has_a_name_of_its_own()
    {
        var text = s_document.ToJsonString();
        foreach (var match in Regex.Matches(text, "\"\\$ref\":\"#/components/(\\w+)/(\\w+)\"").Cast<Match>())
            Assert.True(s_document["components"]![match.Groups[1].Value]?[match.Groups[2].Value] is not null, match.Value);
        var names = Regex.Matches(text, "\"operationId\":\"(\\w+)\"").Select(m => m.Groups[1].Value).ToArray();
        Assert.Equal(names.Length, names.Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Its_examples_are_taken_and_its_schemas_hold_of_what_is_answered(string name)
    {
        var kind = RecordKind.Named(name)!;
        var example = RecordDescription.Example(kind);
        if (example.ContainsKey("externalId")) example["externalId"] = "example-" + crm.NewId();
        var title = char.ToUpperInvariant(name[0]) + name[1..];
        Holds(title + "Fields", example.ToJsonString());

        var made = await crm.Ask("POST", "/api/v1/" + kind.Plural, example.ToJsonString());
        Assert.True(made.Status == 201, made.Text);
        Holds(title, made.Text);
        Holds(title, (await crm.Ask("GET", $"/api/v1/{kind.Plural}/{made["id"]}?expand=owner")).Text);
        foreach (var command in kind.Commands.Where(c => c is not ("cancel" or "merge" or "unmerge")))
        {
            var body = s_document["paths"]![$"/api/v1/{kind.Plural}/{{id}}/{command}"]!["post"]!["requestBody"]!["content"]!["application/json"]!["example"]!;
            var done = await crm.Ask("POST", $"/api/v1/{kind.Plural}/{made["id"]}/{command}", body.ToJsonString());
            Assert.True(done.Status == 200, done.Text);
            Holds(title, done.Text);
        }
    }

    private static void Holds(string schema, string json)
    {
        var all = s_document["components"]!["schemas"]!.ToJsonString().Replace("#/components/schemas/", "#/$defs/", StringComparison.Ordinal);
        var whole = JsonSchema.FromText($$"""{"$schema":"https://json-schema.org/draft/2020-12/schema","$defs":{{all}},"$ref":"#/$defs/{{schema}}"}""");
        var result = whole.Evaluate(JsonDocument.Parse(json).RootElement, new EvaluationOptions { OutputFormat = OutputFormat.List });
        Assert.True(result.IsValid, $"{json} {JsonSerializer.Serialize(result)}");
    }
}
