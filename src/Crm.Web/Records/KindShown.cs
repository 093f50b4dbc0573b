using Crm.Access;
using Crm.Calls;
using Crm.Deals;

namespace Crm.Records;

/// <summary>A kind of record as whoever looks sees it: built-in fields and the company's own, without those that the role hides.</summary>
public sealed class KindShown : IFields
{
    private readonly Dictionary<string, FieldRule> _rules;
    private readonly Dictionary<string, string> _labels;
    private readonly IReadOnlyDictionary<string, string> _segments;

    private KindShown(RecordKind kind, IEnumerable<FieldRule> rules, Dictionary<string, string> labels, IReadOnlyList<Pipeline> pipelines, IReadOnlyDictionary<string, string> segments)
    {
        (Kind, _labels, Pipelines, _segments) = (kind, labels, pipelines, segments);
        Rules = [.. rules];
        _rules = Rules.ToDictionary(r => r.Field.Name, StringComparer.Ordinal);
    }

    public RecordKind Kind { get; }

    public IReadOnlyList<FieldRule> Rules { get; }

    /// <summary>The pipelines of deals; of other kinds none.</summary>
    public IReadOnlyList<Pipeline> Pipelines { get; }

    /// <summary>What the company calls its pipelines, their stages, and its segments.</summary>
    public IReadOnlyDictionary<(string Field, string Value), string> ChoiceNames => Pipelines.Select(p => (("pipeline", p.Id), p.Name))
        .Concat(Pipelines.SelectMany(p => p.Stages.Select(s => (("stage", s.Id), s.Name))))
        .Concat(_segments.Select(s => (("segments", s.Key), s.Value))).ToDictionary(n => n.Item1, n => n.Item2);

    /// <inheritdoc/>
    public IEnumerable<string> Names => _rules.Keys;

    /// <summary>The labels of the company's own fields.</summary>
    public string? Label(string name) => _labels.GetValueOrDefault(name);

    /// <inheritdoc/>
    public Field? Find(string name) => Rule(name)?.Field;

    /// <summary>The rule of a field; null when there is none.</summary>
    public FieldRule? Rule(string name) => _rules.GetValueOrDefault(name);

    /// <summary>The columns of a list that nobody chose.</summary>
    public IReadOnlyList<string> UsualColumns => [.. Usual(Kind.Name).Where(_rules.ContainsKey)];

    /// <summary>The fields that a form begins with; the others are a click away.</summary>
    public IReadOnlyList<string> UsualFields => [.. Form(Kind.Name).Where(_rules.ContainsKey)];

    /// <summary>Asks for the company's own fields.</summary>
    public static async Task<KindShown> Load(Api api, Me me, string kind, CancellationToken stop = default)
    {
        await me.Load();
        var known = RecordKind.Named(kind)!;
        var hidden = me.Of(kind).Hidden;
        var own = (await api.Get($"/api/v1/fields?kind={kind}", stop)).Items.Where(f => f["deletedAt"] is null)
            .Select(f => (Name: CustomField.Prefix + f.Text("name"), Label: f.Text("label") ?? f.Text("name")!, Json: f)).ToArray();
        var pipelines = kind == RecordKinds.Deal ? PipelineReads.All(await api.Get("/api/v1/pipelines", stop)) : [];
        var segments = kind == RecordKinds.Customer
            ? (await api.Get("/api/v1/segments", stop)).Items.ToDictionary(s => s.Text("id")!, s => s.Text("name")!) : [];
        return new KindShown(
            known,
            known.Rules.Where(r => !hidden.Contains(r.Field.Name)).Select(r => Chosen(r, pipelines, segments)).Concat(own.Select(o => Rule(o.Name, o.Json))),
            own.ToDictionary(o => o.Name, o => o.Label),
            pipelines,
            segments);
    }

    // Where a deal stands, and where a customer belongs, is chosen among what there is.
    private static FieldRule Chosen(FieldRule rule, IReadOnlyList<Pipeline> pipelines, Dictionary<string, string> segments) => rule.Field.Name switch
    {
        "segments" => rule with { Field = new Field("segments", FieldType.Choices) { Choices = [.. segments.OrderBy(s => s.Value, StringComparer.CurrentCultureIgnoreCase).Select(s => s.Key)] } },
        "pipeline" when pipelines.Count > 0 => rule with { Field = new Field("pipeline", FieldType.Choice) { Choices = [.. pipelines.Select(p => p.Id)] } },
        "stage" when pipelines.Count > 0 => rule with { Field = new Field("stage", FieldType.Choice) { Choices = [.. pipelines.SelectMany(p => p.Stages.Select(s => s.Id))] } },
        _ => rule,
    };

    private static FieldRule Rule(string name, System.Text.Json.Nodes.JsonObject json) =>
        new(new Field(name, CustomField.Types.GetValueOrDefault(json.Text("type") ?? "", FieldType.Text)) { Choices = json.Texts("choices") })
        {
            Required = json.Text("required") == "true",
            LinkedKind = json.Text("linkedKind"),
            Max = 2_000,
        };

    private static string[] Usual(string kind) => kind switch
    {
        RecordKinds.Customer => ["name", "email", "lifecycle", "tier", "orders", "revenue", "lastSeen", "owner", "tags"],
        RecordKinds.Company => ["name", "domain", "industry", "size", "phone", "owner", "tags", "createdAt"],
        RecordKinds.Lead => ["name", "company", "status", "score", "email", "phone", "source", "owner", "createdAt"],
        RecordKinds.Deal => ["name", "amount", "stage", "closeDate", "probability", "company", "owner", "updatedAt"],
        RecordKinds.TaskKind => ["subject", "status", "priority", "due", "customer", "company", "deal", "owner"],
        RecordKinds.Product => ["name", "code", "price", "status", "category", "taxRate", "updatedAt"],
        RecordKinds.Order => ["number", "customer", "company", "status", "paymentState", "total", "placedAt", "owner"],
        _ => ["subject", "type", "direction", "channel", "at", "customer", "company", "deal", "owner"],
    };

    private static string[] Form(string kind) => kind switch
    {
        RecordKinds.Customer => ["name", "givenName", "familyName", "emails", "phones", "company", "role", "lifecycle", "language", "birthday", "tags", "owner", "description"],
        RecordKinds.Company => ["name", "domain", "website", "phone", "email", "industry", "size", "parent", "tags", "owner", "description"],
        RecordKinds.Lead => ["name", "company", "email", "phone", "status", "score", "source", "tags", "owner", "description"],
        RecordKinds.Deal => ["name", "amount", "closeDate", "company", "winProbability", "competitors", "tags", "owner", "description"],
        RecordKinds.TaskKind => ["subject", "due", "remindAt", "status", "priority", "customer", "company", "deal", "owner", "description"],
        RecordKinds.Product => ["name", "code", "price", "taxRate", "status", "category", "description"],
        RecordKinds.Order => ["number", "customer", "company", "currency", "status", "placedAt", "owner", "description"],
        _ => ["type", "subject", "body", "at", "customer", "company", "deal", "owner"],
    };
}
