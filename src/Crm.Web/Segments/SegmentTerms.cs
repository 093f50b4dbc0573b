using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Calls;
using Crm.Language;
using Crm.Records;
using Crm.Records.Filters;

namespace Crm.Segments;

/// <summary>What a definition can speak of, as people call it: fields of customers, segments, and what events are named.</summary>
public sealed class SegmentTerms
{
    /// <summary>The end of a field that is a family: <c>trait.NAME</c>.</summary>
    public const string Any = "NAME";

    private readonly Dictionary<string, FieldRule> _rules;
    private readonly Dictionary<string, string> _labels;
    private readonly Texts _texts;

    private SegmentTerms(Texts texts, IReadOnlyList<JsonObject> fields, IReadOnlyList<JsonObject> companyFields, IReadOnlyList<JsonObject> segments)
    {
        _texts = texts;
        var (own, theirs) = (Own(RecordKinds.Customer, fields), Own(RecordKinds.Company, companyFields));
        var (card, company) = (new KindFields(RecordKind.Customer, own), new KindFields(RecordKind.Company, theirs));
        Fields = new SegmentFields(card, company);
        _rules = card.Rules.Select(r => (r.Field.Name, Rule: r)).Concat(company.Rules.Select(r => (Name: SegmentFields.Company + r.Field.Name, Rule: r))).ToDictionary(r => r.Name, r => r.Rule);
        _labels = own.Select(f => (Name: CustomField.Prefix + f.Name, f.Label))
            .Concat(theirs.Select(f => (Name: SegmentFields.Company + CustomField.Prefix + f.Name, Label: f.Label.Length > 0 ? CompanysOwn(f.Label) : "")))
            .Where(f => f.Label.Length > 0).ToDictionary(f => f.Name, f => f.Label);
        Segments = segments.ToDictionary(s => s.Text("id")!, s => s.Text("name")!);
        Definitions = segments.ToDictionary(s => s.Text("id")!, s => s.Text("definition") ?? "");
        Choices = [.. Fields.Names.Distinct().Select(n => (n, Label(n))).OrderBy(f => f.Item2, StringComparer.CurrentCultureIgnoreCase)];
        Seen = new SeenEvents(segments.Select(s => BuiltReading.Filter(s.Text("definition") ?? "", Fields)).OfType<Filter>());
    }

    public IFields Fields { get; }

    /// <summary>All fields with their names; a family by what its names begin with.</summary>
    public IReadOnlyList<(string Name, string Label)> Choices { get; }

    /// <summary>The segments by their ids.</summary>
    public IReadOnlyDictionary<string, string> Segments { get; }

    /// <summary>What they say.</summary>
    public IReadOnlyDictionary<string, string> Definitions { get; }

    /// <summary>Names that events have.</summary>
    public SeenEvents Seen { get; }

    /// <summary>Asks for what the company calls its own.</summary>
    public static async Task<SegmentTerms> Load(Api api, Texts texts, CancellationToken stop = default)
    {
        var fields = await api.Get("/api/v1/fields?kind=" + RecordKinds.Customer, stop);
        var companyFields = await api.Get("/api/v1/fields?kind=" + RecordKinds.Company, stop);
        var segments = await api.Get("/api/v1/segments", stop);
        return new SegmentTerms(texts, fields.Items, companyFields.Items, segments.Items);
    }

    /// <summary>The family of a field, as <see cref="Choices"/> has it; the field itself when it is of none.</summary>
    public string Family(string name) =>
        Choices.Select(c => c.Name).FirstOrDefault(c => IsFamily(c) && name.StartsWith(Stem(c), StringComparison.Ordinal) && !Choices.Any(o => o.Name == name)) ?? name;

    public static bool IsFamily(string name) => name.EndsWith("." + Any, StringComparison.Ordinal);

    /// <summary>What the names of a family begin with, with the dot.</summary>
    public static string Stem(string family) => family[..^Any.Length];

    /// <summary>A field as people call it.</summary>
    public string Label(string name)
    {
        if (_labels.TryGetValue(name, out var label)) return label;
        if (name.StartsWith(SegmentFields.Company, StringComparison.Ordinal)) return CompanysOwn(_texts.Field(RecordKinds.Company, name[SegmentFields.Company.Length..]));
        if (IsFamily(name)) return _texts.Field(RecordKinds.Customer, Stem(name).TrimEnd('.'));
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        var known = _texts.Field(RecordKinds.Customer, name);
        return known != name || dot < 0 ? known : $"{_texts.Field(RecordKinds.Customer, name[..dot])} {name[(dot + 1)..]}";
    }

    /// <summary>A value of a field as people call it.</summary>
    public string Choice(Field field, string value) =>
        field.Name == SegmentFields.Segments ? Segments.GetValueOrDefault(value, value) : _texts.Choice(field.Name, value);

    /// <summary>The kind of the records that a field links to.</summary>
    public string? Linked(string name) => _rules.GetValueOrDefault(name)?.LinkedKind;

    private string CompanysOwn(string label) => $"{_texts.Field(RecordKinds.Customer, "company")}: {label}";

    private static CustomField[] Own(string kind, IReadOnlyList<JsonObject> fields) =>
    [
        .. from field in fields
           where field["deletedAt"] is null && CustomField.Types.ContainsKey(field.Text("type") ?? "")
           select new CustomField(field.Text("id") ?? "", kind, field.Text("name") ?? "", CustomField.Types[field.Text("type")!])
           {
               Label = field.Text("label") ?? "", Choices = field.Texts("choices"), LinkedKind = field.Text("linkedKind"),
           },
    ];
}
