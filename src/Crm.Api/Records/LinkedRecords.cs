using Crm.Access;

namespace Crm.Records;

/// <summary>Records that others link to, by kind and id. Kinds that are no records of their own say themselves how they are found.</summary>
internal interface ILinkedKind
{
    /// <summary>The kind.</summary>
    string Kind { get; }

    /// <summary>Those of some ids that there are.</summary>
    Task<IReadOnlyList<RecordState>> ByIds(IReadOnlyCollection<string> ids, CancellationToken stop);
}

/// <summary>Finds what records link to: all of a page in one question a kind.</summary>
internal sealed class LinkedRecords(RecordLists lists, IEnumerable<ILinkedKind> others)
{
    private readonly Dictionary<string, ILinkedKind> _others = others.ToDictionary(o => o.Kind, StringComparer.Ordinal);

    /// <summary>Those that who asks may read and that are not in the trash, by kind and id.</summary>
    public async Task<Dictionary<(string Kind, string Id), RecordState>> Readable(
        IEnumerable<(string Kind, string Id)> links, Actor actor, CancellationToken stop)
    {
        var found = new Dictionary<(string, string), RecordState>();
        foreach (var kind in links.Distinct().GroupBy(l => l.Kind, l => l.Id))
            foreach (var record in await ByIds(kind.Key, [.. kind], stop))
                if (record.DeletedAt is null && actor.May(RecordAction.Read, kind.Key, record.Whose)) found[(kind.Key, record.Id)] = record;
        return found;
    }

    private Task<IReadOnlyList<RecordState>> ByIds(string kind, IReadOnlyCollection<string> ids, CancellationToken stop) =>
        _others.TryGetValue(kind, out var other) ? other.ByIds(ids, stop)
        : RecordKind.Named(kind) is { } known ? lists.ByIds(known, ids, stop)
        : Task.FromResult<IReadOnlyList<RecordState>>([]);
}
