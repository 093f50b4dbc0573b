using System.Text.Json;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Documentation;
using Crm.Hosting;
using Crm.Records;
using Crm.Records.Filters;

namespace Crm.Leads;

/// <summary>A lead's ways: the pool, claims, conversion; and the rules by which new ones get an owner.</summary>
internal static class LeadEndpoints
{
    public const string Prefix = "/api/v1/leads";

    /// <summary>What is shown of leads in the pool to whoever works with leads: enough to choose, not enough to call.</summary>
    private static readonly string[] s_shown = ["name", "company", "source", "score", "status", "tags", "pooledAt"];

    private static readonly Problem s_missing = new(
        StatusCodes.Status404NotFound, "not-found", "There is no such lead.", "GET /api/v1/leads/pool lists those that can be claimed.");

    private static readonly Problem s_forbidden = new(
        StatusCodes.Status403Forbidden, "forbidden", "Your role may not do that with leads.", "An administrator can change what your role may do.");

    private static readonly Problem s_noUser = new(
        StatusCodes.Status422UnprocessableEntity, "bad-fields", "It is not said who claims it.", "A key is no user: send {\"user\":\"<id>\"}.");

    public static void MapLeads(this IEndpointRouteBuilder routes)
    {
        var leads = routes.MapGroup(Prefix).RequireAuthorization(Policies.Records).NeedsSilo().WithTags("Leads");
        leads.MapGet("/pool", Pool).WithName("listLeadPool").WithSummary("Leads that nobody owns, the oldest first; what identifies the person is hidden")
            .Asks("RecordLimit", "PageCursor").Answers("LeadPool").ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status403Forbidden);
        Map<ClaimArguments>(leads, "claim", Claim, "Claims a lead of the pool; of parallel claims one wins");
        Map<NoArguments>(leads, "release", Release, "Puts a lead into the pool");
        Map<ConvertArguments>(leads, "convert", Convert, "Makes customer, company and deal of a lead, whole and once");
        Map<NoArguments>(leads, "unconvert", Unconvert, "Takes a conversion back, while what it made is as it was made");
        var rules = routes.MapGroup("/api/v1/lead-rules").RequireAuthorization(Policies.Records).WithTags("Leads");
        rules.MapGet("", Rules).WithName("getLeadRules").WithSummary("Who gets new leads that nobody owns").Produces<LeadRuleList>();
        rules.MapPut("", SetRules).WithName("setLeadRules").WithSummary("Replaces the rules").Takes<LeadRuleList>().Produces<LeadRuleList>()
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
    }

    private static void Map<T>(RouteGroupBuilder leads, string command, Func<HttpContext, string, Task<IResult>> run, string summary) => leads
        .MapPost("/{id}/" + command, run).WithName(command + "Lead").WithSummary(summary).WithMetadata(IdempotentEndpoint.Instance).Takes<T>()
        .Asks("RecordIfMatch", "RecordIdempotencyKey").Answers("Lead")
        .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict)
        .ProducesProblem(StatusCodes.Status412PreconditionFailed).ProducesProblem(StatusCodes.Status422UnprocessableEntity);

    private static async Task<IResult> Pool(HttpContext context, RecordLists lists)
    {
        var actor = context.Actor();
        if (actor.Of(RecordKinds.Lead).Edit == RecordScope.None) return s_forbidden;
        if (!RecordRequests.TryPage(context.Request, out var limit, out var cursor, out var problem)) return problem;
        var after = cursor?.Split('\n', 2);
        if (after is { Length: not 2 }) return RecordRequests.BadCursor;
        var (pooled, owner) = (RecordKind.Lead.Find("pooledAt")!, RecordKind.Lead.Find("owner")!);
        var page = await lists.Page(new RecordQuery(RecordKind.Lead, new Reach(true, null, []))
        {
            Filter = new Filter.All([new Filter.Not(new Filter.Empty(pooled)), new Filter.Empty(owner)]), Sort = pooled, Limit = limit,
            After = after is null ? null : (after[0], after[1]),
        }, context.RequestAborted);
        return Results.Ok(new PageOf<JsonObject>(
            [.. page.Records.Select(l => Shown(l.State, actor))],
            page.IsLast ? null : RecordRequests.Next(context, $"{page.Records[^1].SortValue}\n{page.Records[^1].State.Id}")));
    }

    private static JsonObject Shown(RecordState lead, Actor actor)
    {
        var (fields, shown) = ((JsonObject)JsonNode.Parse(lead.Fields)!, new JsonObject { ["id"] = lead.Id });
        foreach (var name in s_shown.Except(actor.Of(RecordKinds.Lead).Hidden))
            if (fields[name] is { } value) shown[name] = value.DeepClone();
        shown["recordVersion"] = lead.RecordVersion;
        return shown;
    }

    private static async Task<IResult> Claim(HttpContext context, string id)
    {
        var (body, problem) = await RecordRequests.Object(context.Request);
        if (body is null) return problem!;
        var actor = context.Actor();
        var user = (body["user"] as JsonValue)?.GetValueKind() == JsonValueKind.String ? (string)body["user"]! : actor.User;
        if (user is null) return s_noUser;
        if (user != actor.User && !actor.Reach(RecordAction.Edit, RecordKinds.Lead).Everybody) return s_forbidden;
        if (actor.Of(RecordKinds.Lead).Edit == RecordScope.None) return s_forbidden;
        var grains = context.RequestServices.GetRequiredService<IGrainFactory>();

        // One that is in the pool may be claimed by whoever could not see it otherwise.
        var lead = await grains.Record(RecordKinds.Lead, id).Get().WaitAsync(context.RequestAborted);
        if (lead is not { DeletedAt: null } || (lead.Owner is not null && lead.Owner != user && !actor.May(RecordAction.Read, RecordKinds.Lead, lead.Whose))) return s_missing;
        return RecordCommands.Answer(
            context, await grains.LeadClaims(user).Claim(id, RecordJson.IfMatch(context.Request), RecordCommands.Cause(context)).WaitAsync(context.RequestAborted));
    }

    private static Task<IResult> Release(HttpContext context, string id) => RecordCommands.Run(context, RecordKinds.Lead, id, "release", []);

    private static async Task<IResult> Convert(HttpContext context, string id)
    {
        var (body, problem) = await RecordRequests.Object(context.Request);
        if (body is null) return problem!;
        var actor = context.Actor();
        if (!actor.Of(RecordKinds.Customer).Create || !actor.Of(RecordKinds.Company).Create || !actor.Of(RecordKinds.Deal).Create) return s_forbidden;
        var arguments = (JsonObject)body.DeepClone();
        return await RecordCommands.Run(context, RecordKinds.Lead, id, "convert", arguments, grains => grains.LeadDesk().Settle(id));
    }

    private static async Task<IResult> Unconvert(HttpContext context, string id)
    {
        var (lead, problem) = await RecordCommands.Find(context, RecordKinds.Lead, id);
        if (lead is null) return problem!;
        if (!context.Actor().May(RecordAction.Edit, RecordKinds.Lead, lead.Whose)) return s_forbidden;
        return RecordCommands.Answer(context, await context.RequestServices.GetRequiredService<IGrainFactory>().LeadDesk()
            .Unconvert(id, RecordJson.IfMatch(context.Request), RecordCommands.Cause(context)).WaitAsync(context.RequestAborted));
    }

    private static async Task<IResult> Rules(HttpContext context, ILeadStore leads) =>
        Results.Ok(new LeadRuleList([.. (await leads.Rules(context.RequestAborted)).Select(LeadRuleView.Of)]));

    private static async Task<IResult> SetRules(HttpContext context, ILeadStore leads)
    {
        if (context.MustAdminister(s_forbidden) is { } refused) return refused;
        var (body, problem) = await RecordRequests.Object(context.Request);
        if (body is null) return problem!;
        if (LeadRuleView.Read(body["items"], out var wrong) is not { } rules) return RecordRequests.BadFields(new Dictionary<string, string> { ["items"] = "items: " + wrong });
        var old = await leads.Rules(context.RequestAborted);
        await leads.SetRules([.. rules.Select(r => r with { Given = old.FirstOrDefault(o => o.Source == r.Source && o.Mode == r.Mode && o.Users.SequenceEqual(r.Users))?.Given ?? 0 })], context.Cause(), context.RequestAborted);
        return await Rules(context, leads);
    }

    internal sealed record ClaimArguments(string? User);

    internal sealed record ConvertArguments(string? Customer, JsonElement? Company, JsonElement? Deal);

    internal sealed record NoArguments;
}

