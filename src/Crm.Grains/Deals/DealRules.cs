using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Company;
using Crm.Customers;
using Crm.Records;
using JsonValue = System.Text.Json.Nodes.JsonValue;

namespace Crm.Deals;

/// <summary>What a deal is beyond its fields: the sum of its lines, its way through the stages, its end.</summary>
internal sealed class DealRules(IPipelineBook book, ICompanySettings company) : RecordRules
{
    private const int MaxCustomerIdLength = CustomerId.MaxLength + 2;

    public override string Kind => RecordKinds.Deal;

    public override Task<bool> Renew() => book.Renew();

    public override bool IsForTrash(string command) => command is "relocate" or "forget";

    public override void Complete(JsonObject? before, JsonObject after, RuleTurn turn, IDictionary<string, string> errors)
    {
        DealLines.Sum(after, errors);
        SetWorth(after, turn);
        SetCustomers(before, after, turn, errors);
        if (after["winProbability"] is { } chance && (decimal)chance is < 0 or > 100) errors["winProbability"] = "winProbability: It is a percentage from 0 to 100.";
        if (errors.Count > 0) return;
        var way = new DealWay(book.Current, after, turn);
        if (before is null) way.Begin(errors);
        else way.Change(before, errors);
    }

    public override RecordDecision? Do(string command, JsonObject arguments, JsonObject fields, RuleTurn turn) => command switch
    {
        "move" => Move(arguments, fields, turn),
        "relocate" => Relocate(arguments, fields, turn),
        "win" => Win(fields, turn),
        "lose" => Lose(arguments, fields, turn),
        "reopen" => Reopen(arguments, fields, turn),
        "forget" => Forget(arguments, fields),
        _ => null,
    };

    private RecordDecision Move(JsonObject arguments, JsonObject fields, RuleTurn turn)
    {
        if (Text(arguments["stage"]) is not { } stage) return Bad("stage", "It is the id of a stage.");
        var errors = new Dictionary<string, string>(StringComparer.Ordinal);
        var before = (JsonObject)fields.DeepClone();
        fields["stage"] = stage;
        new DealWay(book.Current, fields, turn).Change(before, errors);
        return errors.Count > 0 ? RecordDecision.Bad(errors) : RecordDecision.To(fields);
    }

    // An administrator takes the stage away: nobody asks for its required fields then, and what is closed stays so.
    private RecordDecision Relocate(JsonObject arguments, JsonObject fields, RuleTurn turn)
    {
        if (Text(arguments["stage"]) is not { } id || book.Current.Stage(id) is not ({ } pipeline, { Type: StageType.Open } stage))
            return Bad("stage", "It is the id of an open stage.");
        var type = DealWay.TypeOf(fields);
        new DealWay(book.Current, fields, turn).Enter(pipeline, type == StageType.Open ? stage : pipeline.Of(type));
        return RecordDecision.To(fields);
    }

