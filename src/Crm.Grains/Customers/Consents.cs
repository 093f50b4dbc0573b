using System.Text.Json;
using Crm.Privacy;

namespace Crm.Customers;

/// <summary>
/// What a person consented to, by category, and the Global Privacy Control signal. The latest event time wins, whatever arrives
/// last; of the same millisecond the stricter one does.
/// </summary>
internal sealed class Consents
{
    /// <summary>Categories kept; banners have a handful. Beyond, new ones are left out and counted as faults.</summary>
    public const int MaxCategories = 50;

    /// <summary>Longest name of a category, in characters.</summary>
    public const int MaxNameLength = 100;

    private readonly Keyed<Choice> _categories = new();
    private Choice? _gpc;

    private readonly record struct Choice(bool Given, long AtMs)
    {
        public bool Yields(bool given, long atMs, bool strict) => atMs > AtMs || (atMs == AtMs && given == strict);
    }

    public bool IsEmpty => _categories.Count == 0 && _gpc is null;

    /// <summary>True when an event may say something of consent: most do not, and are not read for it.</summary>
    public static bool Mentioned(ReadOnlySpan<byte> body) => body.IndexOf("\"consent\""u8) >= 0 || body.IndexOf("\"gpc\""u8) >= 0;

    /// <summary>Takes what an event's context says; answers how many values could not be used.</summary>
    public int Fold(in JsonValue context, long atMs)
    {
        if (context.Kind != JsonTokenType.StartObject) return 0;
        var faults = 0;
        var members = new JsonMembers(context.Raw);
        while (members.Next())
        {
            var value = members.Value;
            if (members.Name.SequenceEqual("gpc"u8))
            {
                if (value.Kind is JsonTokenType.True or JsonTokenType.False) Signal(value.Kind == JsonTokenType.True, atMs);
                else if (!value.IsMissing) faults++;
            }
            else if (members.Name.SequenceEqual("consent"u8) && value.Kind == JsonTokenType.StartObject)
            {
                faults += Choices(value, atMs);
            }
        }

        return faults;
    }

    public void Absorb(Consents other)
    {
        for (var at = 0; at < other._categories.Count; at++) Choose(other._categories.Key(at), other._categories[at].Given, other._categories[at].AtMs);
        if (other._gpc is { } gpc) Signal(gpc.Given, gpc.AtMs);
    }

    /// <summary>True when the data may be used for a purpose by its rule.</summary>
    public bool Allows(PurposeRule purpose)
    {
        if (purpose.GpcDenies && _gpc is { Given: true }) return false;
        var (known, denied) = (false, false);
        for (var at = 0; at < _categories.Count; at++)
        {
            if (!_categories.Key(at).Equals(purpose.Category, StringComparison.OrdinalIgnoreCase)) continue;
            known = true;
            denied |= !_categories[at].Given;
        }

        return known ? !denied : purpose.AllowedUnasked;
    }

    /// <summary>What was said of a category; null where nothing was. Of two spellings a refusal wins.</summary>
    public bool? Given(string category)
    {
        bool? given = null;
        for (var at = 0; at < _categories.Count; at++)
            if (_categories.Key(at).Equals(category, StringComparison.OrdinalIgnoreCase)) given = (given ?? true) && _categories[at].Given;
        return given;
    }

    public ConsentView View(PrivacySettings settings) => new(
        _categories.Sorted().ToDictionary(at => _categories.Key(at), at => new ConsentChoice(_categories[at].Given, _categories[at].AtMs)),
        _gpc is { } gpc ? new ConsentChoice(gpc.Given, gpc.AtMs) : null,
        settings.Purposes.ToDictionary(p => p.Purpose, Allows));

    public void Write(ProfileWriter output)
    {
        output.Output.Byte(_gpc is null ? (byte)0 : (byte)(_gpc.Value.Given ? 2 : 1));
        if (_gpc is { } gpc) output.Time(gpc.AtMs);
        output.Count(_categories.Count);
        for (var at = 0; at < _categories.Count; at++)
        {
            output.Shared(_categories.Key(at));
            output.Output.Byte(_categories[at].Given ? (byte)1 : (byte)0);
            output.Time(_categories[at].AtMs);
        }
    }

    public static Consents Read(ProfileReader reader, ref PackReader input)
    {
        var consents = new Consents();
        var gpc = input.Byte();
        if (gpc > 0) consents._gpc = new Choice(gpc == 2, reader.Time(ref input));
        for (var left = input.Count(); left > 0; left--)
        {
            var category = reader.RequiredShared(ref input);
            var given = input.Byte() == 1;
            consents._categories.Get(category, out _) = new Choice(given, reader.Time(ref input));
        }

        return consents;
    }

    private int Choices(in JsonValue consent, long atMs)
    {
        var faults = 0;
        var members = new JsonMembers(consent.Raw);
        while (members.Next())
        {
            if (!members.Name.SequenceEqual("categoryPreferences"u8) || members.Value.Kind != JsonTokenType.StartObject) continue;
            var categories = new JsonMembers(members.Value.Raw);
            while (categories.Next())
            {
                var kind = categories.Value.Kind;
                if (kind is not (JsonTokenType.True or JsonTokenType.False) || categories.NameText(MaxNameLength) is not { } name
                    || !Choose(name, kind == JsonTokenType.True, atMs)) faults++;
            }
        }

        return faults;
    }

    private bool Choose(string category, bool given, long atMs)
    {
        if (_categories.Find(category) < 0 && _categories.Count >= MaxCategories) return false;
        ref var choice = ref _categories.Get(category, out var added);
        if (added || choice.Yields(given, atMs, strict: false)) choice = new Choice(given, atMs);
        return true;
    }

    private void Signal(bool given, long atMs)
    {
        if (_gpc is not { } gpc || gpc.Yields(given, atMs, strict: true)) _gpc = new Choice(given, atMs);
    }
}
