using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Records;

namespace Crm.Orders;

/// <summary>Lines from the catalogue: what a line does not say is as its product says.</summary>
internal static class CatalogueLines
{
    private static readonly (string Line, string Product)[] s_members = [("name", "name"), ("price", "price"), ("taxRate", "taxRate")];

    /// <summary>Fills what is missing, but what is hidden from who asks.</summary>
    public static void Fill(JsonArray lines, IReadOnlyDictionary<(string Kind, string Id), RecordState> found, KindRights rights)
    {
        foreach (var node in lines)
        {
            if (node is not JsonObject line || line["product"] is not JsonValue named || !named.TryGetValue(out string? id)) continue;
            if (!found.TryGetValue((RecordKinds.Product, id), out var product)) continue;
            var fields = JsonNode.Parse(product.Fields)!;
            foreach (var (member, field) in s_members)
            {
                if (line[member] is not null || rights.Hidden.Contains(field) || fields[field]?.DeepClone() is not { } value) continue;
                (value as JsonObject)?.Remove("worth");
                line[member] = value;
            }
        }
    }
}
