using System.Globalization;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Records;

namespace Crm.Leads;

/// <summary>A lead's ways: to an owner or into the pool, out of it by a claim, back into it when nobody cares, and into a customer.</summary>
internal sealed class LeadRules : RecordRules
{
    /// <summary>Newest steps that a lead remembers; all stand in the audit.</summary>
    public const int MaxHistory = 100;

    public override string Kind => RecordKinds.Lead;

    public override bool IsForTrash(string command) => command is "settled" or "forget";

    public override void Complete(JsonObject? before, JsonObject after, RuleTurn turn, IDictionary<string, string> errors)
    {
        after["touchedAt"] = Time(turn.Now);
        var (was, status) = ((string?)before?["status"], (string?)after["status"]);
        if (was != status && status == "converted") errors["status"] = "status: A lead becomes converted by POST /api/v1/leads/{id}/convert.";
        if (was != status && was == "converted") errors["status"] = "status: The lead is converted. POST /api/v1/leads/{id}/unconvert takes that back.";
        if (before is null)
        {
            // The desk finds it an owner by the rules, or puts it into the pool.
            if (after["owner"] is null) after["awaitsSince"] = Time(turn.Now);
            return;
        }

        if ((string?)before["owner"] == (string?)after["owner"]) return;
        if (after["owner"] is { } owner) Give(after, (string)owner!, "owner", turn, claimed: false);
        else Pool(after, "released", turn);
    }

    public override RecordDecision? Do(string command, JsonObject arguments, JsonObject fields, RuleTurn turn) => command switch
    {
        "claim" => Claim((string)arguments["user"]!, fields, turn),
        "release" => IsOpen(fields) ? To(fields, f => Pool(f, "released", turn), fields["owner"] is not null || fields["awaitsSince"] is not null) : RecordDecision.Refuse("The lead is closed."),
        "assign" => Assign((string?)arguments["user"], fields, turn),
        "recycle" => Recycle((string)arguments["idleSince"]!, fields, turn),
        "convert" => LeadConversion.Convert(arguments, fields, turn),
        "unconvert" => LeadConversion.Undo(fields, turn),
        "forget" => Forget(fields),
        "settled" => To(fields, f => f.Remove("pending"), fields["pending"] is not null),
        _ => null,
    };

    private static RecordDecision Claim(string user, JsonObject fields, RuleTurn turn)
    {
        if (!IsOpen(fields)) return RecordDecision.Refuse("The lead is closed.");
        if (fields["owner"] is not { } owner) return To(fields, f => Give(f, user, "claimed", turn, claimed: true));
        return (string?)owner == user ? RecordDecision.To(fields) : RecordDecision.Refuse("Somebody else has the lead. Those in the pool are listed by GET /api/v1/leads/pool.");
    }

    // Of a lead that got an owner meanwhile nothing changes.
    private static RecordDecision Assign(string? user, JsonObject fields, RuleTurn turn)
    {
        if (fields["awaitsSince"] is null) return RecordDecision.To(fields);
        if (fields["owner"] is not null) return To(fields, f => f.Remove("awaitsSince"));
        return To(fields, f =>
        {
            if (user is null) Pool(f, "pooled", turn);
            else Give(f, user, "assigned", turn, claimed: false);
        });
    }

    // Touched meanwhile, or closed: it stays. So a second call changes nothing.
    private static RecordDecision Recycle(string idleSince, JsonObject fields, RuleTurn turn) =>
        To(fields, f => Pool(f, "recycled", turn), IsOpen(fields) && fields["owner"] is not null && string.CompareOrdinal((string?)fields["touchedAt"], idleSince) < 0);

    // The person that it became was erased: nothing of the person stays, that there was a lead does.
    private static RecordDecision Forget(JsonObject fields) => To(fields, f =>
    {
        foreach (var name in (string[])["email", "phone", "company", "description", "customer", "pending", "custom"]) f.Remove(name);
        (f["conversion"] as JsonObject)?.Remove("customer");
        f["name"] = Erased;
    }) with { IsSilent = true };

    private static void Give(JsonObject fields, string user, string what, RuleTurn turn, bool claimed)
    {
        Remember(fields, what, user, turn);
        fields["owner"] = user;
        fields.Remove("pooledAt");
        fields.Remove("awaitsSince");
        if (claimed) fields["claimedAt"] = Time(turn.Now);
        else fields.Remove("claimedAt");
        fields["touchedAt"] = Time(turn.Now);
    }

    private static void Pool(JsonObject fields, string what, RuleTurn turn)
    {
        Remember(fields, what, (string?)fields["owner"], turn);
        foreach (var name in (string[])["owner", "claimedAt", "awaitsSince"]) fields.Remove(name);
        fields["pooledAt"] = Time(turn.Now);
    }

    internal static void Remember(JsonObject fields, string what, string? user, RuleTurn turn)
    {
        var steps = fields["history"] is JsonArray there ? (JsonArray)there.DeepClone() : [];
        var step = new JsonObject { ["what"] = what, ["at"] = Time(turn.Now), ["by"] = turn.Cause.By };
        if (user is not null) step["user"] = user;
        steps.Add(step);
        while (steps.Count > MaxHistory) steps.RemoveAt(0);
        fields["history"] = steps;
    }

    internal static bool IsOpen(JsonObject fields) => (string?)fields["status"] is not ("converted" or "unqualified");

    internal static string Time(DateTimeOffset at) => at.UtcDateTime.ToString(FieldValues.TimeFormat, CultureInfo.InvariantCulture);

    private static RecordDecision To(JsonObject fields, Action<JsonObject> change, bool when = true)
    {
        if (when) change(fields);
        return RecordDecision.To(fields);
    }
}
