using System.Globalization;
using System.Text.Json.Nodes;
using Crm.Records;

namespace Crm.Deals;

/// <summary>A deal's way through the stages of its pipeline: pure.</summary>
internal sealed class DealWay(PipelineSet pipelines, JsonObject fields, RuleTurn turn)
{
    /// <summary>Newest steps that a deal remembers; all stand in its timeline.</summary>
    public const int MaxHistory = 100;

    /// <summary>What a deal's status says.</summary>
    public static StageType TypeOf(JsonObject fields) => (string?)fields["status"] switch
    {
        "won" => StageType.Won,
        "lost" => StageType.Lost,
        _ => StageType.Open,
    };

    /// <summary>Places a new deal: where it says, else where the default pipeline begins. It may be closed already, as those that are taken over.</summary>
    public void Begin(IDictionary<string, string> errors)
    {
        if (Target(null, errors) is not ({ } pipeline, { } stage) || !Has(stage, errors)) return;
        Enter(pipeline, stage);
        if (stage.Type != StageType.Open) fields[stage.Type == StageType.Won ? "wonAt" : "lostAt"] = Closed();
    }

    /// <summary>Follows an edit: of the stage, or of what its stage demands.</summary>
    public void Change(JsonObject before, IDictionary<string, string> errors)
    {
        if (Same(before, "pipeline") && Same(before, "stage"))
        {
            Stay(before, errors);
            return;
        }

        if (Target(before, errors) is not ({ } pipeline, { } stage)) return;
        if (TypeOf(before) != StageType.Open) errors["stage"] = "stage: The deal is closed. Reopen it first.";
        else if (stage.Type != StageType.Open) errors["stage"] = $"stage: A deal comes to {stage.Name} by {(stage.Type == StageType.Won ? "winning" : "losing")} it.";
        else if (Has(stage, errors)) Enter(pipeline, stage);
    }

    /// <summary>Whether the deal has all that a stage demands.</summary>
    public bool Has(Stage stage, IDictionary<string, string> errors)
    {
        foreach (var name in stage.Required.Where(IsEmpty)) errors[name] = $"{name}: It is needed in the stage {stage.Name}.";
        return errors.Count == 0;
    }

    /// <summary>Puts the deal into a stage, now.</summary>
    public void Enter(Pipeline pipeline, Stage stage)
    {
        var steps = fields["stageHistory"] as JsonArray ?? [];
        steps.Add(new JsonObject { ["stage"] = stage.Id, ["name"] = stage.Name, ["at"] = DealRules.Time(turn.Now), ["by"] = turn.Cause.By });
        while (steps.Count > MaxHistory) steps.RemoveAt(0);
        fields["stageHistory"] = steps.Parent is null ? steps : steps.DeepClone();
        fields["pipeline"] = pipeline.Id;
        fields["stage"] = stage.Id;
        fields["status"] = stage.Type switch { StageType.Won => "won", StageType.Lost => "lost", _ => "open" };
        fields["stageEnteredAt"] = DealRules.Time(turn.Now);
        if (stage is { Type: StageType.Open, RottingDays: { } days }) fields["rottenAt"] = DealRules.Time(turn.Now.AddDays(days));
        else fields.Remove("rottenAt");
        SetProbability(stage);
    }

    /// <summary>Where a closed deal is opened again: where it is told to, else where it was open last.</summary>
    public (Pipeline? Pipeline, Stage? Stage) LastOpen(string? wanted)
    {
        if (pipelines.Find((string)fields["pipeline"]!) is not { } pipeline) return (null, null);
        if (wanted is not null) return (pipeline, pipeline.Stages.FirstOrDefault(s => s.Id == wanted && s.Type == StageType.Open));
        var steps = (fields["stageHistory"] as JsonArray)?.Select(s => (string?)s?["stage"]).Reverse() ?? [];
        var last = steps.Select(id => pipeline.Stages.FirstOrDefault(s => s.Id == id && s.Type == StageType.Open)).FirstOrDefault(s => s is not null);
        return (pipeline, last ?? pipeline.First);
    }

    private void Stay(JsonObject before, IDictionary<string, string> errors)
    {
        if (pipelines.Stage((string)fields["stage"]!) is not ({ }, { } stage)) return;
        foreach (var name in stage.Required.Where(n => IsEmpty(n) && !IsEmpty(before[n]))) errors[name] = $"{name}: It is needed in the stage {stage.Name}.";
        if (TypeOf(fields) == StageType.Open) SetProbability(stage);
    }

    private (Pipeline? Pipeline, Stage? Stage) Target(JsonObject? before, IDictionary<string, string> errors)
    {
        var (pipeline, stage) = ((string?)fields["pipeline"], (string?)fields["stage"]);
        var names = before is null ? stage is not null : !Same(before, "stage");
        if (names)
        {
            if (stage is null || pipelines.Stage(stage) is not ({ } its, { } found)) errors["stage"] = "stage: There is no such stage.";
            else if (pipeline is not null && its.Id != pipeline && (before is null || !Same(before, "pipeline"))) errors["stage"] = "stage: It is not of that pipeline.";
            else return (its, found);
            return (null, null);
        }

        var of = pipeline is null ? pipelines.Default : pipelines.Find(pipeline);
        if (of is null) errors["pipeline"] = "pipeline: There is no such pipeline.";
        return (of, of?.First);
    }

    private void SetProbability(Stage stage) =>
        fields["probability"] = stage.Type == StageType.Open && fields["winProbability"] is { } own ? own.DeepClone() : stage.Probability;

    // Of a deal that is taken over closed, the day of its end is known at best.
    private string Closed() =>
        (string?)fields["closeDate"] is { } day && DateOnly.TryParseExact(day, FieldValues.DayFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out var at)
            && at <= DateOnly.FromDateTime(turn.Now.UtcDateTime)
                ? day + "T00:00:00.000Z"
                : DealRules.Time(turn.Now);

    private bool Same(JsonObject before, string name) => (string?)before[name] == (string?)fields[name];

    private bool IsEmpty(string name) => IsEmpty(fields[name] ?? (name.StartsWith("custom.", StringComparison.Ordinal) ? fields["custom"]?[name[7..]] : null));

    private static bool IsEmpty(JsonNode? value) => value switch
    {
        null => true,
        JsonArray list => list.Count == 0,
        JsonValue text when text.TryGetValue(out string? held) => held.Length == 0,
        _ => false,
    };
}
