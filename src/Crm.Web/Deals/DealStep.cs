using System.Text.Json.Nodes;
using Crm.Calls;
using Crm.Records;

namespace Crm.Deals;

/// <summary>A deal on its way to another stage: by which command of the API, and with what else.</summary>
/// <param name="Command"><c>move</c>, <c>win</c>, <c>lose</c> or <c>reopen</c>.</param>
/// <param name="To">Where it goes.</param>
public sealed record DealStep(string Command, Stage To)
{
    /// <summary>Fields that the stage asks for.</summary>
    public JsonObject? Fields { get; init; }

    /// <summary>Why it is lost.</summary>
    public string? Reason { get; init; }

    /// <summary>The step between two stages; null where a deal is to be opened again first.</summary>
    public static DealStep? Between(Stage from, Stage to) => (from.Type, to.Type) switch
    {
        (StageType.Open, StageType.Open) => new DealStep("move", to),
        (StageType.Open, StageType.Won) => new DealStep("win", to),
        (StageType.Open, StageType.Lost) => new DealStep("lose", to),
        (_, StageType.Open) => new DealStep("reopen", to),
        _ => null,
    };

    /// <summary>The step that takes one back. An end sets the close date to its own day: that is taken back with it.</summary>
    /// <param name="dates">Whether who takes it back may set close dates.</param>
    public static DealStep? Back(JsonObject before, Stage from, Stage to, bool dates) => Between(to, from) is not { } back ? null : back with
    {
        Reason = before.Text("lostReason"),
        Fields = dates && back.Command == "reopen" && before["closeDate"] is { } day ? new JsonObject { ["closeDate"] = day.DeepClone() } : null,
    };

    /// <summary>The deal as it is when nobody objects.</summary>
    public JsonObject Shown(JsonObject deal)
    {
        var shown = (JsonObject)deal.DeepClone();
        foreach (var (name, value) in Fields ?? []) RecordBody.Put(shown, name, value);
        shown["stage"] = To.Id;
        shown["status"] = To.Type switch { StageType.Won => "won", StageType.Lost => "lost", _ => "open" };
        if (To.Type != StageType.Open || shown["winProbability"] is null) shown["probability"] = To.Probability;
        shown.Remove("rottenAt");
        return shown;
    }

    /// <summary>An answer with what the deal before showed of its links and of its customers.</summary>
    public static JsonObject With(JsonObject answered, JsonObject before)
    {
        var shown = (JsonObject)answered.DeepClone();
        foreach (var (name, value) in before)
            if (value is JsonObject linked && linked.ContainsKey("id") && shown.Text(name) == linked.Text("id")) shown[name] = linked.DeepClone();
        if (shown["heat"] is null && shown.Text("status") == "open" && before["heat"] is { } heat) shown["heat"] = heat.DeepClone();
        return shown;
    }

    /// <summary>Sends it. Where somebody changed something else of the deal meanwhile, both changes hold.</summary>
    public async Task<ApiAnswer> Send(Api api, JsonObject deal)
    {
        var answer = await Once(api, deal);
        return answer.IsStale && answer.Object.Part("current") is { } now && now.Text("stage") == deal.Text("stage") && now.Text("status") == deal.Text("status")
            ? await Once(api, now)
            : answer;
    }

    private async Task<ApiAnswer> Once(Api api, JsonObject deal)
    {
        var (path, version) = ("/api/v1/deals/" + Uri.EscapeDataString(deal.Text("id") ?? ""), Tag(deal));
        if (Fields is not null)
        {
            // With a move they come together; an end is a command of its own.
            var patch = RecordBody.Of(Fields);
            if (Command == "move") patch["stage"] = To.Id;
            var filled = await api.Patch(path, patch, version);
            if (!filled.Is || Command == "move") return filled;
            version = Tag(filled.Object);
        }

        var body = Command switch
        {
            "lose" => new JsonObject { ["reason"] = Reason },
            "win" => [],
            _ => new JsonObject { ["stage"] = To.Id },
        };
        return await api.Ask(new ApiRequest("POST", $"{path}/{Command}") { Body = body, IfMatch = version });
    }

    private static string Tag(JsonObject deal) => $"\"{deal.Text("recordVersion")}.0\"";
}

/// <summary>A deal as a page is to show it now.</summary>
/// <param name="IsSure">Whether the API answered it; else it is a wish, or one that was taken back.</param>
public sealed record DealPlace(JsonObject Deal, bool IsSure);
