using Microsoft.OpenApi;

namespace Crm.Documentation;

/// <summary>Describes what endpoints read and write themselves: bodies, parameters and answers that are made of JSON by hand.</summary>
internal static class RequestBodies
{
    private static readonly System.Reflection.NullabilityInfoContext s_nullability = new();

    /// <summary>
    /// Says what the body holds. It is JSON whatever the Content-Type says, so that a plain <c>curl -d</c> works: the framework's own
    /// description would have routing refuse other types.
    /// </summary>
    public static RouteHandlerBuilder Takes<T>(this RouteHandlerBuilder endpoint) =>
        endpoint.AddOpenApiOperationTransformer(async (operation, context, stop) => operation.RequestBody = new OpenApiRequestBody
        {
            Required = IsNeeded(typeof(T)),
            Content = new Dictionary<string, OpenApiMediaType>
            {
                ["application/json"] = new() { Schema = await context.GetOrCreateSchemaAsync(typeof(T), null, stop) },
            },
        });

    /// <summary>Describes a form with one file. The endpoint reads it itself, and says in words what is wrong with another body.</summary>
    public static RouteHandlerBuilder TakesFile(this RouteHandlerBuilder endpoint) =>
        endpoint.AddOpenApiOperationTransformer((operation, _, _) =>
        {
            var file = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" };
            var form = new OpenApiSchema { Type = JsonSchemaType.Object, Required = new HashSet<string> { "file" }, Properties = new Dictionary<string, IOpenApiSchema> { ["file"] = file } };
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = true, Content = new Dictionary<string, OpenApiMediaType> { ["multipart/form-data"] = new() { Schema = form } },
            };
            return Task.CompletedTask;
        });

    /// <summary>Adds parameters of the document's components to an endpoint.</summary>
    public static RouteHandlerBuilder Asks(this RouteHandlerBuilder endpoint, params string[] parameters) =>
        endpoint.AddOpenApiOperationTransformer((operation, context, _) =>
        {
            operation.Parameters ??= [];
            foreach (var name in parameters) operation.Parameters.Add(new OpenApiParameterReference(name, context.Document));
            return Task.CompletedTask;
        });

    /// <summary>Says that an endpoint answers 200 with a schema of the document's components.</summary>
    public static RouteHandlerBuilder Answers(this RouteHandlerBuilder endpoint, string schema) =>
        endpoint.AddOpenApiOperationTransformer((operation, context, _) =>
        {
            operation.Responses ??= [];
            operation.Responses[StatusCodes.Status200OK.ToString(System.Globalization.CultureInfo.InvariantCulture)] = new OpenApiResponse
            {
                Description = "OK",
                Content = new Dictionary<string, OpenApiMediaType> { ["application/json"] = new() { Schema = new OpenApiSchemaReference(schema, context.Document) } },
            };
            return Task.CompletedTask;
        });

    /// <summary>Shows what an endpoint answers with 200.</summary>
    /// <param name="json">An answer, as JSON.</param>
    public static RouteHandlerBuilder Shows(this RouteHandlerBuilder endpoint, string json) =>
        endpoint.AddOpenApiOperationTransformer((operation, _, _) =>
        {
            var answer = operation.Responses![StatusCodes.Status200OK.ToString(System.Globalization.CultureInfo.InvariantCulture)];
            answer.Content!["application/json"].Example = System.Text.Json.Nodes.JsonNode.Parse(json);
            return Task.CompletedTask;
        });

    /// <summary>What may be null may be left out: our bodies are read member by member.</summary>
    public static Task NullsCanBeLeftOut(OpenApiSchema schema, Microsoft.AspNetCore.OpenApi.OpenApiSchemaTransformerContext context, CancellationToken stop)
    {
        if (schema.Required is null || context.JsonTypeInfo.Kind != System.Text.Json.Serialization.Metadata.JsonTypeInfoKind.Object) return Task.CompletedTask;
        foreach (var property in context.JsonTypeInfo.Properties)
        {
            if (property.AttributeProvider is System.Reflection.PropertyInfo info && MayBeNull(info)) schema.Required.Remove(property.Name);
        }

        return Task.CompletedTask;
    }

    private static bool IsNeeded(Type body) => body.GetProperties().Any(p => !MayBeNull(p));

    private static bool MayBeNull(System.Reflection.PropertyInfo property)
    {
        lock (s_nullability) return s_nullability.Create(property).WriteState == System.Reflection.NullabilityState.Nullable;
    }
}
