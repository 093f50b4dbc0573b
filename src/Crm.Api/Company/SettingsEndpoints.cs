using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json;
using Crm.Access;
using Crm.Deals;
using Crm.Documentation;
using Crm.Hosting;
using Crm.Privacy;
using Crm.Records;

namespace Crm.Company;

/// <summary>Parts of the company's settings that are documents of their own: everybody who works with records reads them, administrators change them.</summary>
internal static class SettingsEndpoints
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow };

    public static void MapSettings(this IEndpointRouteBuilder routes)
    {
        routes.MapCompanySettings();
        routes.MapRates();
        Map<SalesSettings>(routes, "sales", "Sales", "How the company sells", s => s.Sales, (s, sales) => s with { Sales = sales });
        Map<TierRule>(routes, "tiers", "Tier", "What makes a customer high-value", s => s.Tiers, (s, tiers) => s with { Tiers = tiers });
        Map<PrivacySettings>(routes, "privacy", "Privacy", "What data may be used for, and by whose consent", s => s.Privacy, (s, privacy) => s with { Privacy = privacy });
    }

    private static void Map<T>(
        IEndpointRouteBuilder routes, string path, string name, string summary, Func<CompanySettings, T> read, Func<CompanySettings, T, CompanySettings> write)
        where T : class
    {
        var part = routes.MapGroup("/api/v1/settings/" + path).RequireAuthorization(Policies.Records).NeedsSilo().WithTags("Settings");
        part.MapGet("", async (HttpContext context, IGrainFactory grains) => Results.Ok(read(await grains.Company().Get().WaitAsync(context.RequestAborted))))
            .WithName($"get{name}Settings").WithSummary(summary).Produces<T>();
        part.MapPatch("", Change).WithName($"change{name}Settings").WithSummary(summary + ": changes, as a merge-patch")
            .Takes<T>().Produces<T>().ProducesProblem(StatusCodes.Status403Forbidden).ProducesProblem(StatusCodes.Status422UnprocessableEntity);

        async Task<IResult> Change(HttpContext context, SettingsWrites settings)
        {
            var (stored, problem) = await settings.Change(context, path, (there, patch) => Patched(read(there), patch, out var wrong) is { } part
                ? (write(there, part), null)
                : (null, wrong));
            return problem ?? Results.Ok(read(stored!));
        }
    }

    private static T? Patched<T>(T there, JsonObject patch, out string? wrong)
        where T : class
    {
        wrong = null;
        try
        {
            return RecordRequests.MergePatch(JsonSerializer.SerializeToNode(there, s_json), patch).Deserialize<T>(s_json);
        }
        catch (JsonException unreadable)
        {
            var known = string.Join(", ", JsonSerializer.SerializeToNode(there, s_json)!.AsObject().Select(m => m.Key));
            wrong = $"{unreadable.Path?.TrimStart('$', '.')} cannot be used. There are {known}.";
            return null;
        }
    }
}
