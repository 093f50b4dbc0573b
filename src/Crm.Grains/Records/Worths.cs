using System.Globalization;
using System.Text.Json.Nodes;
using Crm.Company;
using Crm.Customers;

namespace Crm.Records;

/// <summary>What the money of a record is worth in the company's base currency: found when the money is written, by the rate of that day.</summary>
internal static class Worths
{
    /// <summary>The member of money that holds it, as text; not there without a rate.</summary>
    public const string Member = "worth";

    /// <summary>Sets the worth of all money. Money that is as it was keeps the worth that it had.</summary>
    public static void Fill(KindFields kind, JsonObject? before, JsonObject after, CompanyMoney company, DateTimeOffset now)
    {
        foreach (var rule in kind.Rules.Where(r => r.Field.Type == FieldType.Money))
        {
            if (Held(rule, after) is not { } money) continue;
            var was = before is null ? null : Held(rule, before);
            if (was?[Member] is { } worth && Text(was, "amount") == Text(money, "amount") && Text(was, "currency") == Text(money, "currency"))
                money[Member] = worth.DeepClone();
            else if (Of(money, company, now) is { } found) money[Member] = Currencies.Format(found, company.Base);
            else money.Remove(Member);
        }
    }

    /// <summary>Sets the worth of all money anew, by the rates of a day; or of that alone which has none.</summary>
    public static void Refill(KindFields kind, JsonObject fields, CompanyMoney company, DateTimeOffset at, bool all)
    {
        foreach (var rule in kind.Rules.Where(r => r.Field.Type == FieldType.Money))
        {
            if (Held(rule, fields) is not { } money || (!all && money[Member] is not null)) continue;
            if (Of(money, company, at) is { } found) money[Member] = Currencies.Format(found, company.Base);
            else money.Remove(Member);
        }
    }

    private static decimal? Of(JsonObject money, CompanyMoney company, DateTimeOffset now) =>
        decimal.TryParse(Text(money, "amount"), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount)
        && Text(money, "currency") is { } currency && company.TryConvert(amount, currency, now.ToUnixTimeMilliseconds(), out var worth)
            ? worth
            : null;

    private static JsonObject? Held(FieldRule rule, JsonObject fields) => rule.Field.Name.StartsWith(CustomField.Prefix, StringComparison.Ordinal)
        ? fields[KindFields.Member]?[rule.Field.Name[CustomField.Prefix.Length..]] as JsonObject
        : fields[rule.Field.Name] as JsonObject;

    private static string? Text(JsonObject money, string member) => money[member]?.ToString();
}
