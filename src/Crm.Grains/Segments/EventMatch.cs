using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Crm.Clickstream;
using Crm.Customers;
using Crm.Records.Filters;

namespace Crm.Segments;

/// <summary>Whether an event's properties are what a condition asks, and what it says of the property that is summed or told apart.</summary>
internal sealed class EventMatch
{
    private readonly Test[] _tests;
    private readonly byte[][]? _property;

    public EventMatch(EventPick pick, string? property)
    {
        _tests = [.. pick.Tests.Select(t => new Test(Path(t.Path), t))];
        _property = property is null ? null : Path(property);
    }

    /// <summary>Whether the body has to be read for it.</summary>
    public bool ReadsBody => _tests.Length > 0 || _property is not null;

    /// <summary>Whether all that is asked of its properties holds.</summary>
    public bool Holds(EventType type, in EventBody body)
    {
        foreach (var test in _tests)
        {
            var (root, skip) = Root(type, body, test.Path);
            if (Any(root, test.Path.AsSpan(skip), test.Asked) == test.Asked.Not) return false;
        }

        return true;
    }

    /// <summary>The sum of the property: of a list, of all in it.</summary>
    public decimal Amount(EventType type, in EventBody body)
    {
        var (root, skip) = Root(type, body, _property!);
        return Sum(root, _property.AsSpan(skip));
    }

    /// <summary>Adds to a series each value of the property that it tells apart.</summary>
    public void AddValues(EventType type, in EventBody body, Series series, long atMs)
    {
        var (root, skip) = Root(type, body, _property!);
        AddValues(root, _property.AsSpan(skip), series, atMs);
    }

    private static byte[][] Path(string path) => [.. path.Split('.').Select(Encoding.UTF8.GetBytes)];

    private static Rooted Root(EventType type, in EventBody body, byte[][] path)
    {
        if (path.Length > 1 && path[0].AsSpan().SequenceEqual("context"u8)) return new Rooted(body.Context, 1);
        return new Rooted(type is EventType.Identify or EventType.Group ? body.Traits : body.Properties, 0);
    }

    private static bool Any(JsonValue value, ReadOnlySpan<byte[]> path, PropertyTest test)
    {
        if (value.Kind == JsonTokenType.StartArray)
        {
            var elements = new Elements(value.Raw);
            while (elements.Next())
                if (Any(elements.Value, path, test)) return true;
            return false;
        }

        if (path.IsEmpty) return Matches(value, test);
        return TryMember(value, path[0], out var member) && Any(member, path[1..], test);
    }

    private static decimal Sum(JsonValue value, ReadOnlySpan<byte[]> path)
    {
        if (value.Kind == JsonTokenType.StartArray)
        {
            var sum = 0m;
            var elements = new Elements(value.Raw);
            while (elements.Next()) sum = Comparing.Added(sum, Sum(elements.Value, path));
            return sum;
        }

        if (path.IsEmpty) return value.TryNumber(out var number) ? number : 0;
        return TryMember(value, path[0], out var member) ? Sum(member, path[1..]) : 0;
    }

    private static void AddValues(JsonValue value, ReadOnlySpan<byte[]> path, Series series, long atMs)
    {
        if (value.Kind == JsonTokenType.StartArray)
        {
            var elements = new Elements(value.Raw);
            while (elements.Next()) AddValues(elements.Value, path, series, atMs);
        }
        else if (!path.IsEmpty)
        {
            if (TryMember(value, path[0], out var member)) AddValues(member, path[1..], series, atMs);
        }
        else if (Comparable(value) is { } text)
        {
            series.Add(atMs, 0, XxHash3.HashToUInt64(MemoryMarshal.AsBytes(text.AsSpan())));
        }
    }

    private static bool Matches(JsonValue value, PropertyTest test)
    {
        if (test.Values.Count == 0) return Comparable(value) is not null || value.Kind == JsonTokenType.StartObject;
        foreach (var asked in test.Values)
            if (Matches(value, test.How, asked)) return true;
        return false;
    }

    private static bool Matches(JsonValue value, Comparison how, FilterValue asked) => asked switch
    {
        FilterValue.Flag flag => value.Kind == (flag.Value ? JsonTokenType.True : JsonTokenType.False),
        FilterValue.Number number => value.TryNumber(out var has) && Comparing.Holds(has.CompareTo(number.Value), how),
        FilterValue.Text text => Comparable(value) is { } has && Comparing.Text(has, how, text.Value, StringComparison.OrdinalIgnoreCase),
        _ => false,
    };

    // Long texts are told apart, and compared, by their beginning.
    private static string? Comparable(JsonValue value) => value.Kind switch
    {
        JsonTokenType.True => "true",
        JsonTokenType.False => "false",
        _ => value.Text(FilterParser.MaxNameLength, cut: true),
    };

    private static bool TryMember(JsonValue value, byte[] name, out JsonValue member)
    {
        member = default;
        if (value.Kind != JsonTokenType.StartObject) return false;
        var members = new JsonMembers(value.Raw);
        var found = false;
        while (members.Next())
        {
            if (!members.Name.SequenceEqual(name)) continue;
            member = members.Value;
            found = true;
        }

        return found;
    }

    private readonly record struct Test(byte[][] Path, PropertyTest Asked);

    private readonly ref struct Rooted(JsonValue value, int skip)
    {
        private readonly JsonValue _value = value;

        public void Deconstruct(out JsonValue root, out int skipped)
        {
            root = _value;
            skipped = skip;
        }
    }

    /// <summary>Walks the elements of a JSON list.</summary>
    private ref struct Elements
    {
        private readonly ReadOnlySpan<byte> _json;
        private Utf8JsonReader _reader;

        public Elements(ReadOnlySpan<byte> json)
        {
            _json = json;
            _reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = EventBody.MaxDepth });
            _reader.Read();
        }

        public JsonValue Value { get; private set; }

        public bool Next()
        {
            if (!_reader.Read() || _reader.TokenType == JsonTokenType.EndArray) return false;
            Value = JsonMembers.Take(ref _reader, _json);
            return true;
        }
    }
}
