using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Deals;

namespace Crm.Forecasts;

/// <summary>Says of a forecast's lines by name whose they are.</summary>
internal sealed class ForecastNames(PeopleDirectory people, Pipelines pipelines)
{
    public async Task Fill(JsonObject forecast, ForecastBy by, CancellationToken stop)
    {
        if (by == ForecastBy.Month) return;
        var all = by == ForecastBy.Pipeline ? await pipelines.Now(stop) : null;
        foreach (var item in forecast["items"]!.AsArray())
            if ((string?)item![by.ToString().ToLowerInvariant()] is { } id && Name(by, id, all) is { } name) item["name"] = name;
    }

    private string? Name(ForecastBy by, string id, PipelineSet? all) => by switch
    {
        ForecastBy.Owner => people.User(id)?.Name,
        ForecastBy.Team => people.Team(id)?.Name,
        _ => all?.Find(id)?.Name,
    };
}
