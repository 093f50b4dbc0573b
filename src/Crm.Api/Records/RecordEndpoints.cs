using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Hosting;

namespace Crm.Records;

/// <summary>The same endpoints for every kind of record; what a kind has beyond them it maps itself.</summary>
internal static class RecordEndpoints
{
    private const int ExternalIdSegment = 4;

    /// <summary>Body and HTML of a mail, each of their characters written as six.</summary>
    private const int MaxLongBody = 2 * 1024 * 1024;

    public static void AddRecords(this IServiceCollection services, string postgres)
    {
        services.AddSingleton<CompanyZone>();
        services.AddSingleton<LinkedRecords>();
        services.AddSingleton<UploadRoom>();
        services.AddCustomFieldIndexes(postgres);
    }

    public static void MapRecords(this IEndpointRouteBuilder routes)
    {
        foreach (var kind in RecordKind.All.Where(k => !k.IsLive)) Map(routes, kind);
        routes.MapAttachments();
        routes.MapCustomFields();
    }

    private static void Map(IEndpointRouteBuilder routes, RecordKind kind)
    {
        var records = routes.MapGroup("/api/v1/" + kind.Plural).RequireAuthorization(Policies.Records).NeedsSilo().ExcludeFromDescription();
        if (kind.Apart.Any()) records.WithMetadata(new BodyLimit(MaxLongBody));
        records.MapGet("", Of(context => RecordReads.List(context, kind)));
        records.MapPost("", Of(context => RecordWrites.Create(context, kind))).WithMetadata(IdempotentEndpoint.Instance);

        // Before the /{id} of a kind that has a better one of its own.
        records.MapGet("/export", Of(context => RecordExport.Run(context, kind))).WithOrder(-2);
        records.MapPut("/by-external-id/{externalId}", Of(context =>
            RecordWrites.Upsert(context, kind, PathSegments.Decoded(context, "externalId", ExternalIdSegment)))).WithMetadata(IdempotentEndpoint.Instance);
        records.MapGet("/{id}", (HttpContext context, string id) => RecordReads.Get(context, kind, id));
        records.MapPatch("/{id}", (HttpContext context, string id) => RecordWrites.Patch(context, kind, id)).WithMetadata(IdempotentEndpoint.Instance);
        records.MapDelete("/{id}", (HttpContext context, string id) => RecordWrites.Delete(context, kind, id));
        records.MapPost("/{id}/restore", (HttpContext context, string id) => RecordWrites.Restore(context, kind, id)).WithMetadata(IdempotentEndpoint.Instance);
        foreach (var command in kind.Commands)
            records.MapPost("/{id}/" + command, (HttpContext context, string id) => Do(context, kind, id, command)).WithMetadata(IdempotentEndpoint.Instance);
    }

    // A handler of the context alone would be taken for one that writes its answer itself.
    private static Delegate Of(Func<HttpContext, Task<IResult>> handle) => handle;

    private static async Task<IResult> Do(HttpContext context, RecordKind kind, string id, string command)
    {
        var (body, problem) = await RecordRequests.Object(context.Request);
        return body is null ? problem! : await RecordCommands.Run(context, kind.Name, id, command, (JsonObject)body.DeepClone());
    }
}
