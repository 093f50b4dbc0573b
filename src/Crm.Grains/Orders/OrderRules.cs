using System.Globalization;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Company;
using Crm.Records;

namespace Crm.Orders;

/// <summary>
/// What holds for orders. Their sums come from their lines; people move them forward, and what is paid and given back goes by commands,
/// never beyond what is owed or was paid.
/// </summary>
internal sealed class OrderRules : RecordRules
{
    private const decimal MaxTotal = 1_000_000_000_000_000m;
    private const int MaxRefunds = 100;
    private const int MaxReasonLength = 500;
    private const int NumberLength = 8;

    // What people may do by an edit; paid, cancelled and refunded come of commands.
    private static readonly Dictionary<string, string[]> s_steps = new()
    {
        ["draft"] = ["placed"], ["placed"] = ["draft", "shipped"], ["paid"] = ["shipped", "completed"], ["shipped"] = ["completed"],
        ["completed"] = [], ["cancelled"] = [], ["refunded"] = [],
    };

    public override string Kind => RecordKinds.Order;

    public override bool IsForTrash(string command) => command is "forget" or ToldOrders.Command;

    public override bool Begins(string command) => command == ToldOrders.Command;

    public override void Complete(JsonObject? before, JsonObject after, RuleTurn turn, IDictionary<string, string> errors)
    {
        if (before is null) LineOfTotal(after);
        var currency = Currency(after, turn);
        if (currency is null)
        {
            errors.TryAdd("currency", "currency: It is an ISO 4217 code, such as EUR.");
            return;
        }

        after["currency"] = currency;
        after["number"] ??= turn.Id[^Math.Min(NumberLength, turn.Id.Length)..].ToUpperInvariant();
        Step(before, after, turn, errors);
        var paid = Amount(before, "paid");
        if (paid > 0 && !JsonNode.DeepEquals(before!["currency"], after["currency"])) errors["currency"] = "currency: It cannot change once something is paid.";

        // What events told of has its total from them, with what is no line, such as the freight.
        if (after["told"] is null || !JsonNode.DeepEquals(before?["lines"], after["lines"])) Sum(after, currency, errors);
        if (paid > 0 && errors.Count == 0 && Amount(after, "total") != Amount(before, "total"))
            errors["lines"] = "lines: The total cannot change once something is paid. Refund it, and make a new order.";
        after["paymentState"] = PaymentState(after);
    }

    public override RecordDecision? Do(string command, JsonObject arguments, JsonObject fields, RuleTurn turn) => command switch
    {
        "pay" => Pay(arguments, fields, turn),
        "refund" => Refund(arguments, fields, turn),
        "cancel" => Cancel(fields),
        "forget" => fields["told"] is null ? Forget(fields, "name", "description") : RecordDecision.To(ToldOrders.Forget(fields, turn)) with { IsSilent = true },
        ToldOrders.Command => RecordDecision.To(ToldOrders.Take(fields, arguments, turn)) with { IsSilent = true, IsOfEvents = true },
        _ => null,
    };

    private static RecordDecision Pay(JsonObject arguments, JsonObject fields, RuleTurn turn)
    {
        var (total, paid) = (Amount(fields, "total"), Amount(fields, "paid"));
        if ((string?)fields["status"] is "cancelled" or "refunded") return RecordDecision.Refuse($"The order is {fields["status"]}.");
        if ((string?)fields["paymentState"] is "paid" or "partly_refunded") return RecordDecision.Refuse("The order is paid.");
        if (Asked(arguments, fields, total - paid, out var wrong) is not { } amount) return wrong!;
        if (amount > total - paid) return RecordDecision.Refuse($"{Show(total - paid, fields)} of the order is not paid yet; {Show(amount, fields)} is more.");
        Set(fields, "paid", paid + amount);
        fields["placedAt"] ??= Time(turn.Now);
        if ((string?)fields["status"] == "draft") fields["status"] = "placed";
        fields["paymentState"] = PaymentState(fields);
        if ((string?)fields["paymentState"] == "paid" && (string?)fields["status"] == "placed") fields["status"] = "paid";
        return RecordDecision.To(fields);
    }

    private static RecordDecision Refund(JsonObject arguments, JsonObject fields, RuleTurn turn)
    {
        var left = Amount(fields, "paid") - Amount(fields, "refunded");
        if (left <= 0) return RecordDecision.Refuse("Nothing of the order is paid that could be given back.");
        if (Asked(arguments, fields, left, out var wrong) is not { } amount) return wrong!;
        if (amount > left) return RecordDecision.Refuse($"{Show(left, fields)} of the order is paid and not given back; {Show(amount, fields)} is more.");
        var reason = OrderLines.Text(arguments["reason"]);
        if (reason is { Length: > MaxReasonLength }) return Bad("reason", $"It holds at most {MaxReasonLength} characters.");
        var refunds = fields["refunds"] as JsonArray ?? [];
        if (refunds.Count >= MaxRefunds) return RecordDecision.Refuse($"An order holds at most {MaxRefunds} refunds.");
        var refund = new JsonObject { ["amount"] = Currencies.Format(amount, (string)fields["currency"]!), ["at"] = Time(turn.Now), ["by"] = turn.Cause.By };
        if (reason is not null) refund["reason"] = reason;
        refunds.Add(refund);
        if (refunds.Parent is null) fields["refunds"] = refunds;
        Set(fields, "refunded", Amount(fields, "refunded") + amount);
        fields["paymentState"] = PaymentState(fields);
        if ((string?)fields["paymentState"] == "refunded") fields["status"] = "refunded";
        return RecordDecision.To(fields);
    }

