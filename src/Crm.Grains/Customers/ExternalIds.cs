namespace Crm.Customers;

/// <summary>All ids that a person was seen with, each with its last time; newest first in answers.</summary>
internal sealed class ExternalIds
{
    /// <summary>Ids of all custom kinds together; above it the one seen longest ago goes.</summary>
    public const int MaxCustom = 100;

    /// <summary>The kinds that version 1 stored, by the number of each. Never reuse or renumber one.</summary>
    private static readonly string[] s_firstKinds = ["", ExternalIdKinds.UserId, ExternalIdKinds.AnonymousId, ExternalId.Email, ExternalId.Phone];

    private readonly List<SeenId> _ids = new(2);

    private readonly record struct SeenId(string Kind, string Id, long LastMs, bool ToldByServer)
    {
        /// <summary>What version 1 could store: the rest stands in a part of its own.</summary>
        public bool IsPlain => !ToldByServer && Array.IndexOf(s_firstKinds, Kind) > 0;
    }

    /// <summary>True while an id for look-up was seen, or told by a server, that no stored row has named so yet.</summary>
    public bool HasNew { get; set; }

    /// <summary>True when there are ids that version 1 cannot store.</summary>
    public bool HasMore => _ids.Exists(static id => !id.IsPlain);

    /// <summary>The ids by which a customer is looked up, as they are compared.</summary>
    public IReadOnlyList<ExternalId> Named() =>
    [
        .. from id in _ids
           where IsNamed(id.Kind)
           let named = ExternalId.Of(id.Kind, id.Id, id.ToldByServer)
           where named is not null
           select named.Value,
    ];

    /// <summary>The ids themselves, as given.</summary>
    public IEnumerable<string> All() => _ids.Select(id => id.Id);

    /// <summary>The id of a kind that was seen last; null for none.</summary>
    public string? Newest(string kind)
    {
        var newest = -1;
        for (var at = 0; at < _ids.Count; at++)
        {
            if (_ids[at].Kind != kind || (newest >= 0 && !IsNewer(_ids[at], _ids[newest]))) continue;
            newest = at;
        }

        return newest < 0 ? null : _ids[newest].Id;
    }

    /// <summary>Notes an id. <paramref name="told"/>: a server's key named it.</summary>
    public void Seen(string kind, string id, long atMs, bool told = false)
    {
        var at = _ids.FindIndex(seen => seen.Id == id && seen.Kind == kind);
        if (at >= 0)
        {
            var seen = _ids[at];
            HasNew |= told && !seen.ToldByServer && IsNamed(kind);
            _ids[at] = seen with { LastMs = Math.Max(seen.LastMs, atMs), ToldByServer = seen.ToldByServer || told };
            return;
        }

        HasNew |= IsNamed(kind);
        _ids.Add(new SeenId(kind, id, atMs, told));
        Keep(ExternalIdKinds.Of(kind).Limit, other => other.Kind == kind);
        if (ExternalIdKinds.IsCustom(kind)) Keep(MaxCustom, other => ExternalIdKinds.IsCustom(other.Kind));
    }

    public void Absorb(ExternalIds other)
    {
        foreach (var (kind, id, last, told) in other._ids) Seen(kind, id, last, told);
    }

    public Dictionary<string, IReadOnlyList<string>> View() => _ids
        .GroupBy(id => id.Kind)
        .OrderBy(kind => ExternalIdKinds.Of(kind.Key).Priority).ThenBy(kind => kind.Key, StringComparer.Ordinal)
        .ToDictionary(kind => kind.Key, kind => (IReadOnlyList<string>)
            [.. kind.OrderByDescending(id => id.LastMs).ThenBy(id => id.Id, StringComparer.Ordinal).Select(id => id.Id)]);

    /// <summary>Writes the ids that version 1 knew.</summary>
    public void Write(ProfileWriter output)
    {
        output.Count(_ids.Count(static id => id.IsPlain));
        foreach (var (kind, id, last, _) in _ids.Where(static id => id.IsPlain))
        {
            output.Output.Byte((byte)Array.IndexOf(s_firstKinds, kind));
            output.Output.Text(id);
            output.Time(last);
        }
    }

    /// <summary>Writes the others.</summary>
    public void WriteMore(ProfileWriter output)
    {
        output.Count(_ids.Count(static id => !id.IsPlain));
        foreach (var (kind, id, last, told) in _ids.Where(static id => !id.IsPlain))
        {
            output.Shared(kind);
            output.Output.Byte(told ? (byte)1 : (byte)0);
            output.Output.Text(id);
            output.Time(last);
        }
    }

    public static ExternalIds Read(ProfileReader reader, ref PackReader input)
    {
        var ids = new ExternalIds();
        for (var left = input.Count(); left > 0; left--)
            ids._ids.Add(new SeenId(s_firstKinds[input.Byte()], input.RequiredText(), reader.Time(ref input), false));
        return ids;
    }

    public void ReadMore(ProfileReader reader, ref PackReader input)
    {
        for (var left = input.Count(); left > 0; left--)
        {
            var kind = reader.RequiredShared(ref input);
            var told = input.Byte() != 0;
            _ids.Add(new SeenId(kind, input.RequiredText(), reader.Time(ref input), told));
        }
    }

    private static bool IsNamed(string kind) => kind is not (ExternalIdKinds.UserId or ExternalIdKinds.AnonymousId);

    private void Keep(int limit, Predicate<SeenId> among)
    {
        var (count, oldest) = (0, -1);
        for (var at = 0; at < _ids.Count; at++)
        {
            if (!among(_ids[at])) continue;
            count++;
            if (oldest < 0 || IsOlder(_ids[at], _ids[oldest])) oldest = at;
        }

        if (count > limit) _ids.RemoveAt(oldest);
    }

    // In the order of answers.
    private static bool IsNewer(SeenId left, SeenId right) =>
        left.LastMs > right.LastMs || (left.LastMs == right.LastMs && string.CompareOrdinal(left.Id, right.Id) < 0);

    private static bool IsOlder(SeenId left, SeenId right) =>
        left.LastMs < right.LastMs || (left.LastMs == right.LastMs && string.CompareOrdinal(left.Id, right.Id) < 0);
}