    private RecordDecision Win(JsonObject fields, RuleTurn turn)
    {
        if (DealWay.TypeOf(fields) == StageType.Won) return RecordDecision.To(fields);
        if (DealWay.TypeOf(fields) == StageType.Lost) return RecordDecision.Refuse("The deal is lost. Reopen it first.");
        var errors = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!End(fields, StageType.Won, turn, errors)) return RecordDecision.Bad(errors);
        fields["wonAt"] = Time(turn.Now);
        if (RecordKind.Named(RecordKinds.Order) is not { } order || fields["orderId"] is not null) return RecordDecision.To(fields);
        var made = DealOrder.Of(order, turn.Id, fields, turn.Now);
        fields["orderId"] = made.Id;
        return RecordDecision.To(fields) with { Made = [made] };
    }

    private RecordDecision Lose(JsonObject arguments, JsonObject fields, RuleTurn turn)
    {
        if (DealWay.TypeOf(fields) == StageType.Lost) return RecordDecision.To(fields);
        if (DealWay.TypeOf(fields) == StageType.Won) return RecordDecision.Refuse("The deal is won. Reopen it first.");
        var reasons = book.Current.Find((string)fields["pipeline"]!)?.LostReasons ?? [];
        var given = Text(arguments["reason"])?.Trim();
        var reason = reasons.Count == 0 ? given : reasons.FirstOrDefault(r => string.Equals(r, given, StringComparison.OrdinalIgnoreCase));
        if (reasons.Count > 0 && reason is null) return Bad("reason", $"It is one of {string.Join(", ", reasons)}.");
        if (reason is { Length: > 200 }) return Bad("reason", "It holds at most 200 characters.");
        var errors = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!End(fields, StageType.Lost, turn, errors)) return RecordDecision.Bad(errors);
        fields["lostAt"] = Time(turn.Now);
        if (reason is { Length: > 0 }) fields["lostReason"] = reason;
        return RecordDecision.To(fields);
    }

    private RecordDecision Reopen(JsonObject arguments, JsonObject fields, RuleTurn turn)
    {
        if (DealWay.TypeOf(fields) == StageType.Open) return RecordDecision.Refuse("The deal is open.");
        var way = new DealWay(book.Current, fields, turn);
        var (pipeline, stage) = way.LastOpen(Text(arguments["stage"]));
        if (pipeline is null || stage is null) return Bad("stage", "It is the id of an open stage of the deal's pipeline.");
        foreach (var name in (string[])["wonAt", "lostAt", "lostReason"]) fields.Remove(name);
        way.Enter(pipeline, stage);
        return RecordDecision.To(fields);
    }

    // A person was erased: what the deal says of its own stays.
    private static RecordDecision Forget(JsonObject arguments, JsonObject fields)
    {
        var gone = ((JsonArray)arguments["customers"]!).Select(c => (string)c!).ToHashSet(StringComparer.Ordinal);
        if (fields["customers"] is not JsonArray customers) return RecordDecision.To(fields);
        fields["customers"] = new JsonArray([.. customers.Where(c => !gone.Contains((string)c!)).Select(c => c!.DeepClone())]);
        foreach (var customer in gone) (fields["customersSince"] as JsonObject)?.Remove(customer);
        return RecordDecision.To(fields) with { IsSilent = true };
    }

    private bool End(JsonObject fields, StageType type, RuleTurn turn, Dictionary<string, string> errors)
    {
        var way = new DealWay(book.Current, fields, turn);
        if (book.Current.Find((string)fields["pipeline"]!) is not { } pipeline)
        {
            errors["pipeline"] = "pipeline: There is no such pipeline.";
            return false;
        }

        if (!way.Has(pipeline.Of(type), errors)) return false;
        way.Enter(pipeline, pipeline.Of(type));
        fields["closeDate"] = CompanyMoney.Of(company.Current).Day(turn.Now).ToString(FieldValues.DayFormat, CultureInfo.InvariantCulture);
        return true;
    }

    // What it is worth in the base currency by today's rate, for lists and sums across currencies.
    private void SetWorth(JsonObject fields, RuleTurn turn)
    {
        if (fields["amount"] is not JsonObject money) return;
        money.Remove("worth");
        var (amount, currency) = (decimal.Parse((string)money["amount"]!, CultureInfo.InvariantCulture), (string)money["currency"]!);
        var settings = CompanyMoney.Of(company.Current);
        if (settings.TryConvert(amount, currency, turn.Now.ToUnixTimeMilliseconds(), out var worth)) money["worth"] = Currencies.Format(worth, settings.Base);
    }

    // Their behaviour warms the deal from the day on which each was named.
    private static void SetCustomers(JsonObject? before, JsonObject after, RuleTurn turn, IDictionary<string, string> errors)
    {
        if (after["customers"] is not JsonArray { Count: > 0 } customers)
        {
            after.Remove("customersSince");
            return;
        }

        var (since, old) = (new JsonObject(), before?["customersSince"] as JsonObject);
        foreach (var customer in customers.Select(c => (string)c!))
        {
            if (customer.Length > MaxCustomerIdLength || !CustomerId.IsCustomerId(customer))
                errors["customers"] = "customers: Each is a customer's id: u:<userId>, a:<anonymousId> or c:<id>.";
            since[customer] = old?[customer]?.DeepClone() ?? Time(turn.Now);
        }

        after["customersSince"] = since;
    }

    internal static string Time(DateTimeOffset at) => at.UtcDateTime.ToString(FieldValues.TimeFormat, CultureInfo.InvariantCulture);

    private static string? Text(JsonNode? node) => node is JsonValue value && value.GetValueKind() == JsonValueKind.String ? (string?)value : null;

    private static RecordDecision Bad(string field, string wrong) =>
        RecordDecision.Bad(new Dictionary<string, string> { [field] = $"{field}: {wrong}" });
}
