using Crm.Clickstream;
using Microsoft.Extensions.Logging;

namespace Crm.Customers;

/// <summary>
/// Taking a merge back. What counted is folded anew for both, first while this customer goes on, then, while it holds still, the
/// few events that came meanwhile; both rows, the ledger and the bar are one write. Whoever holds an old row is told afterwards,
/// from the stored row, however often it takes.
/// </summary>
internal sealed partial class CustomerGrain
{
    /// <summary>Most events that are folded again: some seconds. A person's life in a shop has some thousands.</summary>
    private const long MaxReplayedEvents = 200_000;

    private TaskCompletionSource? _splitting;
    private int _splits;

    public async Task<UnmergeResult> Unmerge(string source)
    {
        WasTouched = true;
        if (_ending || _splitting is not null) return UnmergeResult.NotYet;
        if (_movedTo is not null) return UnmergeResult.Moved;
        await Wake();
        if (!await MergesSettle() || !await StoreAll()) return UnmergeResult.NotYet;

        // An earlier activation may have shown more than its row held; both versions are to stand above that.
        if (!await IsCurrent()) return UnmergeResult.NotYet;
        if (_movedTo is not null) return UnmergeResult.Moved;
        if (_splitting is not null) return UnmergeResult.NotYet;
        if (source == _id || !Record.Lanes.Holds(source)) return UnmergeResult.NotMerged;
        if (Record.Profile.Events > MaxReplayedEvents || Record.Lanes.Count > CustomerRecord.MaxAbsorbed) return UnmergeResult.TooMany;
        var ledger = await services.Ledger.Into(_id, CustomerRecord.MaxAbsorbed + 1);
        var whole = Record;
        if (_ending || RecordSplit.Of(whole, source, ledger) is not { } split) return UnmergeResult.NotYet;
        if (!await Replay(split, whole)) return UnmergeResult.NotYet;
        var result = await HoldStill(() => Separate(split, whole));
        if (result == UnmergeResult.Done) await Wake();
        return result;
    }

    public Task Refresh(long rowVersion)
    {
        // A write of its own would be fenced, or is the one that the caller has seen.
        if (_writing is null && _rowVersion < rowVersion) End("Its row was rewritten by another customer.");
        return Task.CompletedTask;
    }

    public async Task Forgive(string source)
    {
        _forgiven++;
        if (!Record.Forgive(source)) return;
        _dirty = true;
        if (!_ending && _movedTo is null && _splitting is null) await StoreAll();
    }

    public async Task<bool> Claim(string source, string reason)
    {
        WasTouched = true;
        if (_ending || _movedTo is not null || _splitting is not null) return false;
        if (Record.Want(new PendingMerge(source, reason, _id, services.Clock.GetUtcNow().ToUnixTimeMilliseconds()))) _dirty = true;
        return await StoreAll();
    }

    /// <summary>While it holds still, nothing is folded, absorbed or given away: who comes waits, or comes again.</summary>
    private async Task<UnmergeResult> HoldStill(Func<Task<UnmergeResult>> work)
    {
        if (_ending || _splitting is not null || _merging is not null || _movedTo is not null) return UnmergeResult.NotYet;
        var splitting = _splitting = new TaskCompletionSource();
        try
        {
            return await work();
        }
        catch (StoreUnavailableException)
        {
            return UnmergeResult.NotYet;
        }
        finally
        {
            _splitting = null;
            splitting.SetResult();
            if (!_ending && Record.HasWork) StartMerging();
            Look();
        }
    }

    private async Task<UnmergeResult> Separate(RecordSplit split, CustomerRecord whole)
    {
        if (Record != whole || Record.HasWork || _checkedLanes < whole.Lanes.Count || !await StoreAll() || _dirty || _writing is not null) return UnmergeResult.NotYet;
        if (!await Replay(split, whole)) return UnmergeResult.NotYet;
        if (whole.Lanes.Ids.Any(lane => split.Folded.GetValueOrDefault(lane) != whole.Lanes.Seq(lane))) return UnmergeResult.NotYet;
        if (split.Events != whole.Profile.Events) return UnmergeResult.HistoryGone;
        split.Finish();
        if (await Rows(split) is not { } rows) return UnmergeResult.NotYet;
        split.Root.Release(rows);
        whole.MaySplit = _dirty = true;
        if (!await StoreAll()) return UnmergeResult.NotYet;
        var write = WriteSplit(split, rows);
        if (!write.IsCompleted) _writing = write;
        return await write ? UnmergeResult.Done : UnmergeResult.NotYet;
    }

