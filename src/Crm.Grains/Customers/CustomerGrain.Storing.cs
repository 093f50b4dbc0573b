using Crm.Clickstream;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace Crm.Customers;

/// <summary>Writing behind: one write in flight, fenced by the row's version.</summary>
internal sealed partial class CustomerGrain
{
    private List<Reject>? _rejects;
    private Task<bool>? _writing;
    private bool _dirty;

    /// <summary>Set by this activation's first write: from then on nothing that an earlier one left under way can be stored.</summary>
    private bool _isOwner;

    public async Task<LaneAnswer> Persist(string lane, long lastSent)
    {
        while (true)
        {
            if (_ending) return LaneAnswer.Ending;
            if (_movedTo is not null) return LaneAnswer.Moved(_movedTo);
            if (!Record.Lanes.Holds(lane))
            {
                if (await Absorb(lane)) continue;
                return await NotMine(lane);
            }

            if (Record.Lanes.Stored(lane) >= lastSent) return Done();

            if (Record.Lanes.Seq(lane) < lastSent) return LaneAnswer.Behind(Record.Lanes.Seq(lane));
            await Store();
        }
    }

    /// <summary>Waits for the write in flight, or makes one. False when the activation ends.</summary>
    private Task<bool> Store()
    {
        if (_writing is not null) return _writing;
        if (_ending) return Task.FromResult(false);
        var write = WriteRow(_movedTo);
        if (!write.IsCompleted) _writing = write;
        return write;
    }

    /// <summary>Stores soon, without being waited for: a new email is to be found, and who entered a segment listed, before the next pass.</summary>
    private async Task StoreSoon()
    {
        try
        {
            await StoreAll();
        }
        catch (StoreUnavailableException)
        {
            // The next pass stores it.
        }
    }

    /// <summary>Waits until a row that holds all of now is stored. False when the activation ends.</summary>
    private async Task<bool> StoreAll()
    {
        if (_writing is not null) await _writing;
        if (_ending) return false;
        if (_dirty) return await Store();

        // Another turn may have begun the write that carries our change.
        return _writing is null || await _writing;
    }

    private async Task<bool> WriteRow(string? movedTo)
    {
        var record = Record;
        var rejects = _rejects;
        var named = record.Profile.HasNewNames;
        record.Spill(services.Messages);
        var (list, changes) = (ToList(record, movedTo), _changes);
        var write = Write(record, movedTo, list, named);
        record.Lanes.WriteBegins();
        record.Profile.HasNewNames = false;
        (_rejects, _changes) = (null, null);
        _dirty = false;
        try
        {
            if (!await services.Store.Write(write))
            {
                LogFenced(services.Logger);
                return End("Another owner wrote the row.");
            }
        }
        catch (StoreUnavailableException)
        {
            // Surely not written: what is in memory stays true, and still answers, until the database is back.
            if (rejects is not null) (_rejects ??= []).InsertRange(0, rejects);
            if (changes is not null) (_changes ??= []).InsertRange(0, changes);
            record.Profile.HasNewNames |= named;
            _dirty = true;
            throw;
        }
        catch (Exception failure)
        {
            LogUnknownWrite(services.Logger, failure.GetType().Name);
            return End("It is unknown whether the row was written.");
        }
        finally
        {
            _writing = null;
        }

        if (write.Floor is not null) _erased = _erased! with { Version = _erased.Version + 1 };
        else _rowVersion = Math.Max(_rowVersion, write.ErasedVersion) + 1;
        _isOwner = true;
        _storedDue = write.DueAt;
        record.MaySplit = false;
        record.Lanes.WriteIsStored();
        if (write.Floor is null) _listed = list.Then;
        if (write.Pages.Count > 0) record.Pages!.Stored(write.Pages);
        return true;
    }

    private CustomerWrite Write(CustomerRecord record, string? movedTo, ListWrite list, bool named)
    {
        var now = services.Clock.GetUtcNow();
        return new CustomerWrite
        {
            Id = _id,
            Partition = Partitioning.Of(_id, services.Log.Partitions),
            ExpectedVersion = _rowVersion,
            ErasedVersion = _rowVersion == 0 ? _erased?.Version ?? 0 : 0,
            Floor = _rowVersion == 0 && movedTo is null && _erased is not null && record.IsBlank ? record.Lanes.Seq(_id) : null,
            State = record.Encode(),
            MovedTo = movedTo,
            LastSeen = record.Profile.LastSeenMs is { } seen ? DateTimeOffset.FromUnixTimeMilliseconds(seen) : null,
            Events = record.Profile.Events,
            Orders = record.Profile.Orders,
            DueAt = movedTo is not null ? null : record.HasWork ? now : SegmentsDue(record, now),
            SegmentChanges = [.. _changes ?? [], .. movedTo is null ? [] : record.SegmentsIfAny?.Leaves(now.ToUnixTimeMilliseconds()) ?? []],
            SegmentPlan = record.SegmentsIfAny?.Plan ?? 0,
            Rejects = _rejects is null ? [] : [.. _rejects],
            NewExternalIds = named ? record.Profile.Names() : [],
            Warms = _watched,
            Listing = list.Listing,
            Seen = list.Seen,
            ListAt = list.At,
            Pages = record.Pages is { Unstored.Count: > 0 } pages ? [.. pages.Unstored] : [],
        };
    }

    private bool End(string why)
    {
        _ending = true;
        context.Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationError, why));
        return false;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A customer's write was fenced by another owner; this activation ends.")]
    private static partial void LogFenced(ILogger logger);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A customer's write ended with {Failure}; this activation ends, a fresh one reads what is stored.")]
    private static partial void LogUnknownWrite(ILogger logger, string failure);
}
