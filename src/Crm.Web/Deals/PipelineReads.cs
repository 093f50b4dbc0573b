using System.Text.Json.Nodes;
using Crm.Calls;

namespace Crm.Deals;

/// <summary>Pipelines as the API shows them.</summary>
internal static class PipelineReads
{
    /// <summary>All of an answer, in order; none when it was refused.</summary>
    public static IReadOnlyList<Pipeline> All(ApiAnswer answer) => [.. answer.Items.Select(Read)];

    private static Pipeline Read(JsonObject json) => new(json.Text("id") ?? "", json.Text("name") ?? "", [.. json.Parts("stages").Select(Stage)])
    {
        LostReasons = json.Texts("lostReasons"),
    };

    private static Stage Stage(JsonObject json) => new(json.Text("id") ?? "", json.Text("name") ?? "", Type(json.Text("type")))
    {
        Probability = json.Number("probability") ?? 0,
        RottingDays = (int?)json.Number("rottingDays"),
    };

    private static StageType Type(string? name) => name switch { "won" => StageType.Won, "lost" => StageType.Lost, _ => StageType.Open };
}
