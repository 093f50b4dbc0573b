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

    private static readonly string[] s_ofMessages = ["channel", "from", "to", "cc", "html"];
    private static readonly int s_maxBody = RecordKind.Activity.Rule("body")!.Max;

    public override string Kind => RecordKinds.Activity;

    public override bool IsForTrash(string command) => command == "forget";

    // What was said or done with the person. The external id stays: whoever logs the same mail again meets a record that has forgotten it.
    public override RecordDecision? Do(string command, JsonObject arguments, JsonObject fields, RuleTurn turn)
    {
        if (command != "forget") return null;
        fields["subject"] ??= Erased;
        return Forget(fields, "subject", ["body", "html", "from", "to", "cc", "participants", "description", KindFields.Member]);
    }

    public override void Complete(JsonObject? before, JsonObject after, RuleTurn turn, IDictionary<string, string> errors)
    {
        after["at"] ??= turn.Now.UtcDateTime.ToString(FieldValues.TimeFormat, CultureInfo.InvariantCulture);
        Message(before, after, errors);
        if (IsEmpty(after["subject"]) && IsEmpty(after["body"]) && IsEmpty(after["html"])) errors.TryAdd("subject", "subject: It needs a subject or a body.");
        if (after["durationMinutes"] is { } minutes && (decimal)minutes is < 0 or > MaxMinutes)
            errors.TryAdd("durationMinutes", $"durationMinutes: It is a number from 0 to {MaxMinutes:0}.");
    }

    private static void Message(JsonObject? before, JsonObject after, IDictionary<string, string> errors)
    {
        var type = (string?)after["type"];
        if (type is not ("message" or "call") && after["direction"] is not null) errors.TryAdd("direction", $"direction: Messages and calls have one, a {type} has none.");
        if (type != "message")
            foreach (var name in s_ofMessages.Where(n => after[n] is not null)) errors.TryAdd(name, $"{name}: Messages have it, a {type} has not. Take it away with null.");

        // So that a mail of HTML alone can be read where only text is shown.
        if (before is null && IsEmpty(after["body"]) && (string?)after["html"] is { } html && HtmlText.Plain(html, s_maxBody) is { Length: > 0 } text) after["body"] = text;
    }

    private static bool IsEmpty(JsonNode? text) => string.IsNullOrEmpty((string?)text);
}
