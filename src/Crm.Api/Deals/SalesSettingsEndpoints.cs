using System.Text.Json;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Company;
using Crm.Documentation;
using Crm.Hosting;
using Crm.Records;

namespace Crm.Deals;

/// <summary>How the company sells: half-life of heat, what a forecast counts as committed, bounds of claimed leads.</summary>
internal static class SalesSettingsEndpoints
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow };

    private static readonly Problem s_forbidden = new(
        StatusCodes.Status403Forbidden, "forbidden", "Settings are changed by administrators.", "Ask one of them.");

    public static void MapSalesSettings(this IEndpointRouteBuilder routes)
    {
        var settings = routes.MapGroup("/api/v1/settings/sales").RequireAuthorization(Policies.Records).NeedsSilo().WithTags("Settings");
        settings.MapGet("", Get).WithName("getSalesSettings").WithSummary("How the company sells").Produces<SalesSettings>();
        settings.MapPatch("", Change).WithName("changeSalesSettings").WithSummary("Changes how the company sells, by a merge-patch")
            .Takes<SalesSettings>().Produces<SalesSettings>().ProducesProblem(StatusCodes.Status422UnprocessableEntity);
    }

    private static async Task<IResult> Get(HttpContext context, IGrainFactory grains) =>
        Results.Ok((await grains.Company().Get().WaitAsync(context.RequestAborted)).Sales);

    private static async Task<IResult> Change(HttpContext context, IGrainFactory grains)
    {
        if (context.MustAdminister(s_forbidden) is { } refused) return refused;
        var (body, problem) = await RecordRequests.Object(context.Request);
        if (body is null) return problem!;
        var settings = await grains.Company().Get().WaitAsync(context.RequestAborted);
        if (Patched(settings.Sales, body, out var wrong) is not { } sales) return Bad(wrong);
        var refusal = await grains.Company().Set(settings with { Sales = sales }, context.Cause()).WaitAsync(context.RequestAborted);
        return refusal is null ? Results.Ok(sales) : Bad(refusal);
    }

    private static SalesSettings? Patched(SalesSettings there, JsonObject patch, out string wrong)
    {
        wrong = "";
        try
        {
            return RecordRequests.MergePatch(JsonSerializer.SerializeToNode(there, s_json), patch).Deserialize<SalesSettings>(s_json);
        }
        catch (JsonException unreadable)
        {
            wrong = $"{unreadable.Path?.TrimStart('$', '.')} cannot be used. There are heatHalfLifeDays, committedFrom, maxClaimedLeads and recycleLeadsAfterDays, all numbers.";
            return null;
        }
    }

    private static Problem Bad(string wrong) => RecordRequests.BadFields(new Dictionary<string, string> { ["sales"] = wrong });
}
