using Crm.Access;

namespace Crm.Records;

/// <summary>What holds for one field of a kind of record.</summary>
/// <param name="Field">Its name and type.</param>
public sealed record FieldRule(Field Field)
{
    /// <summary>Longest text in characters; most entries of a list.</summary>
    public int Max { get; init; } = 200;

    /// <summary>A record without it is refused.</summary>
    public bool Required { get; init; }

    /// <summary>Written by the CRM alone.</summary>
    public bool IsSystem { get; init; }

    /// <summary>Text of several lines.</summary>
    public bool HasLines { get; init; }

    /// <summary>Of a link: the kind of the record that it names. Of a list of parts: the kind that their <see cref="LinkedMember"/> names.</summary>
    public string? LinkedKind { get; init; }

    /// <summary>Of a list of parts: the member of each that names a record.</summary>
    public string? LinkedMember { get; init; }

    /// <summary>What it is in a new record that does not say.</summary>
    public string? Default { get; init; }
}

/// <summary>A kind of record: its names and its built-in fields.</summary>
public sealed class RecordKind : IFields
{
    private readonly Dictionary<string, FieldRule> _rules;

    private RecordKind(string name, string plural, string prefix, params IEnumerable<FieldRule> rules)
    {
        (Name, Plural, Prefix) = (name, plural, prefix);
        Rules = [.. rules, .. s_common];
        _rules = Rules.ToDictionary(r => r.Field.Name, StringComparer.Ordinal);
    }

    private static readonly FieldRule[] s_common =
    [
        Of("tags", FieldType.Choices, 50), Of("owner", FieldType.User), Of("team", FieldType.Id), Of("source", FieldType.Text, 100),
        System("id", FieldType.Id), System("createdAt", FieldType.Time), System("updatedAt", FieldType.Time), System("createdBy", FieldType.User),
    ];

    private static readonly FieldRule[] s_links =
    [
        Link("customer", RecordKinds.Customer), Link("company", RecordKinds.Company), Link("deal", RecordKinds.Deal), Link("lead", RecordKinds.Lead),
    ];

    /// <summary>A person: what people write (the card), and what lists show of the live profile, which the CRM alone writes.</summary>
    public static RecordKind Customer { get; } = new(
        RecordKinds.Customer, "customers", "c:",
        Of("name", FieldType.Text), Of("givenName", FieldType.Text, 100), Of("familyName", FieldType.Text, 100), System("fullName", FieldType.Text),
        Of("emails", FieldType.Choices, 20), Of("phones", FieldType.Choices, 20), System("phonesE164", FieldType.Choices), Of("addresses", FieldType.Part),
        Of("birthday", FieldType.Day), Of("language", FieldType.Id, 35), Link("company", RecordKinds.Company), Of("role", FieldType.Text),
        Choice("lifecycle", "visitor", "lead", "customer", "lapsed") with { Default = null }, Of("externalId", FieldType.Id), Text("description"),
        System("absorbed", FieldType.Part), System("email", FieldType.Id), System("phone", FieldType.Id), System("firstSeen", FieldType.Time),
        System("lastSeen", FieldType.Time), System("lastOrder", FieldType.Time), System("orders", FieldType.Number), System("revenue", FieldType.Money),
        Choice("tier", "high-value", "ordinary", "potential") with { Default = null, IsSystem = true }, System("events", FieldType.Number),
        System("sessions", FieldType.Number), System("score", FieldType.Number), System("segments", FieldType.Texts))
    { IsLive = true, LiveMember = "profile", Searched = ["name", "fullName", "email", "emails", "phone", "phones", "phonesE164"], Commands = ["merge", "unmerge"] };

    /// <summary>A business: a customer's employer, a supplier, an account of several people.</summary>
    public static RecordKind Company { get; } = new(
        RecordKinds.Company, "companies", "co_",
        Of("name", FieldType.Text) with { Required = true }, Of("domain", FieldType.Id, 253), Of("website", FieldType.Text, 500), Of("phone", FieldType.Text, 50),
        Of("email", FieldType.Id, 320), Of("industry", FieldType.Text, 100), Of("size", FieldType.Number), Link("parent", RecordKinds.Company),
        Of("groupId", FieldType.Id), Of("externalId", FieldType.Id), Of("address", FieldType.Part), Text("description"))
    { Searched = ["name", "domain"] };

