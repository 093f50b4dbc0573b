using System.Collections.Frozen;

namespace Crm.Customers;

/// <summary>How much a set of traits may hold.</summary>
/// <param name="Count">Traits.</param>
/// <param name="Bytes">All names and values together, in characters of JSON.</param>
internal readonly record struct TraitBounds(int Count, int Bytes)
{
    /// <summary>Of a person: more than forms and SDKs send, and a row that still fits a write.</summary>
    public static TraitBounds Person => new(200, 16_384);

    /// <summary>Of a group; a person may be in several.</summary>
    public static TraitBounds Group => new(50, 8_192);
}

/// <summary>
/// Traits: name to raw JSON value. The value with the latest event time wins, whatever arrives last. The reserved traits have one
/// name in both spellings. Above the bounds the trait that was set longest ago goes, reserved ones last.
/// </summary>
internal sealed class Traits(TraitBounds bounds)
{
    /// <summary>Longest name in characters.</summary>
    public const int MaxNameLength = 100;

    /// <summary>Longest value in bytes of JSON. Longer ones are documents, not traits.</summary>
    public const int MaxValueBytes = 4_096;

    /// <summary>The reserved traits, camelCase, and their snake_case forms.</summary>
    private static readonly FrozenDictionary<string, string> Reserved = new Dictionary<string, string>
    {
        ["first_name"] = "firstName", ["last_name"] = "lastName", ["created_at"] = "createdAt",
    }.Concat(new[]
    {
        "address", "age", "avatar", "birthday", "company", "createdAt", "description", "email", "firstName", "lastName", "name",
        "gender", "id", "phone", "title", "username", "website",
    }.Select(name => KeyValuePair.Create(name, name))).ToFrozenDictionary();

    private readonly Keyed<Trait> _traits = new();
    private int _size;

    public int Count => _traits.Count;

    /// <summary>Sets all members of a JSON object; answers how many could not be kept.</summary>
    public int Set(in JsonValue json, long atMs)
    {
        var faults = 0;
        var members = new JsonMembers(json.Raw);
        while (members.Next())
        {
            var value = members.Value;
            if (value.Raw.Length <= MaxValueBytes && members.NameText(MaxNameLength) is { } name)
                Set(Reserved.GetValueOrDefault(name, name), Share(value.Json()), atMs);
            else
                faults++;
        }

        return faults;
    }

    /// <summary>
    /// Sets the members of a JSON object that nothing else sets: any other value wins over them, and of two of them the earlier.
    /// Both follow from a time before all others that sinks as time goes on; so any order of arrival gives the same.
    /// </summary>
    public int SetOnce(in JsonValue json, long atMs) => Set(json, 2 * ProfileTime.MinMs - 1 - atMs);

    public void Absorb(Traits other)
    {
        for (var at = 0; at < other._traits.Count; at++)
            Set(other._traits.Key(at), other._traits[at].Json, other._traits[at].AtMs);
    }

    /// <summary>The raw JSON of a trait; null for none.</summary>
    public string? Get(string name) => _traits.Find(name) is >= 0 and var at ? _traits[at].Json : null;

    public Dictionary<string, string> View() => _traits.Sorted().ToDictionary(at => _traits.Key(at), at => _traits[at].Json);

    public void Write(ProfileWriter output)
    {
        output.Count(_traits.Count);
        for (var at = 0; at < _traits.Count; at++)
        {
            output.Shared(_traits.Key(at));
            output.Output.Text(_traits[at].Json);
            output.Time(_traits[at].AtMs);
        }
    }

    public static Traits Read(TraitBounds bounds, ProfileReader reader, ref PackReader input)
    {
        var traits = new Traits(bounds);
        for (var left = input.Count(); left > 0; left--)
        {
            var name = reader.RequiredShared(ref input);
            var json = Share(input.RequiredText());
            traits._traits.Get(name, out _) = new Trait(json, reader.Time(ref input), Reserved.ContainsKey(name));
            traits._size += name.Length + json.Length;
        }

        return traits;
    }

    /// <summary>Short values (a plan, a country) are the same for many.</summary>
    private static string Share(string json) => json.Length <= 16 ? TextPool.Get(json) : json;

    private void Set(string name, string json, long atMs)
    {
        ref var trait = ref _traits.Get(name, out var added);
        if (added) _size += name.Length;
        else if (atMs < trait.AtMs) return;
        _size += json.Length - (trait.Json?.Length ?? 0);
        trait = new Trait(json, atMs, added ? Reserved.ContainsKey(name) : trait.Reserved);
        while (_traits.Count > bounds.Count || _size > bounds.Bytes) Evict();
    }

    private void Evict()
    {
        var least = 0;
        for (var at = 1; at < _traits.Count; at++)
        {
            if (Goes(at, least)) least = at;
        }

        _size -= _traits.Key(least).Length + _traits[least].Json.Length;
        _traits.RemoveAt(least);
    }

    private bool Goes(int at, int before)
    {
        var (left, right) = (_traits[at], _traits[before]);
        if (left.Reserved != right.Reserved) return right.Reserved;
        if (left.AtMs != right.AtMs) return left.AtMs < right.AtMs;
        return string.CompareOrdinal(_traits.Key(at), _traits.Key(before)) > 0;
    }

    private readonly record struct Trait(string Json, long AtMs, bool Reserved);
}
