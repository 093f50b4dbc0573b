using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Clickstream;
using Crm.Hosting;
using Crm.Records;

namespace Crm.Customers;

/// <summary>
/// Customers as records: as all kinds, but that each is a live customer, too. What is made here goes through the log; what is read is the
/// card and the live profile in one answer; an id may be any by which a customer is known, and leads to who it is now.
/// </summary>
internal static class CustomerRecordEndpoints
{
    public const string Prefix = "/api/v1/customers";

    private const int ExternalIdSegment = 4;

    public static void MapCustomerRecords(this IEndpointRouteBuilder routes)
    {
        var customers = routes.MapGroup(Prefix).RequireAuthorization(Policies.Records).NeedsSilo().ExcludeFromDescription();
        customers.MapGet("", Of(context => RecordReads.List(context, RecordKind.Customer)));
        customers.MapGet("/export", Of(context => RecordExport.Run(context, RecordKind.Customer)));
        customers.MapPost("", Of(Create)).WithMetadata(IdempotentEndpoint.Instance);
        customers.MapPut("/by-external-id/{externalId}", Of(Upsert)).WithMetadata(IdempotentEndpoint.Instance);
        customers.MapGet("/{id}", Of(Get));
        customers.MapPatch("/{id}", Of(Patch)).WithMetadata(IdempotentEndpoint.Instance);
        customers.MapDelete("/{id}", Of(Delete));
        customers.MapPost("/{id}/restore", Of(Restore)).WithMetadata(IdempotentEndpoint.Instance);
        customers.MapPost("/{id}/merge", Of(CustomerMerging.Merge)).WithMetadata(IdempotentEndpoint.Instance);
        customers.MapPost("/{id}/unmerge", Of(CustomerMerging.Unmerge));
    }

    private static Delegate Of(Func<HttpContext, Task<IResult>> handle) => handle;

    private static async Task<IResult> Get(HttpContext context)
    {
        var (found, problem) = await CustomerCards.Find(context, RecordAction.Read);
        if (found is null) return problem!;

        var (request, wrong) = await ListRequest.Read(context, RecordKind.Customer, RecordAction.Read, live: true);
        if (request is null) return wrong!;
        if ((found.Card.DeletedAt is not null) != request.Query.Deleted) return RecordCommands.Missing;
        if (request is { Fields: null, Expand.Count: 0 }) return CustomerCards.Answer(context, found);
        return Results.Json(await request.Show(context, CustomerCards.Json(context, found)), RecordJson.Options);
    }

    private static async Task<IResult> Create(HttpContext context)
    {
        // Read again where it names a customer that is there.
        context.Request.EnableBuffering(RecordRequests.MaxBodyBytes);
        var result = await RecordWrites.Create(context, RecordKind.Customer);
        if (result is Problem { Kind: "taken" } taken && await WithExternalId(context) is { } there) return await Made(context, there) ?? taken;
        return result is Problem ? result : await Made(context, RecordWrites.MadeId(context)!) ?? result;
    }

    private static async Task<IResult> Upsert(HttpContext context)
    {
        var externalId = PathSegments.Decoded(context, "externalId", ExternalIdSegment);
        var id = await context.RequestServices.GetRequiredService<RecordLists>().ByExternalId(RecordKind.Customer, externalId, context.RequestAborted);
        if (id is not null)
        {
            // Who was merged is changed where it went.
            var (found, problem) = await CustomerCards.Find(context, id, null, RecordAction.Edit);
            return found is null ? problem! : await Edited(context, found, () => RecordWrites.Patch(context, RecordKind.Customer, found.Id));
        }

        var result = await RecordWrites.Upsert(context, RecordKind.Customer, externalId);
        return result is Problem || RecordWrites.MadeId(context) is not { } made ? result : await Made(context, made) ?? result;
    }

    private static async Task<IResult> Patch(HttpContext context)
    {
        var (found, problem) = await CustomerCards.Find(context, RecordAction.Edit);
        return found is null ? problem! : await Edited(context, found, () => RecordWrites.Patch(context, RecordKind.Customer, found.Id));
    }

    private static async Task<IResult> Delete(HttpContext context)
    {
        var (found, problem) = await CustomerCards.Find(context, RecordAction.Delete);
        return found is null ? problem! : await RecordWrites.Delete(context, RecordKind.Customer, found.Id);
    }

    private static async Task<IResult> Restore(HttpContext context)
    {
        var (found, problem) = await CustomerCards.Find(context, RecordAction.Delete);
        return found is null ? problem! : await Edited(context, found, () => RecordWrites.Restore(context, RecordKind.Customer, found.Id));
    }

    /// <summary>Changes the card, tells the log what links the person, and answers the whole.</summary>
    private static async Task<IResult> Edited(HttpContext context, FoundCustomer found, Func<Task<IResult>> edit)
    {
        var result = await edit();
        if (result is Problem { Kind: "stale", Current: not null } stale && await CustomerCards.Card(context, found.Id) is { } now)
            return stale with { Current = CustomerCards.Json(context, found with { Card = now }) };
        if (result is Problem || await CustomerCards.Card(context, found.Id) is not { } card) return result;
        var (position, problem) = await CustomerTelling.Tell(context, card, found.Live?.View);
        if (problem is not null) return problem;
        if (position is not null) context.Response.Headers[IngestAnswer.PositionHeader] = position;
        if (!context.Actor().May(RecordAction.Read, RecordKinds.Customer, card.Whose)) return result;
        return CustomerCards.Answer(context, found with { Card = card });
    }

    /// <summary>The live customer of a new card, and the answer; null when who asks may make but not see it.</summary>
    private static async Task<IResult?> Made(HttpContext context, string id)
    {
        if (await CustomerCards.Card(context, id) is not { } card) return null;
        var (position, problem) = await CustomerTelling.Tell(context, card, null);
        if (problem is not null) return problem;
        var (found, _) = await CustomerCards.Find(context, id, position, RecordAction.Read);
        context.Response.Headers[IngestAnswer.PositionHeader] = position;
        if (found is null) return context.Actor().May(RecordAction.Read, RecordKinds.Customer, card.Whose) ? CustomerCards.Answer(context, new FoundCustomer(card, null), Status(context)) : null;
        return CustomerCards.Answer(context, found, Status(context));
    }

    private static int Status(HttpContext context) => RecordWrites.MadeId(context) is null ? StatusCodes.Status200OK : StatusCodes.Status201Created;

    /// <summary>The customer that has the external id of the body, where who asks may see it.</summary>
    private static async Task<string?> WithExternalId(HttpContext context)
    {
        if (context.Request.Body.CanSeek) context.Request.Body.Position = 0;
        var (body, _) = await RecordRequests.Object(context.Request);
        if (Ownerships.Text(body?["externalId"]) is not { } externalId) return null;
        var id = await context.RequestServices.GetRequiredService<RecordLists>().ByExternalId(RecordKind.Customer, externalId, context.RequestAborted);
        return id is not null && (await CustomerCards.Find(context, id, null, RecordAction.Read)).Found is { } found ? found.Id : null;
    }
}
