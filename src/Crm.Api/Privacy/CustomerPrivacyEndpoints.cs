using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Customers;
using Crm.Documentation;
using Crm.Hosting;
using Crm.Records;

namespace Crm.Privacy;

/// <summary>
/// Consent and erasure of a customer for whoever works with records, under the rule of access: who may edit the customer notes what the person
/// says, who administers erases. What servers' keys do under <c>/v1/customers</c> is the same, and done by the same.
/// </summary>
internal static class CustomerPrivacyEndpoints
{
    private const int IdSegment = 3;

    private static readonly Problem s_hidden = new(
        StatusCodes.Status403Forbidden, "forbidden", "Your role hides what the profile tells.", "An administrator can change what your role may see.");

    private static readonly Problem s_forbidden = new(
        StatusCodes.Status403Forbidden, "forbidden", "Only administrators may erase people.", "Ask one, or put the customer into the trash.");

    public static void MapCustomerPrivacy(this IEndpointRouteBuilder routes)
    {
        var customers = routes.MapGroup(CustomerRecordEndpoints.Prefix).RequireAuthorization(Policies.Records).NeedsSilo().WithTags("Customers");
        customers.MapGet("/{id}/consent", (HttpContext context, string id) => Read(context)).WithName("getCustomerConsent").WithSummary("What the person consented to")
            .Answers("Consent").ProducesProblem(StatusCodes.Status403Forbidden).ProducesProblem(StatusCodes.Status404NotFound);
        customers.MapPut("/{id}/consent", (HttpContext context, string id) => Say(context)).WithName("setCustomerConsent")
            .WithSummary("Notes what the person says; categories that are not named keep their choice").Takes<ConsentChoices>()
            .Asks("RecordIdempotencyKey").Answers("Consent").ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status403Forbidden)
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        customers.MapPost("/{id}/erase", (HttpContext context, string id) => Erase(context)).WithName("eraseCustomer")
            .WithSummary("Erases the person for good, with a receipt; 202: it goes on by itself").Takes<ErasureRequest>()
            .Produces<ErasureShown>().Produces<ErasureShown>(StatusCodes.Status202Accepted).ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status403Forbidden).ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> Read(HttpContext context)
    {
        var (found, problem) = await CustomerCards.Find(context, RecordAction.Read);
        if (found is null) return problem!;
        if (!CustomerShown.MayShowProfile(context.Actor())) return s_hidden;
        return found.Live?.View is { } view ? new WrittenAnswer(_ => ConsentEndpoints.Write(context, view)) : RecordCommands.Missing;
    }

    private static async Task<IResult> Say(HttpContext context)
    {
        var (found, problem) = await CustomerCards.Find(context, RecordAction.Edit);
        if (found is null) return problem!;
        if (!CustomerShown.MayShowProfile(context.Actor())) return s_hidden;
        if (await ConsentEndpoints.Asked(context) is not { } consent) return ConsentEndpoints.Bad;

        // Who noted it stands in the audit; the event says what was chosen.
        await context.RequestServices.GetRequiredService<RecordAudit>().Write(
            RecordKinds.Customer, found.Id, "consent", new JsonObject { ["consent"] = JsonNode.Parse(consent) }.ToJsonString(), RecordCommands.Cause(context), context.RequestAborted);
        return new WrittenAnswer(_ => ConsentEndpoints.Say(context, found.Id, consent, "crm"));
    }

    private static async Task<IResult> Erase(HttpContext context)
    {
        if (context.MustAdminister(s_forbidden) is { } refused) return refused;
        var (found, problem) = await CustomerCards.Find(context, RecordAction.Delete);
        if (found is null) return problem!;
        await context.RequestServices.GetRequiredService<RecordAudit>().Write(
            RecordKinds.Customer, found.Id, "erase", "{}", RecordCommands.Cause(context), context.RequestAborted);
        return new WrittenAnswer(_ => ErasureEndpoints.Erase(context, IdSegment));
    }

    /// <summary>Choices by category, as the consent banner calls it; and the browser's signal not to be sold.</summary>
    internal sealed record ConsentChoices(IReadOnlyDictionary<string, bool>? Categories, bool? Gpc);

    /// <summary>An answer that a handler writes itself.</summary>
    private sealed class WrittenAnswer(Func<HttpContext, Task> write) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) => write(httpContext);
    }
}
