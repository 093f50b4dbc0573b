using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json;
using Crm.Access;
using Crm.Documentation;
using Crm.Hosting;
using Crm.Records;

namespace Crm.Company;

/// <summary>The base currency and the dated rates into it.</summary>
/// <param name="BaseCurrency">ISO 4217 code that amounts are compared in.</param>
/// <param name="Rates">From its day on, one unit of each currency in units of the base currency.</param>
/// <param name="Revaluing">True while records that were worth something else are gone through; until then sums may mix old and new worths.</param>
internal sealed record RateTable(string BaseCurrency, IReadOnlyList<ExchangeRate> Rates, bool Revaluing);

/// <summary>A whole table of rates.</summary>
/// <param name="Rates">All of them.</param>
/// <param name="BaseCurrency">What they are into; null for as it is.</param>
internal sealed record RateOrder(IReadOnlyList<ExchangeRate> Rates, string? BaseCurrency = null);

/// <summary>Rates to be added.</summary>
/// <param name="Rates">Those of other days and currencies stay.</param>
internal sealed record RateAddition(IReadOnlyList<ExchangeRate> Rates);

/// <summary>Rates of currencies: everybody who works with records reads them, administrators change them.</summary>
internal static class RateEndpoints
{
    private const string Shape = "Rates are a list such as [{\"currency\":\"USD\",\"from\":\"2026-01-01\",\"rate\":0.92}].";

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, NumberHandling = JsonNumberHandling.AllowReadingFromString, RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    public static void MapRates(this IEndpointRouteBuilder routes)
    {
        var rates = routes.MapGroup("/api/v1/settings/rates").RequireAuthorization(Policies.Records).NeedsSilo().WithTags("Settings");
        rates.MapGet("", Get).WithName("getRates").WithSummary("Base currency, and rates into it").Produces<RateTable>();
        rates.MapPut("", Replace).WithName("setRates").WithSummary("Sets all rates, and with them the base currency").Takes<RateOrder>().Produces<RateTable>()
            .ProducesProblem(StatusCodes.Status403Forbidden).ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        rates.MapPost("", Add).WithName("addRates").WithSummary("Adds rates; one of the same currency and day is replaced").Takes<RateAddition>().Produces<RateTable>()
            .ProducesProblem(StatusCodes.Status403Forbidden).ProducesProblem(StatusCodes.Status422UnprocessableEntity);
    }

    private static async Task<IResult> Get(HttpContext context, IGrainFactory grains) =>
        await Table(await grains.Company().Get().WaitAsync(context.RequestAborted), grains, context.RequestAborted);

    private static async Task<IResult> Replace(HttpContext context, SettingsWrites settings, IGrainFactory grains)
    {
        var (stored, problem) = await settings.Change(context, "rates", (there, body) => Read<RateOrder>(body, out var wrong) is { } order
            ? Sorted(there with { BaseCurrency = order.BaseCurrency ?? there.BaseCurrency, Rates = order.Rates })
            : (null, wrong));
        return problem ?? await Table(stored!, grains, context.RequestAborted);
    }

    private static async Task<IResult> Add(HttpContext context, SettingsWrites settings, IGrainFactory grains)
    {
        var (stored, problem) = await settings.Change(context, "rates", (there, body) => Read<RateAddition>(body, out var wrong) is { } more
            ? Sorted(there with { Rates = [.. there.Rates.ExceptBy(more.Rates.Where(r => r is not null).Select(Key), Key), .. more.Rates] })
            : (null, wrong));
        return problem ?? await Table(stored!, grains, context.RequestAborted);

        static (string, DateOnly) Key(ExchangeRate rate) => (rate.Currency, rate.From);
    }

    private static (CompanySettings? Settings, string? Wrong) Sorted(CompanySettings settings) =>
        settings.Rates.Any(r => r is null) ? (null, Shape) : (settings with { Rates = [.. settings.Rates.OrderBy(r => r.Currency, StringComparer.Ordinal).ThenBy(r => r.From)] }, null);

    private static T? Read<T>(JsonObject body, out string? wrong)
        where T : class
    {
        wrong = null;
        try
        {
            return body.Deserialize<T>(s_json);
        }
        catch (JsonException unreadable)
        {
            wrong = $"{unreadable.Path?.TrimStart('$', '.')} cannot be used. {Shape}";
            return null;
        }
    }

    private static async Task<IResult> Table(CompanySettings settings, IGrainFactory grains, CancellationToken stop) =>
        Results.Ok(new RateTable(settings.BaseCurrency, settings.Rates, !await grains.Worths().IsSettled(settings.WorthTerms()).WaitAsync(stop)));
}
