namespace Crm.Customers;

/// <summary>
/// What lists show is written with the row: at once where it changed, but last seen and the like, which change with every event, at most
/// every ten seconds. Then it is noted, with the row, when they are due; whoever finds that asks for them.
/// </summary>
internal sealed partial class CustomerGrain
{
    /// <summary>Lists are so old at most, and a busy customer's columns, with their indexes, are written so seldom.</summary>
    private static readonly TimeSpan s_listEvery = TimeSpan.FromSeconds(10);

    private Listed _listed;

    /// <summary>
    /// What the columns hold, as hashes: a million customers are in memory. What changes seldom was written with the row that was read,
    /// so a fresh activation takes it for what the row says; who asks for it to be listed knows better, and is believed.
    /// </summary>
    private readonly record struct Listed(ulong Slow, ulong Fast, DateTimeOffset At, bool IsNoted, bool IsAssumed);

    public async Task<bool> List()
    {
        if (_writing is not null) await _writing;
        if (_ending) return false;
        if (_rowVersion == 0 || _movedTo is not null) return true;
        var listing = Listing(Record, null);
        if (!_listed.IsAssumed && _listed.Slow == listing.SlowHash() && _listed.Fast == listing.FastHash()) return true;
        _listed = _listed.IsAssumed ? default : _listed with { At = default };
        return await Store();
    }

    private Listed AsStored(CustomerRecord record) => new(Listing(record, _movedTo).SlowHash(), 0, default, IsNoted: false, IsAssumed: true);

    private CustomerListing Listing(CustomerRecord record, string? movedTo) => record.Profile.Listing(record.IsKnown, movedTo, services.Company.Current);

    /// <summary>What a write takes to the lists, and what holds once it is stored.</summary>
    private ListWrite ToList(CustomerRecord record, string? movedTo)
    {
        var (listing, now) = (Listing(record, movedTo), services.Clock.GetUtcNow());
        var hash = listing.SlowHash();
        var slow = hash == _listed.Slow ? null : listing;
        var then = new Listed(hash, listing.FastHash(), now, IsNoted: false, IsAssumed: slow is null && _listed.IsAssumed);
        if (then.Fast == _listed.Fast) return new ListWrite(slow, null, null, _listed with { Slow = then.Slow, IsAssumed = then.IsAssumed });
        var due = _listed.At + s_listEvery;
        if (slow is not null || now >= due) return new ListWrite(slow, listing, null, then);
        return new ListWrite(null, null, _listed.IsNoted ? null : due, _listed with { IsNoted = true });
    }

    private readonly record struct ListWrite(CustomerListing? Listing, CustomerListing? Seen, DateTimeOffset? At, Listed Then);
}
