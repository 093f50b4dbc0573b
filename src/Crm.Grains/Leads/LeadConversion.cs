using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Clickstream;
using Crm.Customers;
using Crm.Records;
using JsonValue = System.Text.Json.Nodes.JsonValue;

namespace Crm.Leads;

/// <summary>
/// A lead becomes a customer, a company and a deal. Company and deal are made in the lead's own transaction, with ids that are made of
/// the lead's; the customer begins with an event of the log, whose messageId is made of it, too. That event waits in the lead's row
/// until it is logged, so that whatever dies in between, the conversion ends whole, and once.
/// </summary>
internal static class LeadConversion
{
    private static readonly string[] s_arguments = ["customer", "company", "deal"];
    private static readonly string[] s_dealFields = ["name", "amount", "lines", "pipeline", "stage", "closeDate", "winProbability", "description"];

    /// <summary>Decides a conversion.</summary>
    public static RecordDecision Convert(JsonObject arguments, JsonObject fields, RuleTurn turn)
    {
        if ((string?)fields["status"] == "converted") return RecordDecision.To(fields);
        if (fields["pending"] is not null) return RecordDecision.Refuse("An earlier conversion is still being taken back. Send the same request again in a moment.");
        var errors = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in arguments.Select(a => a.Key).Where(a => !s_arguments.Contains(a))) errors[name] = $"{name}: There is no such argument.";
        var times = (int?)fields["conversion"]?["times"] + 1 ?? 1;
        var customer = Customer(arguments["customer"], turn.Id, times, errors);
        var (company, madeCompany) = Company(arguments["company"], fields, turn.Id, times, errors);
        var deal = Deal(arguments["deal"], fields, errors);
        if (errors.Count > 0) return RecordDecision.Bad(errors);
        var dealId = deal is null ? null : RecordKind.Deal.Prefix + Hash(turn.Id, times, "deal");
        fields["conversion"] = new JsonObject
        {
            ["times"] = times, ["customer"] = customer, ["deal"] = dealId, ["company"] = company, ["madeCompany"] = madeCompany is not null,
        };
        if (arguments["customer"] is null) fields["pending"] = new JsonObject { ["customer"] = customer, ["body"] = Identify(fields), ["messageId"] = $"lead:{turn.Id}:{times}" };
        fields["status"] = "converted";
        fields["convertedAt"] = LeadRules.Time(turn.Now);
        fields["customer"] = customer;
        if (company is not null) fields["companyId"] = company;
        if (dealId is not null) fields["deal"] = dealId;
        fields.Remove("awaitsSince");
        fields.Remove("pooledAt");
        LeadRules.Remember(fields, "converted", null, turn);
        var made = new List<MadeRecord>();
        if (madeCompany is not null) made.Add(new MadeRecord(RecordKinds.Company, company!, madeCompany));
        if (deal is not null)
        {
            if (company is not null) deal["company"] = company;
            deal["customers"] = new JsonArray(customer);
            made.Add(new MadeRecord(RecordKinds.Deal, dealId!, deal));
        }

