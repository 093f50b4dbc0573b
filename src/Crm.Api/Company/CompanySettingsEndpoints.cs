using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Documentation;
using Crm.Hosting;
using Crm.Records;

namespace Crm.Company;

/// <summary>What holds for the whole company, as the API shows it.</summary>
/// <param name="BaseCurrency">What amounts are compared in; it is set when the company begins.</param>
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
    private static readonly Problem s_forbidden = new(
        StatusCodes.Status403Forbidden, "forbidden", "Settings are changed by administrators.", "Ask one of them.");

    public static void MapCompanySettings(this IEndpointRouteBuilder routes)
    {
        var settings = routes.MapGroup("/api/v1/settings/company").RequireAuthorization(Policies.Records).NeedsSilo().WithTags("Settings");
        settings.MapGet("", Get).WithName("getCompanySettings").WithSummary("Currency, time zone and region of phones").Produces<CompanyView>();
        settings.MapPatch("", Change).WithName("changeCompanySettings").WithSummary("Changes time zone and region of phones, by a merge-patch")
            .Takes<CompanyChange>().Produces<CompanyView>().ProducesProblem(StatusCodes.Status403Forbidden).ProducesProblem(StatusCodes.Status422UnprocessableEntity);
    }

    private static async Task<IResult> Get(HttpContext context, IGrainFactory grains) =>
        Results.Ok(CompanyView.Of(await grains.Company().Get().WaitAsync(context.RequestAborted)));

    private static async Task<IResult> Change(HttpContext context, IGrainFactory grains)
    {
        if (context.MustAdminister(s_forbidden) is { } refused) return refused;
        var (body, problem) = await RecordRequests.Object(context.Request);
        if (body is null) return problem!;
        var settings = await grains.Company().Get().WaitAsync(context.RequestAborted);
        foreach (var (name, value) in body)
        {
            var text = value is JsonValue given && given.TryGetValue(out string? held) ? held : null;
            if (name is not ("timeZone" or "phoneRegion")) return Bad(name, "It cannot be set here. There are timeZone and phoneRegion.");
            if (text is null && (value is not null || name == "timeZone")) return Bad(name, "It is a text.");
            settings = name == "timeZone" ? settings with { TimeZone = text! } : settings with { PhoneRegion = text?.ToUpperInvariant() };
        }

        var refusal = await grains.Company().Set(settings, context.Cause()).WaitAsync(context.RequestAborted);
        return refusal is null ? Results.Ok(CompanyView.Of(settings)) : Bad("company", refusal);
    }

    private static Problem Bad(string name, string wrong) => RecordRequests.BadFields(new Dictionary<string, string> { [name] = $"{name}: {wrong}" });
}
