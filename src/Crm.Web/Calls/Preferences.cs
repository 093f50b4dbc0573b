using System.Text.Json.Nodes;

namespace Crm.Calls;

/// <summary>How whoever looks wants the pages to be: read once, kept on the server, the same in every browser.</summary>
public sealed class Preferences(Api api)
{
    private Dictionary<string, JsonObject>? _kept;

    /// <summary>What is kept by a name; null for nothing.</summary>
    public async Task<JsonObject?> Get(string name)
    {
        if (_kept is null)
        {
            var answer = await api.Get("/api/v1/me/preferences");
            if (!answer.Is) return null;
            _kept = answer.Items.Where(p => p["value"] is JsonObject).ToDictionary(p => p.Text("name")!, p => (JsonObject)p["value"]!.DeepClone());
        }

        return _kept.GetValueOrDefault(name);
    }

    /// <summary>Keeps something; null forgets it.</summary>
    public async Task<ApiAnswer> Keep(string name, JsonObject? value)
    {
        if (value is null) _kept?.Remove(name);
        else if (_kept is not null) _kept[name] = value;
        var path = "/api/v1/me/preferences/" + Uri.EscapeDataString(name);
        return value is null ? await api.Delete(path) : await api.Put(path, new JsonObject { ["value"] = value.DeepClone() });
    }
}
