using Crm.Customers;

namespace Crm.Segments;

/// <summary>Segments as feature flags, for shops' pages: whether somebody is in those that may be asked for.</summary>
internal sealed class SegmentFlags(SegmentDirectory segments, CustomerReads customers)
{
    /// <summary>The flags of whoever an event of this distinct id would be of; null while it cannot be known.</summary>
    public async Task<IReadOnlyDictionary<string, bool>?> Of(string? distinctId, CancellationToken stop)
    {
        var open = (await segments.Recently(stop)).Segments.Where(s => s.Flag is not null).ToArray();
        if (open.Length == 0) return new Dictionary<string, bool>();
        HashSet<string> inside = [];
        foreach (var id in distinctId is null ? [] : (string[])[CustomerId.User(distinctId), CustomerId.Visitor(distinctId)])
        {
            var found = await customers.Find(id, null, stop);
            if (found.View is null && found.Problem?.Status != StatusCodes.Status404NotFound) return null;
            if (found.View is not { } view) continue;
            inside = [.. view.Segments.Select(s => s.Segment)];
            break;
        }

        return open.ToDictionary(s => s.Flag!, s => inside.Contains(s.Id), StringComparer.Ordinal);
    }
}
