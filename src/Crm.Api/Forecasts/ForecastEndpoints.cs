using System.Globalization;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Company;
using Crm.Documentation;
using Crm.Hosting;
using Crm.Records;

namespace Crm.Forecasts;

/// <summary>The sales forecast, what was forecast on earlier days, and quotas.</summary>
internal static class ForecastEndpoints
{
    private const int MaxMonths = 36;
    private const string MonthFormat = "yyyy-MM";
    private const decimal MaxQuota = 1_000_000_000_000_000m;

    private static readonly Problem s_forbidden = new(
        StatusCodes.Status403Forbidden, "forbidden", "Your role may not see or set that.", "An administrator can change what your role may do.");

    private static readonly Problem s_tooSlow = new(
        StatusCodes.Status422UnprocessableEntity, "too-slow", "The forecast took longer than two seconds.", "Ask for fewer months, or for one pipeline.");

    private static readonly Problem s_tooMany = new(
        StatusCodes.Status422UnprocessableEntity, "too-many", "The forecast has too many lines.", "Ask for fewer months, or by team.");

    private static readonly Problem s_noDay = new(
        StatusCodes.Status404NotFound, "day-unknown", "No forecast is kept of this day.", "GET /api/v1/forecast/snapshots without day lists those that are.");

    public static void MapForecasts(this IEndpointRouteBuilder routes)
    {
        var forecasts = routes.MapGroup("/api/v1/forecast").RequireAuthorization(Policies.Records).NeedsSilo().WithTags("Forecast");
        forecasts.MapGet("", Now).WithName("getForecast").WithSummary("Open, weighted, committed and won by month of the close date, and by owner, team or pipeline")
            .Asks("MonthFrom", "MonthTo", "ForecastBy", "ForecastPipeline").Answers("Forecast")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status403Forbidden);
        forecasts.MapGet("/snapshots", Kept).WithName("getForecastSnapshots").WithSummary("Days whose forecast is kept; with day, what was forecast on it")
            .Asks("ForecastDay", "MonthFromOfDay", "MonthToOfDay", "ForecastBy", "ForecastPipeline", "RecordLimit", "PageCursor").Answers("KeptForecast")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        var quotas = routes.MapGroup("/api/v1/quotas").RequireAuthorization(Policies.Records).NeedsSilo().WithTags("Forecast");
        quotas.MapGet("", GetQuotas).WithName("getQuotas").WithSummary("Quotas of users and teams by month").Asks("MonthFrom", "MonthTo").Produces<QuotaList>();
        quotas.MapPut("", SetQuotas).WithName("setQuotas").WithSummary("Sets quotas; amount null takes one away").Takes<QuotaList>()
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status422UnprocessableEntity);
    }

    private static async Task<IResult> Now(HttpContext context, Forecasts forecasts, Quotas quotas, ForecastNames names, IGrainFactory grains)
    {
        var settings = await grains.Company().Get().WaitAsync(context.RequestAborted);
        if (Query(context, out var problem) is not { } query) return problem!;
        return await Answer(context, forecasts, quotas, names, query with { CommittedFrom = settings.Sales.CommittedFrom }, settings.BaseCurrency);
    }

    private static async Task<IResult> Kept(HttpContext context, Forecasts forecasts, Quotas quotas, ForecastNames names)
    {
        if (context.Request.Query["day"].ToString() is not { Length: > 0 } text)
        {
            if (!RecordRequests.TryPage(context.Request, out var limit, out var cursor, out var wrong)) return wrong;
            var before = cursor is null ? (DateOnly?)null : DateOnly.TryParseExact(cursor, FieldValues.DayFormat, out var from) ? from : DateOnly.MinValue;
            return RecordRequests.Page(context, await forecasts.Days(before, limit + 1, context.RequestAborted), limit, d => d, d => Day(d.Day));
        }

        if (!DateOnly.TryParseExact(text, FieldValues.DayFormat, out var day)) return RecordRequests.BadQuery("day must be a day such as 2026-05-01.");
        if (Query(context, out var problem) is not { } query) return problem!;
        var kept = await forecasts.Days(day.AddDays(1), 1, context.RequestAborted) is [var newest] ? newest : null;
        if (kept?.Day != day) return s_noDay;
        return await Answer(context, forecasts, quotas, names, query with { Day = day, CommittedFrom = kept.CommittedFrom }, kept.Currency);
    }

    private static ForecastQuery? Query(HttpContext context, out Problem? problem)
    {
        var (asked, actor) = (context.Request.Query, context.Actor());
        problem = null;
        var right = actor.Of(RecordKinds.Deal);
        string[] told = ["amount", "closeDate", "winProbability", "probability", "status", asked["by"].ToString(), asked["pipeline"].ToString().Length > 0 ? "pipeline" : "amount"];
        if (right.Read == RecordScope.None || told.Any(right.Hidden.Contains)) problem = s_forbidden;
        ForecastBy? by = asked["by"].ToString() switch
        {
            "" or "month" => ForecastBy.Month, "owner" => ForecastBy.Owner, "team" => ForecastBy.Team, "pipeline" => ForecastBy.Pipeline, _ => null,
        };
        if (by is null) problem ??= RecordRequests.BadQuery("by must be month, owner, team or pipeline.");
        if (Month(asked["from"]) is not { } from || Month(asked["to"]) is not { } to || to < from || to >= from.AddMonths(MaxMonths))
        {
            problem ??= RecordRequests.BadQuery($"from and to must be months such as 2026-01, at most {MaxMonths} in all.");
            return null;
        }

        return problem is not null ? null : new ForecastQuery(from, to, by!.Value, actor.Reach(RecordAction.Read, RecordKinds.Deal))
        {
            Pipeline = asked["pipeline"].ToString() is { Length: > 0 } pipeline ? pipeline : null,
        };
    }

    private static async Task<IResult> Answer(HttpContext context, Forecasts forecasts, Quotas quotas, ForecastNames names, ForecastQuery query, string currency)
    {
        try
        {
            var parts = await forecasts.Read(query, context.RequestAborted);
            if (parts.Count > Forecasts.MaxParts) return s_tooMany;
            var goals = query.By is ForecastBy.Owner or ForecastBy.Team ? await quotas.List(query.From, query.To, query.Whose, context.RequestAborted) : [];
            var json = Json(query, parts, goals, currency);
            await names.Fill(json, query.By, context.RequestAborted);
            return Results.Json(json, RecordJson.Options);
        }
        catch (ListTooSlowException)
        {
            return s_tooSlow;
        }
    }

    private static JsonObject Json(ForecastQuery query, IReadOnlyList<ForecastPart> parts, IReadOnlyList<Quota> quotas, string currency)
    {
        var kind = query.By == ForecastBy.Team ? "team" : "user";
        var goals = quotas.Where(q => q.Kind == kind).ToDictionary(q => (q.Month, (string?)q.Holder));
        var keys = parts.Select(p => (p.Month, p.Key)).Union(goals.Keys.Select(k => (k.Month, k.Item2))).OrderBy(k => k.Month).ThenBy(k => k.Item2, StringComparer.Ordinal);
        var by = parts.ToLookup(p => (p.Month, p.Key));
        var json = new JsonObject
        {
            ["from"] = Text(query.From), ["to"] = Text(query.To), ["by"] = query.By.ToString().ToLowerInvariant(), ["committedFrom"] = query.CommittedFrom, ["currency"] = currency,
        };
        if (query.Day is { } day) json["day"] = Day(day);
        json["items"] = new JsonArray([.. keys.Select(k => (JsonNode)Item(k, [.. by[k]], goals.GetValueOrDefault(k), query.By, currency))]);
        json["total"] = Sums(parts.Aggregate(default(ForecastSums), (sum, p) => sum + p.Worth), currency);
        return json;
    }

    private static JsonObject Item((DateOnly Month, string? Key) key, ForecastPart[] parts, Quota? quota, ForecastBy by, string currency)
    {
        var worth = parts.Aggregate(default(ForecastSums), (sum, p) => sum + p.Worth);
        var json = new JsonObject { ["month"] = Text(key.Month) };
        if (by != ForecastBy.Month) json[by.ToString().ToLowerInvariant()] = key.Key;
        json["openDeals"] = parts.Sum(p => p.Opens);
        json["wonDeals"] = parts.Sum(p => p.Wons);
        json["withoutWorth"] = parts.Sum(p => p.WithoutWorth);
        json["worth"] = Sums(worth, currency);
        json["amounts"] = new JsonArray([.. parts.Where(p => p.Currency is not null).Select(p => (JsonNode)Sums(p.Amount, p.Currency!))]);
        if (quota is not { Amount: { } goal }) return json;
        json["quota"] = Money(goal, quota.Currency);
        if (quota.Currency == currency && goal > 0) json["attained"] = decimal.Round(worth.Won * 100 / goal, 1);
        return json;
    }

    private static JsonObject Sums(ForecastSums sums, string currency) => new()
    {
        ["currency"] = currency, ["open"] = Currencies.Format(sums.Open, currency), ["weighted"] = Currencies.Format(sums.Weighted, currency),
        ["committed"] = Currencies.Format(sums.Committed, currency), ["won"] = Currencies.Format(sums.Won, currency),
        ["expected"] = Currencies.Format(sums.Won + sums.Weighted, currency),
    };

    private static async Task<IResult> GetQuotas(HttpContext context, Quotas quotas)
    {
        if (Query(context, out var problem) is not { } query) return problem!;
        var found = await quotas.List(query.From, query.To, query.Whose, context.RequestAborted);
        return Results.Ok(new QuotaList([.. found.Select(q => new QuotaView(q.Kind, q.Holder, Text(q.Month), new MoneyView(Currencies.Format(q.Amount!.Value, q.Currency), q.Currency)))]));
    }

    private static async Task<IResult> SetQuotas(HttpContext context, Quotas quotas)
    {
        if (context.MustAdminister(s_forbidden) is { } refused) return refused;
        var (body, problem) = await RecordRequests.Object(context.Request);
        if (body is null) return problem!;
        if (body["items"] is not JsonArray { Count: <= Quotas.Max } items || items.Select(Read).ToArray() is not { } read || read.Any(q => q is null))
            return RecordRequests.BadFields(new Dictionary<string, string>
            {
                ["items"] = $"items: It is a list of at most {Quotas.Max} of {{\"kind\":\"user\" or \"team\",\"holder\":\"<id>\",\"month\":\"2026-01\",\"amount\":{{\"amount\":\"1000\",\"currency\":\"EUR\"}} or null}}.",
            });
        await quotas.Set([.. read.Select(q => q!)], context.Cause(), context.RequestAborted);
        return Results.NoContent();
    }

    private static Quota? Read(JsonNode? node)
    {
        if (node is not JsonObject given || Month((string?)(given["month"] as JsonValue)?.ToString()) is not { } month) return null;
        if ((given["kind"] as JsonValue)?.ToString() is not ("user" or "team") || (given["holder"] as JsonValue)?.ToString() is not { Length: > 0 and <= 200 } holder) return null;
        var kind = given["kind"]!.ToString();
        if (given["amount"] is null) return new Quota(kind, holder, month, null, "");
        if (FieldValues.Clean(new FieldRule(new Field("amount", FieldType.Money)), given["amount"]!, out _) is not JsonObject money) return null;
        var amount = decimal.Parse((string)money["amount"]!, CultureInfo.InvariantCulture);
        return amount is < 0 or > MaxQuota ? null : new Quota(kind, holder, month, amount, (string)money["currency"]!);
    }

    private static DateOnly? Month(string? text) => DateOnly.TryParseExact(text, MonthFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out var month) ? month : null;

    private static string Text(DateOnly month) => month.ToString(MonthFormat, CultureInfo.InvariantCulture);

    private static string Day(DateOnly day) => day.ToString(FieldValues.DayFormat, CultureInfo.InvariantCulture);

    private static JsonObject Money(decimal amount, string currency) => new() { ["amount"] = Currencies.Format(amount, currency), ["currency"] = currency };
}

/// <summary>An amount as the API shows it.</summary>
internal sealed record MoneyView(string Amount, string Currency);

/// <summary>A quota as the API shows it.</summary>
internal sealed record QuotaView(string Kind, string Holder, string Month, MoneyView? Amount);

/// <summary>Quotas.</summary>
internal sealed record QuotaList(IReadOnlyList<QuotaView> Items);
