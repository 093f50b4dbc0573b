using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Hosting;

namespace Crm.Records;

/// <summary>Makes records, changes them, and puts them into the trash and out of it.</summary>
internal static class RecordWrites
{
    /// <summary>Tries of a change that names no version and meets others: of all who try at once one comes through each time.</summary>
    private const int MaxTries = 100;

    private const int IdLength = 20;
    private const string IdSigns = "0123456789abcdefghijklmnopqrstuv";

    public static IRecordGrain Grain(HttpContext context, RecordKind kind, string id) =>
        context.RequestServices.GetRequiredService<IGrainFactory>().Record(kind.Name, id);

    public static async Task<IResult> Create(HttpContext context, RecordKind kind)
    {
        var (body, problem) = await RecordRequests.Object(context.Request);
        return body is null ? problem! : await Create(context, kind, body);
    }

    public static async Task<IResult> Patch(HttpContext context, RecordKind kind, string id)
    {
        var (body, problem) = await RecordRequests.Object(context.Request);
        return body is null ? problem! : await Edit(context, kind, id, body);
    }

    public static Task<IResult> Delete(HttpContext context, RecordKind kind, string id) => SetDeleted(context, kind, id, true);

    public static Task<IResult> Restore(HttpContext context, RecordKind kind, string id) => SetDeleted(context, kind, id, false);

    /// <summary>Changes the record that has the external id, or makes it. Of many at once one makes it, and the others change it.</summary>
    public static async Task<IResult> Upsert(HttpContext context, RecordKind kind, string externalId)
    {
        var (body, problem) = await RecordRequests.Object(context.Request);
        if (body is null) return problem!;
        var longest = kind.Rule("externalId")!.Max;
        if (externalId.Length > longest || externalId.Any(char.IsControl)) return RecordRequests.BadQuery($"An external id has 1 to {longest} visible characters.");
        if (body["externalId"] is { } given && !(given is JsonValue text && text.TryGetValue(out string? own) && own == externalId))
            return RecordRequests.BadFields(new Dictionary<string, string> { ["externalId"] = "externalId: It is another one in the address. Leave it out." });
        body["externalId"] = externalId;
        var lists = context.RequestServices.GetRequiredService<RecordLists>();
        IResult result = RecordCommands.NotKnown;
        for (var attempt = 0; attempt < MaxTries; attempt++)
        {
            var id = await lists.ByExternalId(kind, externalId, context.RequestAborted);
            var wish = (JsonObject)body.DeepClone();
            result = id is null ? await Create(context, kind, wish) : await Edit(context, kind, id, wish);
            var raced = id is null ? result is Problem { Kind: "taken" } : result is Problem { Kind: "not-found" };
            if (!raced) return result;
        }

        return result;
    }

    /// <summary>Makes a record of these fields; its address is in <c>Location</c>.</summary>
    public static async Task<IResult> Create(HttpContext context, RecordKind kind, JsonObject body)
    {
        var actor = context.Actor();
        if (!actor.Of(kind.Name).Create) return RecordCommands.Forbidden with { Title = $"Your role may not make a {kind.Name}." };
        if (await context.Refusal(kind, body) is { } refusal) return refusal;
        Ownerships.Complete(context, body, actor);
        if (Ownerships.Refusal(actor, kind.Name, new Ownership(Ownerships.Text(body["owner"]), Ownerships.Text(body["team"]))) is { } outside) return outside;
        if (await RecordLinks.Check(context, kind, null, body, null) is { } missing) return missing;
        var id = NewId(context, kind);
        var answer = await Grain(context, kind, id).Create(body.ToJsonString(), RecordCommands.Cause(context)).WaitAsync(context.RequestAborted);

        // Only the same request made that id: it comes again after one of which nobody was told.
        if (answer is { Refusal: RecordRefusal.Exists, Record: { } made }) answer = new RecordAnswer(RecordRefusal.None, made);
        if (answer.Refusal != RecordRefusal.None) return RecordCommands.Answer(context, answer);
        context.Response.Headers.Location = $"/api/v1/{kind.Plural}/{id}";
        return RecordCommands.Record(context, answer.Record!, StatusCodes.Status201Created);
    }