/// <summary>The rules, in order.</summary>
internal sealed record LeadRuleList(IReadOnlyList<LeadRuleView> Items);

/// <summary>A rule as the API shows it: <c>mode</c> is <c>roundRobin</c> or <c>leastBusy</c>.</summary>
internal sealed record LeadRuleView(string? Source, string Mode, IReadOnlyList<string> Users)
{
    public static LeadRuleView Of(LeadRule rule) => new(rule.Source, rule.Mode == LeadMode.RoundRobin ? "roundRobin" : "leastBusy", rule.Users);

    public static List<LeadRule>? Read(JsonNode? node, out string wrong)
    {
        wrong = $"It is a list of at most {LeadRule.MaxRules} rules: {{\"source\":null,\"mode\":\"roundRobin\" or \"leastBusy\",\"users\":[1 to {LeadRule.MaxUsers} ids]}}.";
        if (node is not JsonArray list || list.Count > LeadRule.MaxRules) return null;
        var rules = new List<LeadRule>();
        foreach (var rule in list)
        {
            if (rule is not JsonObject given || given["users"] is not JsonArray { Count: >= 1 and <= LeadRule.MaxUsers } users) return null;
            var names = users.Select(Text).ToArray();
            LeadMode? mode = Text(given["mode"]) switch { "roundRobin" => LeadMode.RoundRobin, "leastBusy" => LeadMode.LeastBusy, _ => null };
            if (mode is null || names.Any(n => n is not { Length: > 0 and <= 100 }) || (given["source"] is { } source && Text(source) is null)) return null;
            rules.Add(new LeadRule(Text(given["source"]), mode.Value, [.. names.Select(n => n!).Distinct()]));
        }

        return rules;
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.GetValueKind() == JsonValueKind.String ? (string)value! : null;
}
