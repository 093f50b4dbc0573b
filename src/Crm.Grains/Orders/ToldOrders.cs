using System.Globalization;
using System.Text.Json.Nodes;
using Crm.Company;
using Crm.Customers;
using Crm.Records;

namespace Crm.Orders;

/// <summary>
/// How an order takes what events tell of it, in whatever order and how often they come: its earliest completion dates it, its latest
/// completion or update gives amounts and lines, refunds add up beside it, each once. So the profile counts it, too.
/// </summary>
internal static class ToldOrders
{
    /// <summary>The command.</summary>
    public const string Command = "told";

    private const int MaxRefunds = 100;
    private const int ShortNumber = 8;

    private static readonly string[] s_ofTheBooks = ["currency", "total", "tax", "discount", "paid", "refunded", "placedAt", "status", "paymentState", "owner", "team"];

    /// <summary>The fields after an event.</summary>
    /// <param name="told">What <see cref="OrderTelling"/> read, with the <c>customer</c> as it is called now.</param>
    public static JsonObject Take(JsonObject fields, JsonObject told, RuleTurn turn)
    {
        var note = fields["told"] as JsonObject ?? [];
        if (note.Parent is null) fields["told"] = note;
        fields["number"] ??= told["number"]?.DeepClone() ?? Short(turn);
        fields["source"] ??= told["source"]?.DeepClone();
        if (told["customer"] is { } customer) fields["customer"] = customer.DeepClone();
        switch (Enum.Parse<Meaning>((string)told["is"]!))
        {
            case Meaning.OrderCompleted:
                Complete(fields, note, (long)told["atMs"]!);
                Offer(fields, note, told);
                break;
            case Meaning.OrderUpdated:
                Offer(fields, note, told);
                break;
            case Meaning.OrderItemAdded:
                AddItem(fields, note, told);
                break;
            case Meaning.OrderRefunded:
                Refund(fields, note, told);
                break;
            case Meaning.OrderCancelled:
                note["cancelled"] = true;
                break;
        }

        Judge(fields, note, turn);
        return fields;
    }

    /// <summary>
    /// The fields once the person was erased: what events told goes, also the order's number, by which a shop knows the person. That
    /// something was sold, when and for how much stays, for the books.
    /// </summary>
    public static JsonObject Forget(JsonObject fields, RuleTurn turn)
    {
        foreach (var name in fields.Select(f => f.Key).Where(f => !s_ofTheBooks.Contains(f)).ToArray()) fields.Remove(name);
        fields["number"] = Short(turn);
        return fields;
    }

    private static string Short(RuleTurn turn) => turn.Id[^ShortNumber..].ToUpperInvariant();

    private static void Complete(JsonObject fields, JsonObject note, long atMs)
    {
        var first = note["completedMs"] is { } before ? Math.Min((long)before, atMs) : atMs;
        note["completedMs"] = first;
        fields["placedAt"] = OrderRules.Time(DateTimeOffset.FromUnixTimeMilliseconds(first));
    }

    private static void Offer(JsonObject fields, JsonObject note, JsonObject told)
    {
        var atMs = (long)told["atMs"]!;
        if (told["total"] is { } total && !(note["amountsMs"] is { } known && atMs < (long)known))
        {
            note["amountsMs"] = atMs;
            fields["currency"] = told["currency"]!.DeepClone();
            OrderRules.Set(fields, "total", Number(total));
            fields.Remove("tax");
            if (told["tax"] is { } tax) OrderRules.Set(fields, "tax", Number(tax));
        }

        if (told["lines"] is JsonArray { Count: > 0 } lines && !(note["linesMs"] is { } listed && atMs < (long)listed)) TakeLines(fields, note, lines, atMs);
    }

