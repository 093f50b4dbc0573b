namespace Crm.Customers;

/// <summary>The company accounts that a person belongs to, each with the traits that were sent with it.</summary>
internal sealed class Groups
{
    /// <summary>Accounts of one person. Above it the one named longest ago goes.</summary>
    public const int MaxGroups = 20;

    /// <summary>Longest group id in characters.</summary>
    public const int MaxIdLength = 256;

    private readonly Keyed<(Traits Traits, long LastMs)> _groups = new();

    public int Seen(string id, in JsonValue traits, long atMs)
    {
        var group = Group(id, atMs);
        var faults = group.Set(traits, atMs);
        Bound();
        return faults;
    }

    public void Seen(string id, long atMs)
    {
        Group(id, atMs);
        Bound();
    }

    public void Absorb(Groups other)
    {
        for (var at = 0; at < other._groups.Count; at++)
        {
            Group(other._groups.Key(at), other._groups[at].LastMs).Absorb(other._groups[at].Traits);
            Bound();
        }
    }

    public Dictionary<string, IReadOnlyDictionary<string, string>> View() =>
        _groups.Sorted().ToDictionary(at => _groups.Key(at), at => (IReadOnlyDictionary<string, string>)_groups[at].Traits.View());

    /// <summary>Their ids.</summary>
    public IReadOnlyList<string> Ids() => [.. Enumerable.Range(0, _groups.Count).Select(_groups.Key)];

    public void Write(ProfileWriter output)
    {
        output.Count(_groups.Count);
        for (var at = 0; at < _groups.Count; at++)
        {
            output.Output.Text(_groups.Key(at));
            output.Time(_groups[at].LastMs);
            _groups[at].Traits.Write(output);
        }
    }

    public static Groups Read(ProfileReader reader, ref PackReader input)
    {
        var groups = new Groups();
        for (var left = input.Count(); left > 0; left--)
        {
            var id = input.RequiredText();
            var last = reader.Time(ref input);
            groups._groups.Get(id, out _) = (Traits.Read(TraitBounds.Group, reader, ref input), last);
        }

        return groups;
    }

    private Traits Group(string id, long atMs)
    {
        ref var group = ref _groups.Get(id, out var added);
        group = added ? (new Traits(TraitBounds.Group), atMs) : (group.Traits, Math.Max(group.LastMs, atMs));
        return group.Traits;
    }

    private void Bound()
    {
        if (_groups.Count <= MaxGroups) return;
        var oldest = 0;
        for (var at = 1; at < _groups.Count; at++)
        {
            var order = _groups[at].LastMs.CompareTo(_groups[oldest].LastMs);
            if (order < 0 || (order == 0 && string.CompareOrdinal(_groups.Key(at), _groups.Key(oldest)) < 0)) oldest = at;
        }

        _groups.RemoveAt(oldest);
    }
}
