using System.Text.Json;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Calls;
using Crm.Records;
using Crm.Records.Filters;

namespace Crm.Segments;

/// <summary>
/// Names of events, of their properties, and values of those, to be offered while one types: from what other segments ask, from data plans,
/// and from what some customers did last.
/// </summary>
public sealed class SeenEvents
{
    /// <summary>Customers whose newest events are read: enough for the names that a shop uses every day.</summary>
    private const int MostCustomers = 5;
    private const int MostEvents = 100;
    private const int MostSources = 5;
    private const int MostNames = 200;
    private const int MostValues = 30;
    private const int MaxDepth = 3;
    private const int MaxValueLength = 60;

    private readonly SortedSet<string> _names = new(StringComparer.OrdinalIgnoreCase);
    private readonly SortedDictionary<string, SortedSet<string>> _properties = new(StringComparer.Ordinal);

    public SeenEvents(IEnumerable<Filter> definitions)
    {
        foreach (var filter in definitions) Note(filter);
    }

    public IReadOnlyCollection<string> Names => _names;

    public IReadOnlyCollection<string> Properties => _properties.Keys;

    public IReadOnlyCollection<string> Values(string property) => _properties.GetValueOrDefault(property) ?? [];

    /// <summary>Looks at what the shop really sends, as far as whoever asks may see it.</summary>
    public async Task Look(Api api, bool plans, CancellationToken stop)
    {
        var newest = await api.Get($"/api/v1/customers?limit={MostCustomers}&sort=-lastSeen&fields=id", stop);
        foreach (var customer in newest.Items)
            foreach (var entry in (await api.Get($"{RecordPaths.Api(RecordKinds.Customer, customer.Text("id")!)}/timeline?kinds=event&limit={MostEvents}", stop)).Items) Note(entry);
        if (!plans) return;
        foreach (var source in (await api.Get($"/api/v1/sources?limit={MostSources}", stop)).Items.Take(MostSources))
            foreach (var plan in (await api.Get($"/api/v1/sources/{Uri.EscapeDataString(source.Text("id")!)}/plan", stop)).Items) NotePlan(plan);
    }

    private void Note(JsonObject entry)
    {
        var happened = entry.Part("event");
        if (happened.Text("type") == "track" && entry.Text("title") is { Length: > 0 } name) Name(name);
        if ((happened.Part("properties") ?? happened.Part("traits")) is { } properties) Inside(properties, "", 0);
    }

    private void Inside(JsonObject json, string before, int depth)
    {
        foreach (var (name, value) in json)
        {
            if (name.Contains('.', StringComparison.Ordinal) || name.Length == 0) continue;
            switch (value is JsonArray list ? list.FirstOrDefault() : value)
            {
                case JsonObject inner when depth < MaxDepth:
                    Inside(inner, before + name + ".", depth + 1);
                    break;
                case JsonValue { } one when one.GetValueKind() is JsonValueKind.String or JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False:
                    Property(before + name, one.ToString());
                    break;
            }
        }
    }

    private void NotePlan(JsonObject plan)
    {
        if (plan.Text("event") is { Length: > 0 } name && name[0] != '$') Name(name);
        foreach (var (property, _) in plan.Part("schema").Part("properties").Part("properties").Part("properties") ?? []) Property(property, null);
    }

    private void Note(Filter filter)
    {
        switch (filter)
        {
            case Filter.All all:
                foreach (var part in all.Parts) Note(part);
                break;
            case Filter.Any any:
                foreach (var part in any.Parts) Note(part);
                break;
            case Filter.Not not:
                Note(not.Part);
                break;
            case Filter.Measured measured:
                Note(measured.Of);
                if (measured.Property is { } property) Property(property, null);
                break;
            case Filter.Happened happened:
                Note(happened.Of);
                break;
            case Filter.Followed followed:
                Note(followed.First);
                Note(followed.Then);
                break;
        }
    }

    private void Note(EventPick pick)
    {
        foreach (var name in pick.Names) Name(name);
        foreach (var test in pick.Tests) Property(test.Path, test.Values is [FilterValue.Text text, ..] ? text.Value : null);
    }

    private void Name(string name)
    {
        if (_names.Count < MostNames) _names.Add(name);
    }

    private void Property(string path, string? value)
    {
        if (!_properties.TryGetValue(path, out var values))
        {
            if (_properties.Count == MostNames) return;
            _properties[path] = values = new SortedSet<string>(StringComparer.OrdinalIgnoreCase);
        }

        if (value is { Length: > 0 and <= MaxValueLength } && values.Count < MostValues) values.Add(value);
    }
}
