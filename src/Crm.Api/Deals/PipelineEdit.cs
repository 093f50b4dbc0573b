using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Crm.Records;

namespace Crm.Deals;

/// <summary>Edits of a pipeline by a merge-patch; <c>stages</c> is given whole, in order. Pure but for the ids of new stages.</summary>
internal static class PipelineEdit
{
    public const int MaxStages = 30;
    public const int MaxReasons = 50;
    private const int MaxName = 100;
    private const int MaxRequired = 20;
    private const int MaxRottingDays = 3_650;

    private static readonly string[] s_members = ["name", "position", "stages", "lostReasons"];

    /// <summary>What a pipeline begins with that does not say.</summary>
    public static IReadOnlyList<Stage> NewStages() =>
    [
        new(StageId(), "Qualification", StageType.Open) { Probability = 20 }, new(StageId(), "Proposal", StageType.Open) { Probability = 60 },
        new(StageId(), "Won", StageType.Won) { Probability = 100 }, new(StageId(), "Lost", StageType.Lost),
    ];

    /// <summary>The pipeline after a patch; what cannot be used is named in <paramref name="errors"/>.</summary>
    public static Pipeline Apply(Pipeline there, JsonObject patch, IDictionary<string, string> errors)
    {
        var now = there;
        foreach (var (name, value) in patch)
        {
            switch (name)
            {
                case "name" when Text(value) is { Length: > 0 and <= MaxName } text: now = now with { Name = text }; break;
                case "name": errors[name] = $"name: It is 1 to {MaxName} characters."; break;
                case "position" when Whole(value, 1_000) is { } position: now = now with { Position = position }; break;
                case "position": errors[name] = "position: It is a whole number from 1 on."; break;
                case "lostReasons" when Texts(value, MaxReasons, 200) is { } reasons: now = now with { LostReasons = reasons }; break;
                case "lostReasons": errors[name] = $"lostReasons: It is a list of at most {MaxReasons} different texts."; break;
                case "stages" when Stages(value, there, errors) is { } stages: now = now with { Stages = stages }; break;
                case "stages": errors.TryAdd(name, $"stages: It is a list of at most {MaxStages} stages."); break;
                default: errors[name] = $"{name}: There is no such member; there are {string.Join(", ", s_members)}."; break;
            }
        }

        if (now.Name.Length == 0) errors.TryAdd("name", "name: It is needed.");
        return now;
    }

    private static List<Stage>? Stages(JsonNode? value, Pipeline there, IDictionary<string, string> errors)
    {
        if (value is not JsonArray { Count: > 0 and <= MaxStages } list) return null;
        var stages = new List<Stage>();
        foreach (var node in list)
        {
            var given = Text(node is JsonObject ? node["id"] : null);
            var old = there.Stages.FirstOrDefault(s => s.Id == given);
            if (node is not JsonObject stage || (given is not null && old is null) || Read(stage, old, out var wrong) is not { } read)
            {
                errors["stages"] = $"stages: Stage {stages.Count + 1}: " + (given is not null && old is null ? "This pipeline has no stage with that id; a new one has none." : Why(node));
                return null;
            }

            if (wrong.Length > 0)
            {
                errors["stages"] = $"stages: Stage {stages.Count + 1}: {wrong}";
                return null;
            }

            stages.Add(read);
        }

        var counts = stages.CountBy(s => s.Type).ToDictionary();
        if (counts.GetValueOrDefault(StageType.Won) != 1 || counts.GetValueOrDefault(StageType.Lost) != 1 || !counts.ContainsKey(StageType.Open))
            errors["stages"] = "stages: A pipeline has open stages, and exactly one of type won and one of type lost.";
        else if (stages.Select(s => s.Id).Distinct().Count() < stages.Count) errors["stages"] = "stages: A stage is listed twice.";
        else if (stages.Any(s => there.Stages.FirstOrDefault(o => o.Id == s.Id) is { } old && old.Type != s.Type))
            errors["stages"] = "stages: What standing in a stage means does not change: make another stage.";
        return stages;
    }

    private static Stage? Read(JsonObject given, Stage? old, out string wrong)
    {
        wrong = "";
        var stage = old ?? new Stage(StageId(), "", StageType.Open);
        foreach (var (name, value) in given)
        {
            switch (name)
            {
                case "id": break;
                case "name" when Text(value) is { Length: > 0 and <= MaxName } text: stage = stage with { Name = text }; break;
                case "type" when Type(Text(value)) is { } type: stage = stage with { Type = type }; break;
                case "probability" when Percent(value) is { } chance: stage = stage with { Probability = chance }; break;
                case "rottingDays" when value is null || Whole(value, MaxRottingDays) is not null: stage = stage with { RottingDays = value is null ? null : (int)value }; break;
                case "required" when Texts(value, MaxRequired, 100) is { } fields: stage = stage with { Required = fields }; break;
                default: wrong = $"{name} cannot be used: {Why(given)}"; break;
            }
        }

        var unknown = stage.Required.FirstOrDefault(f => !f.StartsWith("custom.", StringComparison.Ordinal) && RecordKind.Deal.Rule(f) is null or { IsSystem: true });
        if (wrong.Length == 0 && unknown is not null) wrong = $"a deal has no field {unknown} that people fill in.";
        return stage.Name.Length == 0 ? null : stage.Type switch
        {
            StageType.Won => stage with { Probability = 100, RottingDays = null },
            StageType.Lost => stage with { Probability = 0, RottingDays = null },
            _ => stage,
        };
    }

    private static string Why(JsonNode? _) =>
        "It has a name, a type (open, won, lost), a probability from 0 to 100, rottingDays or null, and required, a list of fields.";

    private static string StageId() => "st_" + RandomNumberGenerator.GetHexString(20, lowercase: true);

    private static string? Text(JsonNode? node) => node is JsonValue value && value.GetValueKind() == JsonValueKind.String ? ((string)value!).Trim() : null;

    private static int? Whole(JsonNode? node, int max) => node is JsonValue value && value.TryGetValue(out int number) && number >= 1 && number <= max ? number : null;

    private static decimal? Percent(JsonNode? node) => node is JsonValue value && value.TryGetValue(out decimal number) && number is >= 0 and <= 100 ? number : null;

    private static StageType? Type(string? text) => text switch { "open" => StageType.Open, "won" => StageType.Won, "lost" => StageType.Lost, _ => null };

    private static List<string>? Texts(JsonNode? node, int max, int length)
    {
        if (node is not JsonArray list || list.Count > max) return null;
        var texts = list.Select(Text).ToList();
        return texts.TrueForAll(t => t is { Length: > 0 } && t.Length <= length) && texts.Distinct().Count() == texts.Count ? [.. texts.Select(t => t!)] : null;
    }
}
