using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Hosting;

namespace Crm.Records;

/// <summary>Whose a record is: the one who makes it, unless it says otherwise; and nobody hands a record to where he could not change it.</summary>
internal static class Ownerships
{
    private static readonly Problem s_outside = new(
        StatusCodes.Status403Forbidden, "outside-reach", "Your role may not make or hand over records to that owner or team.",
        "Leave out owner and team, or name those whose records you may change.");

    /// <summary>Gives a new record its owner, and the owner's team.</summary>
    public static void Complete(HttpContext context, JsonObject body, Actor actor)
    {
        if (!body.ContainsKey("owner") && !body.ContainsKey("team") && actor.User is { } user) body["owner"] = user;
        if (!body.ContainsKey("team") && Text(body["owner"]) is { } owner && TeamOf(context, owner, actor) is { } team) body["team"] = team;
    }

    /// <summary>What forbids a patch's owner and team; the team follows the owner where it is not said.</summary>
    public static Problem? Change(HttpContext context, JsonObject patch, Actor actor, RecordState record)
    {
        if (!patch.ContainsKey("owner") && !patch.ContainsKey("team")) return null;
        if (patch.ContainsKey("owner") && !patch.ContainsKey("team") && Text(patch["owner"]) is { } owner && owner != record.Owner) patch["team"] = TeamOf(context, owner, actor);
        var whose = new Ownership(
            patch.ContainsKey("owner") ? Text(patch["owner"]) : record.Owner,
            patch.ContainsKey("team") ? Text(patch["team"]) : record.Team);
        return whose == record.Whose ? null : Refusal(actor, record.Kind, whose);
    }

    /// <summary>Null when a record may be made of, or handed to, that owner and team: oneself, or whose records one may change.</summary>
    public static Problem? Refusal(Actor actor, string kind, Ownership whose)
    {
        var isOwn = actor.User is not null && whose.User == actor.User && (whose.Team is null || whose.Team == actor.Team);
        return isOwn || actor.May(RecordAction.Edit, kind, whose) ? null : s_outside;
    }

    public static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) && text.Trim() is { Length: > 0 } trimmed ? trimmed : null;

    private static string? TeamOf(HttpContext context, string owner, Actor actor) =>
        owner == actor.User ? actor.Team : context.RequestServices.GetService<PeopleDirectory>()?.User(owner)?.Team;
}
