using System.Text.Json.Nodes;
using Crm.Calls;
using Crm.Records;

namespace Crm.Deals;

/// <summary>Edits of one field of a deal.</summary>
internal static class DealEdits
{
    /// <summary>Sends it. Where somebody changed something else of the deal meanwhile, both changes hold; 412 is of the same field.</summary>
    public static async Task<ApiAnswer> Send(Api api, JsonObject deal, string field, JsonNode? value)
    {
        var answer = await Once(api, deal, field, value);
        return answer.IsStale && answer.Object.Part("current") is { } now && JsonNode.DeepEquals(Plain(now, field), Plain(deal, field))
            ? await Once(api, now, field, value)
            : answer;
    }

    private static Task<ApiAnswer> Once(Api api, JsonObject deal, string field, JsonNode? value) => api.Patch(
        "/api/v1/deals/" + Uri.EscapeDataString(deal.Text("id") ?? ""), new JsonObject { [field] = value?.DeepClone() }, $"\"{deal.Text("recordVersion")}.0\"");

    // Links are shown by their names here, and by their ids there.
    private static JsonNode? Plain(JsonObject deal, string field) => RecordBody.Of(new JsonObject { [field] = deal[field]?.DeepClone() })[field];
}
