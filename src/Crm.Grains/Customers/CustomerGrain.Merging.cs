using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace Crm.Customers;

/// <summary>
/// Merging. An event that names two ids leaves a pending merge in the row; once that is durable, the ledger decides, the
/// source freezes durably, and its frozen row is taken over, once. All of it can be repeated after any crash.
/// </summary>
internal sealed partial class CustomerGrain
{
    /// <summary>A read waits this long for merges that an applied event asked for.</summary>
    private static readonly TimeSpan MergeWait = TimeSpan.FromSeconds(2);

    /// <summary>Longest chain of merges that a pull follows; the ledger is acyclic, this only bounds a damaged one.</summary>
    private const int MaxChain = 32;

    private Task? _merging;
    private int _forgiven;

    public async Task<bool> Freeze(string into)
    {
        if (_movedTo is null && (await services.Ledger.Find(_id))?.Into != into) return false;
        return await FreezeInto(into);
    }

    public async Task Given(string source)
    {
        if (_movedTo is { } heir)
        {
            await services.Grains.Customer(heir).Given(source);
            return;
        }

        var entry = await services.Ledger.Find(source);
        if (!IsOurs(entry) || _ending || _movedTo is not null || _splitting is not null || Record.Lanes.Holds(source)) return;
        Record.Expect(source, entry.Reason);
        _dirty = true;
        StartMerging();
    }

    /// <summary>Whoever begins, and is given away but not frozen, sees to it that the other one knows.</summary>
    private async Task TellWhomGivenTo(string into)
    {
        try
        {
            await services.Grains.Customer(into).Given(_id);
        }
        catch (Exception failure) when (failure is not InvalidDataException)
        {
            // The next one who begins tells it again.
            LogUnchecked(services.Logger, failure);
        }
    }

    private async Task<bool> FreezeInto(string into)
    {
        while (_writing is not null || _splitting is not null) await (_writing ?? _splitting!.Task);
        if (_ending) return false;
        if (_movedTo is not null) return _movedTo == into;

        // From here on every caller is sent to the other customer, which takes nothing before the frozen row is stored.
        _movedTo = into;
        try
        {
            return await Store();
        }
        catch (StoreUnavailableException)
        {
            _movedTo = null;
            throw;
        }
    }

    public Task Wake()
    {
        WasTouched = true;
        if (!_ending && _movedTo is null && (_dirty || Record.HasWork)) StartMerging();
        return _merging ?? (_ending || _movedTo is not null || services.Segments.Current.Number == 0 ? Task.CompletedTask : LookAndStore(isWoken: true));
    }

    /// <summary>Done, but for merges that the events ask for: whoever reads one of their sources has to wait.</summary>
    private LaneAnswer Done() =>
        Record.Pending.Count == 0 ? LaneAnswer.Ok : LaneAnswer.Ok with { Merging = [.. Record.Pending.Select(p => p.Source)] };

    private void StartMerging()
    {
        if (_merging is not null || _splitting is not null) return;
        var merging = Merge();
        if (!merging.IsCompleted) _merging = merging;
    }

    private async Task Merge()
    {
        try
        {
            // The outbox rule: nothing leaves this customer before the row that asks for it is stored. What was settled is stored, too.
            // Events that are folded while a row is being written ask for more, which has to wait for the next row.
            await TellReleased();

            // What waits in a row that an earlier activation wrote, a late write of that one may settle otherwise.
            _dirty |= !_isOwner;
            var progress = true;
            while (progress && !_ending && _movedTo is null)
            {
                var waiting = Record.Pending.ToArray();
                if (!await StoreAll()) return;
                progress = false;
                foreach (var pending in waiting) progress |= await CarryOut(pending);
                progress |= Record.Pending.Except(waiting).Any();
            }
        }
        catch (Exception failure)
        {
            LogMergeWaits(services.Logger, failure.GetType().Name);
        }
        finally
        {
            _merging = null;
        }
    }

