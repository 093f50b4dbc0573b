using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Documentation;
using Crm.Hosting;
using Crm.Records;

namespace Crm.Company;

/// <summary>What holds for the whole company, as the API shows it.</summary>
/// <param name="BaseCurrency">What amounts are compared in; it is changed with the rates into it.</param>
/// <param name="TimeZone">IANA zone in which days begin.</param>
/// <param name="PhoneRegion">Where phones without a country are, such as DE; null for nowhere. It holds for what is written from then on.</param>
internal sealed record CompanyView(string BaseCurrency, string TimeZone, string? PhoneRegion)
{
    public static CompanyView Of(CompanySettings settings) => new(settings.BaseCurrency, settings.TimeZone, settings.PhoneRegion);
}

/// <summary>What of it can change.</summary>
internal sealed record CompanyChange(string? TimeZone, string? PhoneRegion);

/// <summary>The company's settings: everybody who works with records reads them, administrators change them.</summary>
internal static class CompanySettingsEndpoints
{
    public static void MapCompanySettings(this IEndpointRouteBuilder routes)
    {
        var settings = routes.MapGroup("/api/v1/settings/company").RequireAuthorization(Policies.Records).NeedsSilo().WithTags("Settings");
        settings.MapGet("", Get).WithName("getCompanySettings").WithSummary("Currency, time zone and region of phones").Produces<CompanyView>();
        settings.MapPatch("", Change).WithName("changeCompanySettings").WithSummary("Changes time zone and region of phones, by a merge-patch")
            .Takes<CompanyChange>().Produces<CompanyView>().ProducesProblem(StatusCodes.Status403Forbidden).ProducesProblem(StatusCodes.Status422UnprocessableEntity);
    }

    private static async Task<IResult> Get(HttpContext context, IGrainFactory grains) =>
        Results.Ok(CompanyView.Of(await grains.Company().Get().WaitAsync(context.RequestAborted)));

    private static async Task<IResult> Change(HttpContext context, SettingsWrites settings)
    {
        var (stored, problem) = await settings.Change(context, "company", Patched);
        return problem ?? Results.Ok(CompanyView.Of(stored!));
    }

    private static (CompanySettings? Settings, string? Wrong) Patched(CompanySettings there, JsonObject patch)
    {
        foreach (var (name, value) in patch)
        {
            var text = value is JsonValue given && given.TryGetValue(out string? held) ? held : null;
            if (name == "baseCurrency") return (null, "baseCurrency: It is changed with the rates into it, by PUT /api/v1/settings/rates.");
            if (name is not ("timeZone" or "phoneRegion")) return (null, $"{name}: There is no such setting. There are timeZone and phoneRegion.");
            if (text is null && (value is not null || name == "timeZone")) return (null, $"{name}: It is a text.");
            there = name == "timeZone" ? there with { TimeZone = text! } : there with { PhoneRegion = text?.ToUpperInvariant() };
        }

        return (there, null);
    }
}
