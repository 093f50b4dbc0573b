using System.Text.Json.Nodes;
using Crm.Calls;

namespace Crm.Records;

/// <summary>What is to be done to many records.</summary>
/// <param name="Text">Names it, as a key of the texts: <c>bulk.KEY</c>.</param>
/// <param name="Run">Does it to one.</param>
public sealed record BulkChange(string Text, Func<Api, string, JsonObject, Task<ApiAnswer>> Run)
{
    /// <summary>Tries of a change that meets others.</summary>
    private const int MaxTries = 4;

    /// <summary>Into the trash.</summary>
    public static BulkChange Delete { get; } = new("deleted", (api, path, _) => api.Delete(path));

    /// <summary>Out of the trash.</summary>
    public static BulkChange Restore { get; } = new("restored", (api, path, _) => api.Post(path + "/restore"));

    /// <summary>To another owner.</summary>
    public static BulkChange Owner(string? user) => new("owned", (api, path, _) => api.Patch(path, new JsonObject { ["owner"] = user }));

    /// <summary>A tag more, beside those that it has.</summary>
    public static BulkChange Tag(string tag) => new("tagged", async (api, path, record) =>
    {
        for (var tries = 1; ; tries++)
        {
            var tags = record.Texts("tags");
            if (tags.Contains(tag)) return new ApiAnswer(200, null);
            var answer = await api.Patch(path, new JsonObject { ["tags"] = new JsonArray([.. tags.Append(tag).Select(t => (JsonNode)t)]) }, RecordPaths.Version(record));
            if (!answer.IsStale || tries == MaxTries) return answer;
            var now = await api.Get(path);
            if (!now.Is) return now;
            record = now.Object;
        }
    });
}
