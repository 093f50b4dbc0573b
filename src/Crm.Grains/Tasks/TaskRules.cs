using System.Globalization;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Records;

namespace Crm.Tasks;

/// <summary>What holds for tasks: a task that is done says since when.</summary>
internal sealed class TaskRules : RecordRules
{
    public override string Kind => RecordKinds.TaskKind;

    public override bool IsForTrash(string command) => command == "forget";

    public override RecordDecision? Do(string command, JsonObject arguments, JsonObject fields, RuleTurn turn) =>
        command == "forget" ? Forget(fields, "subject", "description", KindFields.Member) : null;

    public override void Complete(JsonObject? before, JsonObject after, RuleTurn turn, IDictionary<string, string> errors)
    {
        after["status"] ??= "open";
        after["priority"] ??= "normal";
        if ((string?)after["status"] != "done") after.Remove("doneAt");
        else after["doneAt"] ??= turn.Now.UtcDateTime.ToString(FieldValues.TimeFormat, CultureInfo.InvariantCulture);
    }
}
