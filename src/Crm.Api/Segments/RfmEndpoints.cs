using System.Text.Json;
using Crm.Access;
using Crm.Documentation;
using Crm.Hosting;
using Crm.Records;

namespace Crm.Segments;

/// <summary>Scores of recency, frequency and money, and clusters of those who bought: shown to whoever sees all customers.</summary>
internal static class RfmEndpoints
{
    public static void MapRfm(this RouteGroupBuilder segments)
    {
        segments.MapGet("/rfm", Get).WithName("getRfm").WithSummary("The borders of the scores of recency, frequency and money, and the clusters of those who bought")
            .Produces<RfmView>().ProducesProblem(StatusCodes.Status403Forbidden);
        segments.MapPost("/rfm", Refit).WithName("refitRfm").WithSummary("Finds them anew, also with another number of clusters; by itself that happens once a day")
            .Takes<RfmRequest>().Produces<RfmView>().ProducesProblem(StatusCodes.Status403Forbidden).ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status422UnprocessableEntity);
    }

    private static async Task<IResult> Get(HttpContext context, ISegmentStore store) =>
        SegmentEndpoints.MustReadAll(context) is { } refused ? refused : Results.Ok(View(await store.Rfm(context.RequestAborted)));

    private static async Task<IResult> Refit(HttpContext context, ISegmentStore store, IGrainFactory grains)
    {
        if (SegmentEndpoints.MustEdit(context) is { } refused) return refused;
        var (body, problem) = await RecordRequests.Object(context.Request);
        if (body is null) return problem!;
        int? clusters = null;
        if (body["clusters"] is { } given)
        {
            if (given.GetValueKind() != JsonValueKind.Number || !given.AsValue().TryGetValue(out int number) || number is < RfmModel.FewestClusters or > RfmModel.MostClusters)
                return RecordRequests.BadFields(new Dictionary<string, string> { ["clusters"] = $"clusters: a whole number from {RfmModel.FewestClusters} to {RfmModel.MostClusters}." });
            clusters = number;
        }

        var answer = await grains.Segments().Refit(clusters, always: true).WaitAsync(context.RequestAborted);
        return answer.Wrong is { } wrong
            ? new Problem(StatusCodes.Status409Conflict, "no-clusters", "No clusters were found.", wrong)
            : Results.Ok(View(await store.Rfm(context.RequestAborted)));
    }

    private static RfmView View(RfmState state) => new(state.Wanted, state.Model);
}

/// <summary>What was found of those who bought.</summary>
/// <param name="Clusters">How many clusters there are to be.</param>
/// <param name="Model">Null while too few bought.</param>
internal sealed record RfmView(int Clusters, RfmModel? Model);

/// <summary>How they are to be found.</summary>
internal sealed record RfmRequest(int? Clusters);
