using System.Text.Json.Nodes;
using Crm.Calls;

namespace Crm.Records;

/// <summary>Changes one field of a record that somebody looks at.</summary>
public static class FieldEdit
{
    /// <summary>
    /// Sends the change for the version that was looked at. When somebody changed another field meanwhile both changes hold; when it was
    /// this one, the answer is stale. The record is as it is then.
    /// </summary>
    public static async Task<(ApiAnswer Answer, JsonObject Record)> Send(Api api, KindShown shown, JsonObject before, string name, JsonNode? value)
    {
        var path = RecordPaths.Api(shown.Kind.Name, before.Text("id")!);
        var read = path + RecordPaths.Expand(shown);
        var answer = await Patch(before);
        if (answer.IsStale && await api.Get(read) is { Is: true } now && JsonNode.DeepEquals(FieldText.Of(now.Object, name), FieldText.Of(before, name)))
            answer = await Patch(now.Object);
        var fresh = answer.Is || answer.IsStale ? await api.Get(read) : null;
        return (answer, fresh is { Is: true } ? fresh.Object : answer.Is ? answer.Object : before);

        Task<ApiAnswer> Patch(JsonObject from)
        {
            var change = new JsonObject();
            RecordBody.Put(change, name, value);
            return api.Patch(path, RecordBody.Of(change), RecordPaths.Version(from));
        }
    }
}
