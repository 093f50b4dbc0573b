using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Clickstream;
using Crm.Hosting;
using Crm.Records;

namespace Crm.Customers;

/// <summary>Merges that people ask for: a wish of the customer who stays, stored with it, as those of events are.</summary>
internal static class CustomerMerging
{
    /// <summary>Why such customers are merged.</summary>
    private const string Reason = "person";

    /// <summary>A merge takes some writes, one after the other; each try waits for it itself.</summary>
    private const int MaxTries = 20;
    private static readonly TimeSpan s_again = TimeSpan.FromMilliseconds(250);

    private static readonly Problem s_badInto = new(
        StatusCodes.Status422UnprocessableEntity, "bad-into", "The body does not name a customer to merge into.", "Send {\"into\":\"<id>\"} with the id of a customer that you may change.");

    private static readonly Problem s_wrongWay = new(
        StatusCodes.Status422UnprocessableEntity, "wrong-way", "A known user is not merged into a visitor.", "Merge the visitor into the user.");

    private static readonly Problem s_refused = new(
        StatusCodes.Status409Conflict, "merge-refused", "These two cannot be merged.", "One of them has too many merges, or another merge is under way. Read both again.");

    private static readonly Problem s_notYet = new(
        StatusCodes.Status503ServiceUnavailable, "not-yet", "The merge is asked for, and not yet carried out.", "Send the same request again after the pause.", 2);

    public static async Task<IResult> Merge(HttpContext context)
    {
        var (body, wrong) = await RecordRequests.Object(context.Request);
        if (body is null) return wrong!;
        var (source, problem) = await CustomerCards.Find(context, RecordAction.Edit);
        if (source is null) return problem!;
        if (Ownerships.Text(body["into"]) is not { } wanted) return s_badInto;
        var (into, missing) = await CustomerCards.Find(context, wanted, null, RecordAction.Edit);
        if (into is null) return missing is { Status: StatusCodes.Status404NotFound } ? s_badInto : missing!;

        // Who did not hear the answer of the first time is answered the same.
        if (source.Id == into.Id) return CustomerCards.Answer(context, into);
        if (CustomerId.IsUser(source.Id) && into.Id.StartsWith("a:", StringComparison.Ordinal)) return s_wrongWay;
        return await CarryOut(context, source.Id, into.Id);
    }

    public static async Task<IResult> Unmerge(HttpContext context)
    {
        var (found, problem) = await CustomerCards.Find(context, RecordAction.Edit);
        return found is null ? problem! : new Written(UnmergeEndpoints.Unmerge);
    }

    private static async Task<IResult> CarryOut(HttpContext context, string source, string into)
    {
        var services = context.RequestServices;
        var (grains, clock) = (services.GetRequiredService<IGrainFactory>(), services.GetRequiredService<TimeProvider>());

        // A person decides anew: what kept them apart does not any more.
        await services.GetRequiredService<IUnmerging>().Lift(into, source, context.RequestAborted);
        await grains.Customer(into).Forgive(source).WaitAsync(context.RequestAborted);
        for (var tries = 0; tries < MaxTries; tries++)
        {
            if (await grains.Customer(into).Claim(source, Reason).WaitAsync(context.RequestAborted)) await grains.Customer(into).Wake().WaitAsync(context.RequestAborted);
            var (now, problem) = await CustomerCards.Find(context, source, null, RecordAction.Read);
            if (now is not null && now.Id != source) return CustomerCards.Answer(context, now);
            if (problem is { Status: StatusCodes.Status404NotFound }) return problem;
            await Task.Delay(s_again, clock, context.RequestAborted);
        }

        return (await services.GetRequiredService<IMergeLedger>().Find(source, context.RequestAborted)) is null ? s_refused : s_notYet;
    }

    /// <summary>An answer that a handler writes itself.</summary>
    private sealed class Written(Func<HttpContext, int, Task> write) : IResult
    {
        private const int IdSegment = 3;

        public Task ExecuteAsync(HttpContext httpContext) => write(httpContext, IdSegment);
    }
}