    private static RecordDecision Cancel(JsonObject fields)
    {
        if ((string?)fields["status"] == "cancelled") return RecordDecision.To(fields);
        if (Amount(fields, "paid") > Amount(fields, "refunded")) return RecordDecision.Refuse("Something of the order is paid. Refund it first.");
        if ((string?)fields["status"] is not ("draft" or "placed")) return RecordDecision.Refuse($"The order is {fields["status"]}: only what is a draft or placed can be cancelled.");
        fields["status"] = "cancelled";
        return RecordDecision.To(fields);
    }

    private static void Step(JsonObject? before, JsonObject after, RuleTurn turn, IDictionary<string, string> errors)
    {
        after["status"] ??= "draft";
        var (from, to) = ((string?)before?["status"] ?? "draft", (string)after["status"]!);
        if (from != to && !s_steps[from].Contains(to))
        {
            errors["status"] = s_steps[from].Length == 0
                ? $"status: An order that is {from} stays so."
                : $"status: An order that is {from} can become {string.Join(" or ", s_steps[from])}; paid, refunded and cancelled come of the commands pay, refund and cancel.";
        }

        if (to != "draft") after["placedAt"] ??= Time(turn.Now);
    }

    private static void Sum(JsonObject after, string currency, IDictionary<string, string> errors)
    {
        var wrong = "It is a list of lines.";
        OrderSums? sums = after["lines"] switch
        {
            null => default(OrderSums),
            JsonArray lines => OrderLines.Sum(lines, currency, out wrong),
            _ => null,
        };
        if (sums is not { } known) errors["lines"] = "lines: " + wrong;
        else if (Math.Abs(known.Net) + known.Tax > MaxTotal) errors["lines"] = $"lines: An order comes to at most {MaxTotal:0}.";
        else if (known.Net + known.Tax < 0) errors["lines"] = "lines: An order cannot come to less than nothing.";
        else
        {
            Set(after, "total", known.Net + known.Tax);
            Set(after, "tax", known.Tax);
            Set(after, "discount", known.Discount);
        }
    }

    // What comes of a deal without lines is one line of what was agreed.
    private static void LineOfTotal(JsonObject made)
    {
        if (made["total"] is not JsonObject total || made["lines"] is JsonArray { Count: > 0 }) return;
        var price = new JsonObject { ["amount"] = total["amount"]?.DeepClone(), ["currency"] = total["currency"]?.DeepClone() };
        made["lines"] = new JsonArray(new JsonObject { ["name"] = made["name"]?.DeepClone(), ["quantity"] = 1, ["price"] = price });
    }

    internal static string PaymentState(JsonObject fields)
    {
        var (total, paid, refunded) = (Amount(fields, "total"), Amount(fields, "paid"), Amount(fields, "refunded"));
        if (refunded > 0) return refunded >= paid ? "refunded" : "partly_refunded";
        if (fields["paid"] is not null && paid >= total) return "paid";
        return paid > 0 ? "partly_paid" : "unpaid";
    }

    // The currency that the order names, else that of its first line's price, else the company's.
    private static string? Currency(JsonObject fields, RuleTurn turn)
    {
        var first = ((fields["lines"] as JsonArray)?.FirstOrDefault() as JsonObject)?["price"] as JsonObject;
        var code = ((string?)fields["currency"] ?? OrderLines.Text(first?["currency"]) ?? turn.Currency).ToUpperInvariant();
        return code.Length == 3 && code.All(char.IsAsciiLetterUpper) ? code : null;
    }

    private static decimal? Asked(JsonObject arguments, JsonObject fields, decimal all, out RecordDecision? wrong)
    {
        var currency = (string)fields["currency"]!;
        var given = arguments["amount"] is JsonObject money ? money["amount"] : arguments["amount"];
        var amount = OrderLines.Number(given, all);
        wrong = Asked(arguments, currency) is { } other ? Bad("amount", $"The order is in {currency}, not in {other}.")
            : amount is null || decimal.Round(amount.Value, Currencies.Digits(currency)) != amount || (given is not null && amount <= 0)
                ? Bad("amount", $"It is an amount above 0 in {currency}, such as {Currencies.Format(12.3m, currency)}.")
                : null;
        return wrong is null ? amount : null;
    }

    private static string? Asked(JsonObject arguments, string currency) =>
        OrderLines.Text((arguments["amount"] as JsonObject)?["currency"]) is { } given && given != currency ? given : null;

    internal static decimal Amount(JsonObject? fields, string name) =>
        (fields?[name] as JsonObject)?["amount"] is { } amount ? decimal.Parse((string)amount!, CultureInfo.InvariantCulture) : 0;

    internal static void Set(JsonObject fields, string name, decimal amount)
    {
        var currency = (string)fields["currency"]!;
        fields[name] = new JsonObject { ["amount"] = Currencies.Format(amount, currency), ["currency"] = currency };
    }

    private static string Show(decimal amount, JsonObject fields) => $"{Currencies.Format(amount, (string)fields["currency"]!)} {fields["currency"]}";

    private static RecordDecision Bad(string argument, string why) => RecordDecision.Bad(new Dictionary<string, string> { [argument] = $"{argument}: {why}" });

    internal static string Time(DateTimeOffset at) => at.UtcDateTime.ToString(FieldValues.TimeFormat, CultureInfo.InvariantCulture);
}
