using System.Globalization;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Records;

namespace Crm.Activities;

/// <summary>What holds for notes, calls, meetings and messages.</summary>
internal sealed class ActivityRules : RecordRules
{
    // A meeting of a week is none.
    private const decimal MaxMinutes = 7 * 24 * 60;

    public override string Kind => RecordKinds.Activity;

    public override bool IsForTrash(string command) => command == "forget";

    // What was said or done with the person.
    public override RecordDecision? Do(string command, JsonObject arguments, JsonObject fields, RuleTurn turn)
    {
        if (command != "forget") return null;
        fields["subject"] ??= Erased;
        return Forget(fields, "subject", "body", "participants", "description", KindFields.Member);
    }

    public override void Complete(JsonObject? before, JsonObject after, RuleTurn turn, IDictionary<string, string> errors)
    {
        after["at"] ??= turn.Now.UtcDateTime.ToString(FieldValues.TimeFormat, CultureInfo.InvariantCulture);
        if (string.IsNullOrEmpty((string?)after["subject"]) && string.IsNullOrEmpty((string?)after["body"]))
            errors.TryAdd("subject", "subject: It needs a subject or a body.");
        if (after["durationMinutes"] is { } minutes && (decimal)minutes is < 0 or > MaxMinutes)
            errors.TryAdd("durationMinutes", $"durationMinutes: It is a number from 0 to {MaxMinutes:0}.");
    }
}