        return RecordDecision.To(fields) with { Made = made };
    }

    /// <summary>Decides to take it back; what it made then goes into the trash.</summary>
    public static RecordDecision Undo(JsonObject fields, RuleTurn turn)
    {
        if ((string?)fields["status"] != "converted" || fields["conversion"] is not JsonObject conversion) return RecordDecision.Refuse("The lead is not converted.");
        if (fields["pending"] is not null) return RecordDecision.Refuse("The conversion is not carried out to the end yet. Send the same request again in a moment.");
        fields["pending"] = new JsonObject { ["trash"] = new JsonArray([.. Made(conversion).Select(m => (JsonNode)new JsonObject { ["kind"] = m.Kind, ["id"] = m.Id })]) };
        fields["status"] = "qualified";
        foreach (var name in (string[])["convertedAt", "customer", "companyId", "deal"]) fields.Remove(name);
        if (fields["owner"] is null) fields["pooledAt"] = LeadRules.Time(turn.Now);
        fields["touchedAt"] = LeadRules.Time(turn.Now);
        LeadRules.Remember(fields, "unconverted", null, turn);
        return RecordDecision.To(fields);
    }

    /// <summary>What a conversion made.</summary>
    public static IEnumerable<(string Kind, string Id)> Made(JsonObject conversion)
    {
        if ((string?)conversion["deal"] is { } deal) yield return (RecordKinds.Deal, deal);
        if ((bool?)conversion["madeCompany"] is true) yield return (RecordKinds.Company, (string)conversion["company"]!);
    }

    /// <summary>The event with which the customer begins; the same whenever it is made.</summary>
    public static BehaviourEvent Event(JsonObject pending, DateTimeOffset at) => new()
    {
        Lane = (string)pending["customer"]!,
        Type = EventType.Identify,
        MessageId = (string)pending["messageId"]!,
        Source = "crm",
        TimestampMs = at.ToUnixTimeMilliseconds(),
        ReceivedAtMs = at.ToUnixTimeMilliseconds(),
        FromServer = true,
        Body = Encoding.UTF8.GetBytes(pending["body"]!.ToJsonString()),
    };

    private static JsonObject Identify(JsonObject fields)
    {
        var (traits, ids) = (new JsonObject(), new JsonArray());
        foreach (var name in (string[])["name", "email", "phone", "company"])
        {
            if ((string?)fields[name] is not { Length: > 0 } value) continue;
            traits[name] = value;
            if (name is "email" or "phone" && ExternalId.Of(name, value) is not null) ids.Add(new JsonObject { ["type"] = name, ["id"] = value });
        }

        return new JsonObject { ["type"] = "identify", ["traits"] = traits, ["context"] = new JsonObject { ["externalIds"] = ids } };
    }

    private static string Customer(JsonNode? given, string lead, int times, Dictionary<string, string> errors)
    {
        if (given is null) return CustomerId.Made(Hash(lead, times, "customer"));
        var id = given.GetValueKind() == System.Text.Json.JsonValueKind.String ? (string)given! : "";
        if (!CustomerId.IsCustomerId(id) || id.Length > CustomerId.MaxLength + 2) errors["customer"] = "customer: It is a customer's id: u:<userId>, a:<anonymousId> or c:<id>.";
        return id;
    }

    // {"id": "co_..."} names one that is there, {"name": "..."} makes one, false none; what is not said makes one of the lead's company.
    private static (string? Id, JsonObject? Made) Company(JsonNode? given, JsonObject fields, string lead, int times, Dictionary<string, string> errors)
    {
        if (given is JsonValue flag && flag.TryGetValue(out bool wanted) && !wanted) return (null, null);
        if ((given as JsonObject)?["id"] is { } there) return (Clean(RecordKind.Deal, "company", there, errors) is { } id ? (string)id! : null, null);
        var name = given is null ? fields["company"]?.DeepClone() : Clean(RecordKind.Company, "name", (given as JsonObject)?["name"], errors);
        if (name is null)
        {
            if (given is not null) errors["company"] = "company: It is {\"id\":...}, {\"name\":...} or false.";
            return (null, null);
        }

        return (RecordKind.Company.Prefix + Hash(lead, times, "company"), Heir(fields, new JsonObject { ["name"] = name }));
    }

    private static JsonObject? Deal(JsonNode? given, JsonObject fields, Dictionary<string, string> errors)
    {
        if (given is JsonValue flag && flag.TryGetValue(out bool wanted) && !wanted) return null;
        var deal = Heir(fields, new JsonObject { ["name"] = (fields["company"] ?? fields["name"])!.DeepClone(), ["status"] = "open" });
        if (given is null) return deal;
        if (given is not JsonObject wish)
        {
            errors["deal"] = "deal: It is an object of the deal's fields, or false.";
            return null;
        }

        foreach (var (name, value) in wish)
        {
            if (!s_dealFields.Contains(name)) errors["deal." + name] = $"deal.{name}: It cannot be given here; there are {string.Join(", ", s_dealFields)}.";
            else if (Clean(RecordKind.Deal, name, value, errors) is { } clean) deal[name] = clean;
        }

        return deal;
    }

    private static JsonObject Heir(JsonObject lead, JsonObject made)
    {
        foreach (var name in (string[])["owner", "team", "source"])
            if (lead[name] is { } value) made[name] = value.DeepClone();
        return made;
    }

    private static JsonNode? Clean(RecordKind kind, string name, JsonNode? value, Dictionary<string, string> errors)
    {
        if (value is null) return null;
        var clean = FieldValues.Clean(kind.Rule(name)!, value, out var wrong);
        if (clean is null) errors[name] = $"{name}: {wrong}";
        return clean;
    }

    private static string Hash(string lead, int times, string what) =>
        System.Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{what}\n{lead}\n{times}")))[..20];
}