    /// <summary>Somebody who may become a customer, before anybody knows.</summary>
    public static RecordKind Lead { get; } = new(
        RecordKinds.Lead, "leads", "le_",
        Of("name", FieldType.Text) with { Required = true }, Of("company", FieldType.Text), Of("email", FieldType.Id, 320), Of("phone", FieldType.Text, 50),
        Choice("status", "new", "contacted", "qualified", "unqualified", "converted"), Of("score", FieldType.Number), Of("externalId", FieldType.Id),
        System("pooledAt", FieldType.Time), System("claimedAt", FieldType.Time), System("touchedAt", FieldType.Time), System("convertedAt", FieldType.Time),
        System("awaitsSince", FieldType.Time), SystemLink("customer", RecordKinds.Customer), SystemLink("companyId", RecordKinds.Company),
        SystemLink("deal", RecordKinds.Deal), System("history", FieldType.Part), System("conversion", FieldType.Part), System("pending", FieldType.Part),
        Text("description"))
    { Searched = ["name", "company"] };

    /// <summary>A product or a service that is sold.</summary>
    public static RecordKind Product { get; } = new(
        RecordKinds.Product, "products", "pr_",
        Of("name", FieldType.Text) with { Required = true }, Of("code", FieldType.Id, 100), Of("price", FieldType.Money), Of("taxRate", FieldType.Number),
        Choice("status", "active", "draft", "archived"), Of("category", FieldType.Text, 100), Of("externalId", FieldType.Id), Text("description"))
    { Searched = ["name", "code"] };

    /// <summary>Something that may be sold, on its way through a pipeline.</summary>
    public static RecordKind Deal { get; } = new(
        RecordKinds.Deal, "deals", "de_",
        Of("name", FieldType.Text) with { Required = true }, Of("amount", FieldType.Money), Of("lines", FieldType.Part) with { LinkedKind = RecordKinds.Product, LinkedMember = "product" }, System("totals", FieldType.Part),
        Of("pipeline", FieldType.Id), Of("stage", FieldType.Id), Choice("status", "open", "won", "lost") with { IsSystem = true },
        System("probability", FieldType.Number), Of("winProbability", FieldType.Number), Of("closeDate", FieldType.Day), Link("company", RecordKinds.Company),
        Of("customers", FieldType.Choices, 50), Of("competitors", FieldType.Choices, 20), Of("lostReason", FieldType.Text),
        System("stageEnteredAt", FieldType.Time), System("rottenAt", FieldType.Time), System("wonAt", FieldType.Time), System("lostAt", FieldType.Time),
        System("stageHistory", FieldType.Part), System("customersSince", FieldType.Part), System("heatBase", FieldType.Number), SystemLink("orderId", RecordKinds.Order),
        Of("externalId", FieldType.Id), Text("description"))
    { LiveMember = "heat" };

    /// <summary>Something that was said or done with somebody: a note, a call, a meeting, a message.</summary>
    public static RecordKind Activity { get; } = new(
        RecordKinds.Activity, "activities", "ac_",
        [
            Choice("type", "note", "call", "meeting", "message"), Of("subject", FieldType.Text, 500), Text("body") with { Max = 100_000 }, Of("at", FieldType.Time),
            Of("durationMinutes", FieldType.Number), .. s_links, Of("participants", FieldType.Texts, 50),
            Choice("direction", "in", "out") with { Default = null },
            Choice("channel", "email", "sms", "chat", "wechat", "whatsapp", "social", "letter", "other") with { Default = null },
            Of("from", FieldType.Text, 320), Of("to", FieldType.Texts, 100), Of("cc", FieldType.Texts, 100), Of("html", FieldType.Html, 200_000) with { HasLines = true },

            // What a mail is known by to all who have it is longer than what programs make up.
            Of("externalId", FieldType.Id, 500),
        ])
    { Searched = ["subject"] };

