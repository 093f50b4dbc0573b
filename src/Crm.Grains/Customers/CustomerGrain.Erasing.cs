using Crm.Privacy;

namespace Crm.Customers;

/// <summary>
/// Erasing. This customer knows all ids of its person; one transaction, fenced by its row's version, leaves a tombstone for each and
/// deletes what is stored. Afterwards this activation ends, and a fresh one begins with nothing but the tombstone.
/// </summary>
internal sealed partial class CustomerGrain
{
    /// <summary>Merges that are looked up; no customer holds more lanes.</summary>
    private const int MaxLedgerEntries = CustomerRecord.MaxAbsorbed + CustomerRecord.MaxPending;

    private Tombstone? _erased;

    public async Task<EraseAnswer> Erase(Guid erasure)
    {
        WasTouched = true;
        while (_writing is not null) await _writing;
        if (_ending) return new EraseAnswer(EraseAnswerKind.NotYet);
        if (_movedTo is not null) return new EraseAnswer(EraseAnswerKind.Moved, _movedTo);
        if (await services.Ledger.Find(_id) is { } given)
            return new EraseAnswer(await FreezeInto(given.Into) ? EraseAnswerKind.Moved : EraseAnswerKind.NotYet, given.Into);

        // Whoever was given to this customer is the same person, whatever became of the event that asked for it.
        foreach (var entry in await services.Ledger.Into(_id, MaxLedgerEntries))
        {
            if (Record.Lanes.Holds(entry.Source)) continue;
            Record.Expect(entry.Source, entry.Reason);
            _dirty = true;
        }

        if (!await MergesSettle() || _movedTo is not null || _checkedLanes < Record.Lanes.Count) return new EraseAnswer(EraseAnswerKind.NotYet);
        while (_writing is not null) await _writing;
        if (_ending || _movedTo is not null || Record.Pending.Count > 0) return new EraseAnswer(EraseAnswerKind.NotYet);
        return new EraseAnswer(await Close(erasure) ? EraseAnswerKind.Closed : EraseAnswerKind.NotYet);
    }

    public Task Forget(DateTimeOffset erasedAt)
    {
        if (!_ending && (_erased?.ErasedAtMs ?? 0) < erasedAt.ToUnixTimeMilliseconds()) End("Its person was erased.");
        return Task.CompletedTask;
    }

    private async Task<bool> Close(Guid erasure)
    {
        // From here on nothing of this activation may be stored or shown, however it goes.
        _ending = true;
        try
        {
            var lanes = Record.Lanes.Ids;
            var outcome = await services.Store.Erase(new CustomerErasure(
                erasure, _id, _rowVersion, _erased?.Version ?? 0, lanes, Record.Mentions(), services.Clock.GetUtcNow()));
            return outcome == EraseOutcome.Closed;
        }
        finally
        {
            End("Its person was erased, or that is to be tried again.");
        }
    }
}
