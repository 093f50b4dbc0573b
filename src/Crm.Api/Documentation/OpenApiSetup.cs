using System.Text;
using System.Text.Json.Nodes;
using Crm.Records;
using Microsoft.OpenApi;

namespace Crm.Documentation;

/// <summary>
/// The API's description at <c>/openapi/v1.json</c>. The endpoints of the hot paths read raw bytes, so nothing can be derived
/// from their code: they are left out here, <c>openapi.json</c> beside this file describes them, and a test holds it to the
/// endpoints that there are. Those that all kinds of records have are described by the kinds. Typed endpoints describe themselves.
/// </summary>
internal static class OpenApiSetup
{
    private const string Document = "v1";

    private static readonly (string Status, string Response)[] s_refusals = [("401", "NotSignedIn"), ("403", "NotAllowed"), ("503", "Away")];

    public static void AddDescription(this IServiceCollection services) => services.AddOpenApi(Document, options =>
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.AddSchemaTransformer(RequestBodies.NullsCanBeLeftOut);
        options.AddDocumentTransformer((document, _, _) =>
        {
            Merge(Written(), document);
            return Task.CompletedTask;
        });
    });

    public static void MapDescription(this IEndpointRouteBuilder routes)
    {
        routes.MapOpenApi("/openapi/{documentName}.json").AllowAnonymous().ExcludeFromDescription();
        routes.MapOpenApi("/openapi.json").AllowAnonymous().ExcludeFromDescription();
        routes.MapDocs();
    }

    /// <summary>The part that is written by hand.</summary>
    internal static string Text() => Text("openapi.json");

    private static string Text(string name)
    {
        using var stream = typeof(OpenApiSetup).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    /// <summary>What does not describe itself: the part that is written by hand, and the records.</summary>
    internal static JsonObject Described()
    {
        var document = (JsonObject)JsonNode.Parse(Text())!;
        RecordDescription.AddTo(document, (JsonObject)JsonNode.Parse(Text("components.json"))!);
        return document;
    }

    private static OpenApiDocument Written() =>
        OpenApiDocument.Parse(Described().ToJsonString(), OpenApiConstants.Json).Document
            ?? throw new InvalidOperationException("openapi.json is no OpenAPI document.");

    // What may come of any call, whoever describes it.
    private static void AddRefusals(OpenApiOperation operation, OpenApiDocument document)
    {
        operation.Responses ??= [];
        foreach (var (status, response) in s_refusals) operation.Responses.TryAdd(status, new OpenApiResponseReference(response, document));
    }

    private static void Merge(OpenApiDocument written, OpenApiDocument document)
    {
        document.Info = written.Info;
        document.Tags = written.Tags;
        document.Servers = null;
        foreach (var (_, operation) in document.Paths.SelectMany(p => p.Value.Operations ?? [])) AddRefusals(operation, document);
        document.Security = written.Security;
        foreach (var (path, item) in written.Paths) document.Paths[path] = item;
        var components = written.Components!;
        if (document.Components?.Schemas is { } derived)
        {
            foreach (var (name, schema) in derived) components.Schemas!.TryAdd(name, schema);
        }

        document.Components = components;
    }
}