    /// <summary>Something to be done; its owner is to do it.</summary>
    public static RecordKind ToDo { get; } = new(
        RecordKinds.TaskKind, "tasks", "ta_",
        [
            Of("subject", FieldType.Text) with { Required = true }, Text("description"), Of("due", FieldType.Time), Of("remindAt", FieldType.Time),
            Choice("status", "open", "done", "cancelled"), Choice("priority", "normal", "low", "high"), System("doneAt", FieldType.Time), .. s_links,
            Of("externalId", FieldType.Id),
        ])
    { Searched = ["subject"] };

    /// <summary>Something that was sold.</summary>
    public static RecordKind Order { get; } = new(
        RecordKinds.Order, "orders", "or_",
        [
            Of("number", FieldType.Id, 100), Of("name", FieldType.Text), .. s_links,
            Choice("status", "draft", "placed", "paid", "shipped", "completed", "cancelled", "refunded"),
            Choice("paymentState", "unpaid", "partly_paid", "paid", "partly_refunded", "refunded") with { IsSystem = true },
            Of("currency", FieldType.Id, 3), Of("lines", FieldType.Part) with { LinkedKind = RecordKinds.Product, LinkedMember = "product" },
            System("total", FieldType.Money), System("tax", FieldType.Money), System("discount", FieldType.Money), System("paid", FieldType.Money),
            System("refunded", FieldType.Money), System("refunds", FieldType.Part), System("told", FieldType.Part), Of("placedAt", FieldType.Time), Of("externalId", FieldType.Id),
            Text("description"),
        ])
    { Searched = ["number", "name"], Commands = ["pay", "refund", "cancel"] };

    /// <summary>All kinds that are stored as records of their own.</summary>
    public static IReadOnlyList<RecordKind> All { get; } = [Customer, Company, Lead, Deal, Product, Activity, ToDo, Order];

    /// <summary>Its name, as in <see cref="RecordKinds"/>.</summary>
    public string Name { get; }

    /// <summary>What its endpoints are called.</summary>
    public string Plural { get; }

    /// <summary>What the ids of records that are made here begin with.</summary>
    public string Prefix { get; }

    /// <summary>The fields that a search looks into: what people know it by.</summary>
    public IReadOnlyList<string> Searched { get; private init; } = ["name"];

    /// <summary>Commands that are mapped as <c>POST {id}/COMMAND</c>, each deciding by the kind's rules alone.</summary>
    public IReadOnlyList<string> Commands { get; private init; } = [];

    /// <summary>The rules of its built-in fields.</summary>
    public IReadOnlyList<FieldRule> Rules { get; }

    /// <summary>Fields that are shown of one record alone.</summary>
    public IEnumerable<string> Apart => Rules.Where(r => r.Field.Type == FieldType.Html).Select(r => r.Field.Name);

    /// <summary>Made and changed by events, too: what people write is beside what lives, and may be empty. It has endpoints of its own.</summary>
    public bool IsLive { get; private init; }

    /// <summary>A member beside the fields that follows events, shown of one record alone; null for none.</summary>
    public string? LiveMember { get; private init; }

    /// <inheritdoc/>
    public IEnumerable<string> Names => _rules.Keys;

    /// <summary>A kind by its name; null when there is none.</summary>
    public static RecordKind? Named(string name) => All.FirstOrDefault(k => k.Name == name);

    /// <inheritdoc/>
    public Field? Find(string name) => Rule(name)?.Field;

    /// <summary>The rule of a field; null when there is none.</summary>
    public FieldRule? Rule(string name) => _rules.GetValueOrDefault(name);

    private static FieldRule Of(string name, FieldType type, int max = 200) => new(new Field(name, type)) { Max = max };

    private static FieldRule Text(string name) => Of(name, FieldType.Text, 20_000) with { HasLines = true };

    private static FieldRule Choice(string name, params string[] choices) => new(new Field(name, FieldType.Choice) { Choices = choices }) { Default = choices[0] };

    private static FieldRule Link(string name, string kind) => Of(name, FieldType.Link) with { LinkedKind = kind };

    private static FieldRule System(string name, FieldType type) => Of(name, type) with { IsSystem = true };

    private static FieldRule SystemLink(string name, string kind) => Link(name, kind) with { IsSystem = true };
}