    /// <summary>True when the merge is settled, one way or the other; false when it has to be tried again later.</summary>
    private async Task<bool> CarryOut(PendingMerge pending)
    {
        if (_ending || _movedTo is not null) return false;
        if (Record.Lanes.Holds(pending.Source)) return Settle(pending.Source, refused: false);
        var forgiven = _forgiven;
        var entry = await services.Ledger.Decide(pending.Source, _id, pending.Reason, pending.AskedBy);
        if (_ending || _movedTo is not null) return false;

        // The source may belong to someone who came to this customer meanwhile; else an earlier claim stands. But when this
        // customer itself was given away, the merge goes on there, from the pending state that the frozen row takes along.
        if (!IsOurs(entry))
        {
            var given = await services.Ledger.Find(_id);
            if (_ending || _movedTo is not null) return false;
            if (given is not null)
            {
                // Who it was given to may have died before it could say so. Nothing that this waits for waits for a merge.
                await FreezeInto(given.Into);
                return false;
            }

            // What was decided before a bar was lifted is asked again.
            if (!IsOurs(entry)) return forgiven != _forgiven || Settle(pending.Source, refused: true);
        }

        if (!await services.Grains.Customer(pending.Source).Freeze(entry.Into)) return false;
        return await Absorb(pending.Source) && Settle(pending.Source, refused: false);
    }

    private bool IsOurs([NotNullWhen(true)] MergeEntry? entry) =>
        entry is not null && (entry.Into == _id || Record.Lanes.Holds(entry.Into));

    private bool Settle(string source, bool refused)
    {
        Record.Settle(source, refused);
        _dirty = true;
        return true;
    }

    /// <summary>
    /// Takes over a frozen customer, the nearest to this one first, each id once. False while it is not frozen in favour of this one.
    /// </summary>
    private async Task<bool> Absorb(string lane)
    {
        var chain = new Stack<(CustomerRow Row, string Into, MergeEntry? Entry)>();
        var (next, splits) = (lane, _splits);
        while (!_ending && _movedTo is null && _splitting is null && !Record.Lanes.Holds(next))
        {
            if (chain.Count >= MaxChain || await services.Store.Read(next) is not { Row: { MovedTo: { } into } row } stored) return false;
            chain.Push((row, into, stored.Merge));
            next = into;
        }

        if (!await IsUnchanged(chain.Skip(1).Select(c => c.Row)) || _ending || _movedTo is not null || _splitting is not null) return false;

        // What was read may be the row of one who was taken over meanwhile, and taken out again.
        if (splits != _splits) return false;
        foreach (var (row, into, entry) in chain)
        {
            // Interleaved turns may have taken it already, or gone back to the stored row: look again at each step.
            if (Record.Lanes.Holds(row.Id)) continue;
            if (!Record.Lanes.Holds(into)) return false;
            var frozen = CustomerRecord.Decode(row.Id, row.State);
            Record.Absorb(
                frozen,
                new MergeView(row.Id, into, entry?.Reason ?? "identify", entry?.At.ToUnixTimeMilliseconds() ?? 0));
            var plan = services.Segments.Current;
            if (plan.Number > 0 || Record.SegmentsIfAny is not null || frozen.SegmentsIfAny is not null) Record.Segments.Absorb(frozen.Segments, plan);
            _dirty = true;
        }

        Look();
        return Record.Lanes.Holds(lane);
    }

    /// <summary>
    /// Rows of a chain are read one after the other: one below may have been taken out of the next before that was frozen. Behind a
    /// frozen row nothing changes until somebody has taken it over.
    /// </summary>
    private async Task<bool> IsUnchanged(IEnumerable<CustomerRow> below)
    {
        foreach (var row in below.ToArray())
            if ((await services.Store.Read(row.Id)).Row?.RowVersion != row.RowVersion) return false;
        return true;
    }

    private async Task<bool> MergesSettle()
    {
        if (Record.Pending.Count > 0) StartMerging();
        if (_merging is { } merging)
        {
            try
            {
                await merging.WaitAsync(MergeWait, services.Clock);
            }
            catch (TimeoutException)
            {
                return false;
            }
        }

        return !_ending && (_movedTo is not null || Record.Pending.Count == 0);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A merge waits after {Failure}; it is tried again when the customer is next woken.")]
    private static partial void LogMergeWaits(ILogger logger, string failure);
}
