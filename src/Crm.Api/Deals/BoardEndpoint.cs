using System.Globalization;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Company;
using Crm.Hosting;
using Crm.Records;
using Crm.Records.Filters;

namespace Crm.Deals;

/// <summary>A pipeline's board: per stage its count, its sums and its first deals; <c>stage</c> and <c>skip</c> bring more of one.</summary>
internal static class BoardEndpoint
{
    private const int MaxClosedDays = 3_660;

    // What a board is ordered by.
    private static readonly string[] s_order = ["pipeline", "stage", "status"];

    private static readonly Problem s_forbidden = new(
        StatusCodes.Status403Forbidden, "forbidden", "Your role does not see where deals stand.", "An administrator can change what your role may do.");

    private static readonly Problem s_tooSlow = new(
        StatusCodes.Status422UnprocessableEntity, "too-slow", "The board took longer than two seconds.", "Ask with a narrower filter.");

    public static async Task<IResult> Get(HttpContext context, Pipelines pipelines, DealBoards boards, IGrainFactory grains, TimeProvider clock, string id)
    {
        var actor = context.Actor();
        if (s_order.Any(actor.Of(RecordKinds.Deal).Hidden.Contains)) return s_forbidden;
        if ((await pipelines.Now(context.RequestAborted)).Find(id) is not { } pipeline) return PipelineEndpoints.Unknown;
        var company = await grains.Company().Get().WaitAsync(context.RequestAborted);
        if (Query(context, actor, pipeline, company, clock, out var problem) is not { } query) return problem!;
        if (!ListRequest.TryShown(context, RecordKind.Deal, out var only, out var expand, out problem)) return problem!;
        try
        {
            var stages = await boards.Read(query, context.RequestAborted);
            var cards = await Cards(context, stages.SelectMany(s => s.Cards), only, expand, (double)company.Sales.HeatHalfLifeDays, clock.GetUtcNow());
            return Results.Json(Json(pipeline, [.. stages.Select(s => Stage(s, query, actor, cards, company.BaseCurrency))]), RecordJson.Options);
        }
        catch (ListTooSlowException)
        {
            return s_tooSlow;
        }
    }