    /// <summary>Folds what a stored row holds and the split does not yet.</summary>
    private async Task<bool> Replay(RecordSplit split, CustomerRecord whole)
    {
        var spans = whole.Lanes.SpansSince(split.Folded, services.Log.Partitions);
        if (spans.Count == 0) return true;
        if (await services.Unmerging.Replay(spans, split.Take) != ReplayResult.Done) return false;
        split.Reached(spans);
        return !_ending;
    }

    /// <summary>The rows that leave, each at the version that it will have: the source's first. Null when one is not as it should be.</summary>
    private async Task<List<RowVersion>?> Rows(RecordSplit split)
    {
        var rows = new List<RowVersion>();
        foreach (var id in split.Moved.Prepend(split.Source.Id))
        {
            if (await services.Store.Read(id) is not { Row: { MovedTo: not null } row }) return null;
            rows.Add(new RowVersion(id, row.RowVersion + 1));
        }

        return _ending ? null : rows;
    }

    private async Task<bool> WriteSplit(RecordSplit split, List<RowVersion> rows)
    {
        try
        {
            var written = await services.Unmerging.Split(new CustomerSplit(
                Row(split.Root, _rowVersion),
                Row(split.Source, rows[0].Version - 1),
                [.. Record.Lanes.Ids.Where(id => id != _id)],
                [.. rows.Skip(1).Select(r => r with { Version = r.Version - 1 })],
                Record.Profile.Names()));
            if (!written) return false;
            _rowVersion++;
            _isOwner = true;
            _splits++;
            _listed = default;
            _storedDue = null;
            _checkedLanes = 0;
            Record = CustomerRecord.Decode(_id, split.Root.Encode());
            services.Active.Weighs(this, 0);
            return true;
        }
        catch (Exception failure) when (failure is not StoreUnavailableException)
        {
            LogUnknownWrite(services.Logger, failure.GetType().Name);
            return End("It is unknown whether the split was written.");
        }
        finally
        {
            _writing = null;
        }
    }

    private CustomerWrite Row(CustomerRecord record, long version) => new()
    {
        Id = record.Id,
        Partition = Partitioning.Of(record.Id, services.Log.Partitions),
        ExpectedVersion = version,
        State = record.Encode(),
        LastSeen = record.Profile.LastSeenMs is { } seen ? DateTimeOffset.FromUnixTimeMilliseconds(seen) : null,
        Events = record.Profile.Events,
        Orders = record.Profile.Orders,
        DueAt = record.HasWork ? services.Clock.GetUtcNow() : null,
        NewExternalIds = record.Profile.Names(),
    };

    /// <summary>Tells those whose rows were rewritten. What is stored asks for it again until a later row says that it is done.</summary>
    private async Task TellReleased()
    {
        if (Record.Released.Count == 0) return;
        var record = Record;
        foreach (var row in record.Released.ToArray()) await services.Grains.Customer(row.Id).Refresh(row.Version);
        record.Told();
        _dirty = true;
    }

    /// <summary>Not its own lane: whoever sent here may hold a row that was rewritten since.</summary>
    private async Task<LaneAnswer> NotMine(string lane)
    {
        try
        {
            if (await services.Store.Read(lane) is { Row: { } row } && row.MovedTo != _id)
                await services.Grains.Customer(lane).Refresh(row.RowVersion);
        }
        catch (Exception failure) when (failure is not InvalidDataException)
        {
            // The caller comes again.
            LogUnchecked(services.Logger, failure);
        }

        return LaneAnswer.NotMine;
    }
}
