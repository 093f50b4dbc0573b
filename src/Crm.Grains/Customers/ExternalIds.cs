namespace Crm.Customers;

/// <summary>Kinds of ids outside of the CRM. The numbers are stored: never reuse or renumber one.</summary>
internal enum ExternalIdKind : byte
{
    UserId = 1,
    AnonymousId = 2,
    Email = 3,
    Phone = 4,
}

/// <summary>All ids that a person was seen with, each with its last time; newest first in answers.</summary>
internal sealed class ExternalIds
{
    /// <summary>Ids of one kind. A shared or private-mode browser makes many; above it the one seen longest ago goes.</summary>
    public const int MaxOfKind = 50;

    private readonly List<(ExternalIdKind Kind, string Id, long LastMs)> _ids = new(2);

    /// <summary>True while an email or phone was seen that no stored row has named yet.</summary>
    public bool HasNew { get; set; }

    /// <summary>The ids by which a customer is looked up: emails in lower case, phones as given.</summary>
    public IReadOnlyList<ExternalId> Named() =>
    [
        .. _ids.Where(id => id.Kind is ExternalIdKind.Email or ExternalIdKind.Phone)
            .Select(id => new ExternalId(Name(id.Kind), id.Kind == ExternalIdKind.Email ? id.Id.Trim().ToLowerInvariant() : id.Id.Trim())),
    ];

    /// <summary>The ids themselves, as given.</summary>
    public IEnumerable<string> All() => _ids.Select(id => id.Id);

    public void Seen(ExternalIdKind kind, string id, long atMs)
    {
        var sameKind = 0;
        var oldest = -1;
        for (var at = 0; at < _ids.Count; at++)
        {
            if (_ids[at].Kind != kind) continue;
            if (_ids[at].Id == id)
            {
                if (atMs > _ids[at].LastMs) _ids[at] = (kind, id, atMs);
                return;
            }

            sameKind++;
            if (oldest < 0 || Older(at, oldest)) oldest = at;
        }

        HasNew |= kind is ExternalIdKind.Email or ExternalIdKind.Phone;
        if (sameKind < MaxOfKind)
        {
            _ids.Add((kind, id, atMs));
        }
        else if (atMs > _ids[oldest].LastMs || (atMs == _ids[oldest].LastMs && string.CompareOrdinal(id, _ids[oldest].Id) > 0))
        {
            _ids[oldest] = (kind, id, atMs);
        }
    }

    public void Absorb(ExternalIds other)
    {
        foreach (var (kind, id, last) in other._ids) Seen(kind, id, last);
    }

    public Dictionary<string, IReadOnlyList<string>> View() => _ids
        .GroupBy(id => id.Kind)
        .OrderBy(kind => kind.Key)
        .ToDictionary(kind => Name(kind.Key), kind => (IReadOnlyList<string>)
            [.. kind.OrderByDescending(id => id.LastMs).ThenBy(id => id.Id, StringComparer.Ordinal).Select(id => id.Id)]);

    public void Write(ProfileWriter output)
    {
        output.Count(_ids.Count);
        foreach (var (kind, id, last) in _ids)
        {
            output.Output.Byte((byte)kind);
            output.Output.Text(id);
            output.Time(last);
        }
    }

    public static ExternalIds Read(ProfileReader reader, ref PackReader input)
    {
        var ids = new ExternalIds();
        for (var left = input.Count(); left > 0; left--)
            ids._ids.Add(((ExternalIdKind)input.Byte(), input.RequiredText(), reader.Time(ref input)));
        return ids;
    }

    private bool Older(int left, int right) =>
        _ids[left].LastMs < _ids[right].LastMs
        || (_ids[left].LastMs == _ids[right].LastMs && string.CompareOrdinal(_ids[left].Id, _ids[right].Id) < 0);

    private static string Name(ExternalIdKind kind) => kind switch
    {
        ExternalIdKind.UserId => "user_id",
        ExternalIdKind.AnonymousId => "anonymous_id",
        ExternalIdKind.Email => "email",
        _ => "phone",
    };
}
