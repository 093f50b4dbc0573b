using Microsoft.OpenApi;

namespace Crm.Documentation;

/// <summary>Describes bodies that endpoints read themselves.</summary>
internal static class RequestBodies
{
    /// <summary>
    /// Says what the body holds. It is JSON whatever the Content-Type says, so that a plain <c>curl -d</c> works: the framework's own
    /// description would have routing refuse other types.
    /// </summary>
    public static RouteHandlerBuilder Takes<T>(this RouteHandlerBuilder endpoint) =>
        endpoint.AddOpenApiOperationTransformer(async (operation, context, stop) => operation.RequestBody = new OpenApiRequestBody
        {
            Content = new Dictionary<string, OpenApiMediaType>
            {
                ["application/json"] = new() { Schema = await context.GetOrCreateSchemaAsync(typeof(T), null, stop) },
            },
        });
}
