using System.Text.Json.Nodes;
using Crm.Calls;

namespace Crm.Records;

/// <summary>What a form says of a record, as the API takes it.</summary>
public static class RecordBody
{
    /// <summary>Links and users by their ids.</summary>
    public static JsonObject Of(JsonObject given)
    {
        var body = new JsonObject();
        foreach (var (name, value) in given)
        {
            if (name == "custom" && value is JsonObject own) body[name] = Of(own);
            else body[name] = value is JsonObject linked && linked.ContainsKey("id") && !linked.ContainsKey("amount") ? linked.Text("id") : value?.DeepClone();
        }

        return body;
    }

    /// <summary>Sets a field, also one of the company's own.</summary>
    public static void Put(JsonObject given, string name, JsonNode? value)
    {
        if (!name.StartsWith(CustomField.Prefix, StringComparison.Ordinal))
        {
            given[name] = value?.DeepClone();
            return;
        }

        if (given["custom"] is not JsonObject own) given["custom"] = own = [];
        own[name[CustomField.Prefix.Length..]] = value?.DeepClone();
    }
}