    private static BoardQuery? Query(
        HttpContext context, Actor actor, Pipeline pipeline, CompanySettings company, TimeProvider clock, out Problem? problem)
    {
        var asked = context.Request.Query;
        var zone = TimeZoneInfo.TryFindSystemTimeZoneById(company.TimeZone, out var found) ? found : TimeZoneInfo.Utc;
        var filter = FilterParser.Parse(
            asked["filter"].ToString(), context.Seen(RecordKind.Deal), new FilterContext(clock.GetUtcNow(), zone, actor.User), out var wrong);
        var (limit, skip, stage, sort) = (Number(asked["limit"], 20), Number(asked["skip"], 0), asked["stage"].ToString(), asked["sort"].ToString());
        var (closed, days) = (asked["closedDays"].ToString(), Number(asked["closedDays"], 0));
        problem = wrong is not null ? RecordRequests.BadQuery($"filter, at {wrong.At}: {wrong.Why}")
            : limit is null or < 1 or > DealBoards.MaxCards ? RecordRequests.BadQuery($"limit must be a whole number from 1 to {DealBoards.MaxCards}.")
            : skip is null or > DealBoards.MaxSkip ? RecordRequests.BadQuery($"skip must be a whole number up to {DealBoards.MaxSkip}; a filter finds sooner.")
            : stage.Length > 0 && pipeline.Stages.All(s => s.Id != stage) ? RecordRequests.BadQuery("stage must be the id of one of the pipeline's stages.")
            : stage.Length == 0 && skip > 0 ? RecordRequests.BadQuery("skip goes with stage.")
            : days is null or > MaxClosedDays ? RecordRequests.BadQuery($"closedDays must be a whole number up to {MaxClosedDays}.")
            : closed.Length > 0 && actor.Of(RecordKinds.Deal).Hidden.Contains("closeDate") ? RecordRequests.BadQuery("closedDays asks for closeDate, which your role does not see.")
            : sort is not ("" or "heat" or "amount") || (sort == "amount" && Hides(actor)) ? RecordRequests.BadQuery("sort must be heat or amount.")
            : null;
        return problem is not null ? null : new BoardQuery(pipeline, actor.Reach(RecordAction.Read, RecordKinds.Deal))
        {
            Filter = filter!,
            Sort = sort == "amount" || (sort.Length == 0 && !Hides(actor)) ? BoardSort.Amount : BoardSort.Heat,
            Limit = limit!.Value,
            ClosedFrom = closed.Length > 0 ? DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(clock.GetUtcNow(), zone).DateTime).AddDays(-days!.Value) : null,
            Page = stage.Length > 0 ? (stage, skip!.Value) : null,
        };
    }

    private static JsonObject Json(Pipeline pipeline, JsonNode[] stages) => new()
    {
        ["pipeline"] = pipeline.Id,
        ["name"] = pipeline.Name,
        ["stages"] = new JsonArray(stages),
    };

    // Of all stages at once: what they link to is looked up in one go.
    private static async Task<Dictionary<string, JsonObject>> Cards(
        HttpContext context, IEnumerable<BoardCard> cards, IReadOnlyList<string>? only, IReadOnlyList<FieldRule> expand, double halfLife, DateTimeOffset now)
    {
        var (actor, fields) = (context.Actor(), context.Fields(RecordKinds.Deal));
        var shown = cards.Select(c => (c.HeatBase, Json: RecordJson.Of(c.Deal, actor, fields))).ToArray();
        await RecordExpand.Fill(context, [.. shown.Select(s => s.Json)], expand);
        var all = new Dictionary<string, JsonObject>(StringComparer.Ordinal);
        foreach (var (heatBase, json) in shown)
        {
            var card = only is null ? json : RecordJson.Only(json, [.. only, .. expand.Select(e => e.Field.Name)]);
            if (heatBase is { } heat && !actor.Of(RecordKinds.Deal).Hidden.Contains("heatBase")) card["heat"] = Math.Round(Heat.Of(heat, now, halfLife), 1);
            all.Add((string)card["id"]!, card);
        }

        return all;
    }

    private static JsonObject Stage(BoardStage stage, BoardQuery query, Actor actor, Dictionary<string, JsonObject> cards, string currency)
    {
        var json = new JsonObject { ["id"] = stage.Stage.Id, ["name"] = stage.Stage.Name, ["type"] = StageView.TypeName(stage.Stage.Type) };
        if (query.Page is null) Sums(json, stage, actor, currency);
        json["items"] = new JsonArray([.. stage.Cards.Select(c => (JsonNode)cards[c.Deal.Id])]);
        if (stage.Cards.Count == query.Limit) json["nextSkip"] = (query.Page?.Skip ?? 0) + stage.Cards.Count;
        return json;
    }

    private static void Sums(JsonObject json, BoardStage stage, Actor actor, string currency)
    {
        json["count"] = stage.Count;
        if (Hides(actor)) return;
        json["sums"] = new JsonArray([.. stage.Sums.Where(s => s.Currency is not null).Select(s => (JsonNode)Money(s.Amount, s.Currency!))]);
        json["worth"] = Money(stage.Sums.Sum(s => s.Worth), currency);
        if (!actor.Of(RecordKinds.Deal).Hidden.Intersect(["probability", "winProbability"]).Any()) json["weighted"] = Money(stage.Sums.Sum(s => s.Weighted), currency);
        json["withoutWorth"] = stage.Sums.Sum(s => s.WithoutWorth);
    }

    private static bool Hides(Actor actor) => actor.Of(RecordKinds.Deal).Hidden.Contains("amount");

    private static JsonObject Money(decimal amount, string currency) => new() { ["amount"] = Currencies.Format(amount, currency), ["currency"] = currency };

    private static int? Number(string? text, int missing) => string.IsNullOrEmpty(text) ? missing
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