    // Items that come one by one make way for a list.
    private static void AddItem(JsonObject fields, JsonObject note, JsonObject told)
    {
        var seen = note["items"] as JsonArray ?? [];
        if (note["linesMs"] is not null || told["lines"] is not JsonArray { Count: 1 } item || seen.Count >= OrderLines.Max || seen.Any(s => (string?)s == (string?)told["event"])) return;
        fields["currency"] ??= told["currency"]?.DeepClone();
        seen.Add(told["event"]!.DeepClone());
        if (seen.Parent is null) note["items"] = seen;
        var lines = (JsonArray?)fields["lines"]?.DeepClone() ?? [];
        lines.Add(item[0]!.DeepClone());
        TakeLines(fields, note, lines, null);
    }

    private static void TakeLines(JsonObject fields, JsonObject note, JsonArray lines, long? atMs)
    {
        var taken = (JsonArray)lines.DeepClone();
        fields["currency"] ??= Currencies.Missing;
        foreach (var line in taken.OfType<JsonObject>()) Bare(line);
        if (OrderLines.Sum(taken, (string)fields["currency"]!, out _) is not { } sums) return;
        fields["lines"] = taken;
        OrderRules.Set(fields, "discount", sums.Discount);
        if (atMs is not null) note["linesMs"] = atMs;
    }

    // A line that was canonical already, in the currency that the order has now.
    private static void Bare(JsonObject line)
    {
        if (line["price"] is JsonObject price) line["price"] = price["amount"]?.DeepClone();
        line.Remove("net");
        line["discountPercent"] ??= 0;
        line.Remove("tax");
    }

    private static void Refund(JsonObject fields, JsonObject note, JsonObject told)
    {
        if (told["whole"] is not null) note["whole"] = true;
        var refunds = fields["refunds"] as JsonArray ?? [];
        if (refunds.Count >= MaxRefunds || refunds.Any(r => (string?)r!["event"] == (string?)told["event"])) return;
        var refund = new JsonObject
        {
            ["at"] = OrderRules.Time(DateTimeOffset.FromUnixTimeMilliseconds((long)told["atMs"]!)), ["by"] = RecordState.ByEvents, ["event"] = told["event"]!.DeepClone(),
        };
        if (told["amount"] is { } amount)
        {
            var currency = (string)told["currency"]!;
            fields["currency"] ??= currency;
            (refund["amount"], refund["currency"]) = (Currencies.Format(Number(amount), currency), currency);
        }

        // By time, so that the order of arrival does not show.
        var at = 0;
        while (at < refunds.Count && string.CompareOrdinal(Place(refunds[at]!), Place(refund)) < 0) at++;
        refunds.Insert(at, refund);
        if (refunds.Parent is null) fields["refunds"] = refunds;
    }

    // What is paid and what stands, from all that is known.
    private static void Judge(JsonObject fields, JsonObject note, RuleTurn turn)
    {
        fields["currency"] ??= turn.Currency;
        var completed = note["completedMs"] is not null;
        var (cancelled, total) = (note["cancelled"] is not null, OrderRules.Amount(fields, "total"));
        if (fields["lines"] is JsonArray lines) TakeLines(fields, note, lines, null);
        if (completed) OrderRules.Set(fields, "paid", cancelled ? 0 : total);
        var refunded = note["whole"] is not null ? total : Refunded(fields);
        if (refunded > 0 || fields["refunds"] is not null) OrderRules.Set(fields, "refunded", refunded);
        fields["paymentState"] = OrderRules.PaymentState(fields);
        fields["status"] = cancelled ? "cancelled"
            : fields["refunds"] is not null && refunded >= total ? "refunded"
            : completed ? "completed"
            : "placed";
    }

    // Other currencies stand in the list, and are not summed.
    private static decimal Refunded(JsonObject fields) => (fields["refunds"] as JsonArray ?? [])
        .Where(r => r!["amount"] is not null && (r["currency"] is null || (string?)r["currency"] == (string?)fields["currency"])).Sum(r => Number(r!["amount"]!));

    private static string Place(JsonNode refund) => $"{refund["at"]} {refund["event"]}";

    private static decimal Number(JsonNode text) => decimal.Parse((string)text!, CultureInfo.InvariantCulture);
}
