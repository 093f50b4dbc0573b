using System.Text.Json.Nodes;
using Crm.Records;

namespace Crm.Deals;

/// <summary>The order that a won deal becomes.</summary>
internal static class DealOrder
{
    /// <summary>One deal makes one order, however often and by whom it is won: the order's id is made of the deal's.</summary>
    public static MadeRecord Of(RecordKind order, string deal, JsonObject fields, DateTimeOffset now)
    {
        var id = order.Prefix + deal[(deal.IndexOf('_', StringComparison.Ordinal) + 1)..];
        var made = new JsonObject();
        foreach (var rule in order.Rules)
            if (rule.Default is { } value) made[rule.Field.Name] = value;
        Set("name", fields["name"]);
        Set("deal", deal);
        Set("customer", (fields["customers"] as JsonArray)?.FirstOrDefault());
        Set("company", fields["company"]);
        Set("owner", fields["owner"]);
        Set("team", fields["team"]);
        Set("lines", fields["lines"]);
        Set("totals", fields["totals"]);
        Set("amount", fields["amount"]);
        Set("total", fields["amount"]);
        Set("orderedAt", DealRules.Time(now));
        Set("source", "deal");
        return new MadeRecord(order.Name, id, made);

        void Set(string name, JsonNode? value)
        {
            if (value is not null && order.Rule(name) is not null) made[name] = value.DeepClone();
        }
    }
}