    /// <summary>The id of the record that was made, as its address says it; null when none was.</summary>
    public static string? MadeId(HttpContext context) =>
        context.Response.Headers.Location.ToString() is { Length: > 0 } location ? Uri.UnescapeDataString(location[(location.LastIndexOf('/') + 1)..]) : null;

    private static async Task<IResult> Edit(HttpContext context, RecordKind kind, string id, JsonObject body)
    {
        var (actor, wanted, sent) = (context.Actor(), RecordJson.IfMatch(context.Request), (JsonObject)body.DeepClone());
        for (var attempt = 0; attempt < MaxTries; attempt++)
        {
            var record = await Grain(context, kind, id).Get().WaitAsync(context.RequestAborted);
            if (Refusal(actor, RecordAction.Edit, record, deleted: false) is { } refusal) return refusal;
            if (wanted is { } version && version != record!.RecordVersion) return RecordCommands.Stale(context, record, sent);
            var patch = (JsonObject)sent.DeepClone();
            if (await context.Refusal(kind, patch) is { } fields) return fields;
            if (Ownerships.Change(context, patch, actor, record!) is { } outside) return outside;
            if (await RecordLinks.Check(context, kind, id, patch, record) is { } missing) return missing;

            // Decided for this version: a record that somebody took over meanwhile is looked at anew.
            var answer = await Grain(context, kind, id).Edit(patch.ToJsonString(), record!.RecordVersion, RecordCommands.Cause(context)).WaitAsync(context.RequestAborted);
            if (answer.Refusal != RecordRefusal.Stale) return RecordCommands.Answer(context, answer);
            if (wanted is not null) return RecordCommands.Stale(context, answer.Record!, sent);
        }

        return RecordRequests.Stale;
    }

    private static async Task<IResult> SetDeleted(HttpContext context, RecordKind kind, string id, bool deleted)
    {
        var (actor, wanted) = (context.Actor(), RecordJson.IfMatch(context.Request));
        for (var attempt = 0; attempt < MaxTries; attempt++)
        {
            var record = await Grain(context, kind, id).Get().WaitAsync(context.RequestAborted);
            if (Refusal(actor, RecordAction.Delete, record, !deleted) is { } refusal) return refusal;
            if (wanted is { } version && version != record!.RecordVersion) return RecordCommands.Stale(context, record, null);
            var answer = await Grain(context, kind, id).SetDeleted(deleted, record!.RecordVersion, RecordCommands.Cause(context)).WaitAsync(context.RequestAborted);
            if (answer.Refusal == RecordRefusal.None && deleted) return Results.NoContent();
            if (answer.Refusal != RecordRefusal.Stale) return RecordCommands.Answer(context, answer);
            if (wanted is not null) return RecordCommands.Stale(context, answer.Record!, null);
        }

        return RecordRequests.Stale;
    }

    // What one may neither see nor change is not there.
    private static Problem? Refusal(Actor actor, RecordAction action, RecordState? record, bool deleted)
    {
        if (record is null || (record.DeletedAt is not null) != deleted) return RecordCommands.Missing;
        if (actor.May(action, record.Kind, record.Whose)) return null;
        return actor.May(RecordAction.Read, record.Kind, record.Whose) ? RecordCommands.Forbidden : RecordCommands.Missing;
    }

    public static string NewId(HttpContext context, RecordKind kind)
    {
        var key = context.Request.Headers[Idempotency.Header].ToString();
        var random = key.Length == 0 ? RandomNumberGenerator.GetBytes(IdLength) : RecordCommands.Once(context, key);
        var id = new StringBuilder(kind.Prefix);
        for (var at = 0; at < IdLength; at++) id.Append(IdSigns[random[at] % IdSigns.Length]);
        return id.ToString();
    }
}
