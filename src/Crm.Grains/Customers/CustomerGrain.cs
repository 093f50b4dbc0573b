using Crm.Clickstream;
using Crm.Company;
using Crm.Segments;
using Microsoft.Extensions.Logging;
using Orleans.Placement;
using Orleans.Runtime;

namespace Crm.Customers;

/// <summary>The services a customer's turns need; one instance a silo, so that an activation holds a single reference.</summary>
internal sealed record CustomerServices(
    ICustomerStore Store,
    IMergeLedger Ledger,
    IUnmerging Unmerging,
    ILogInfo Log,
    ICompanySettings Company,
    IGrainFactory Grains,
    TimeProvider Clock,
    ActiveCustomers Active,
    AwakeCustomers Awake,
    FollowedCustomers Followed,
    ILiveSegments Segments,
    CrmMetrics Metrics,
    ILogger<CustomerGrain> Logger)
{
    /// <summary>The rules that fold an event into a record. What they throw makes the event poison.</summary>
    public Action<CustomerRecord, BehaviourEvent, ulong> Rules { get; init; } =
        static (record, happened, messageHash) => record.Fold(happened, messageHash);

    /// <summary>How messages are kept apart from their copies.</summary>
    public MessageBounds Messages { get; init; } = new();

    /// <summary>The events on which they failed.</summary>
    public PoisonMarks Poison { get; init; } = new();
}

/// <summary>
/// One customer's turns. It folds what its lanes bring, exactly once each; writes its row behind, one write at a time; ends
/// itself when it cannot know what is stored; and carries out merges only from durable pending state.
/// </summary>
[PreferLocalPlacement]
internal sealed partial class CustomerGrain(IGrainContext context, CustomerServices services)
    : IGrainBase, ICustomerGrain
{
    private readonly string _id = context.GrainId.Key.ToString()!;
    private string? _movedTo;
    private string? _givenTo;
    private long _rowVersion;
    private int _checkedLanes;
    private bool _ending;
    private bool _watched;

    public IGrainContext GrainContext => context;

    /// <summary>Set while the activation lives, for <see cref="ActiveCustomers"/>.</summary>
    internal bool IsHere { get; set; }

    /// <summary>Set when it was told to go to make room.</summary>
    internal bool IsLeaving { get; set; }

    /// <summary>Set by every call; cleared each time the silo looks for someone to let go.</summary>
    internal bool WasTouched { get; set; }

    /// <summary>How much memory it takes, in customers without pages of messages; kept by <see cref="ActiveCustomers"/>.</summary>
    internal int Weight { get; set; }

    /// <summary>What may be dropped from memory without work: it is all in its row, and nothing waits.</summary>
    internal bool IsClean => _writing is null && !_dirty && _merging is null && _splitting is null && _catchingUp is null && _readingCard is null;

    public async Task OnActivateAsync(CancellationToken token)
    {
        await services.Active.Room(services.Clock, token);
        var plan = services.Segments.Current;
        var stored = await services.Store.Read(_id, token);
        _givenTo = stored.Merge?.Into;
        _rowVersion = stored.Row?.RowVersion ?? 0;
        _movedTo = stored.Row?.MovedTo;
        _erased = stored.Erased;
        _watched = stored.Watched;
        Record = stored.Row is { } row ? CustomerRecord.Decode(_id, row.State) : CustomerRecord.Fresh(_id, _erased);
        if (stored.Row is not null) _listed = AsStored(Record);
        if (plan.Reads == WrittenParts.Card && !stored.Carded) (_card, _cardPlan) = (CardFacts.None, plan.Number);
        _turns = TaskScheduler.Current;
        services.Active.Entered(this);
        services.Awake.Woke(this);
        if (_givenTo is { } into && _movedTo is null) _ = TellWhomGivenTo(into);
    }

    public Task OnDeactivateAsync(DeactivationReason reason, CancellationToken token)
    {
        services.Active.Left(this);
        if (IsResting) services.Metrics.CustomersResting(-1);
        return Task.CompletedTask;
    }

    public async Task<LaneAnswer> Apply(string lane, LaneEvent[] events, long after)
    {
        WasTouched = true;
        var isRenewed = false;
        while (true)
        {
            if (_ending) return LaneAnswer.Ending;
            if (_splitting is { } splitting)
            {
                await splitting.Task;
                continue;
            }

            if (_movedTo is not null) return LaneAnswer.Moved(_movedTo);
            if (!isRenewed && Record.SegmentsIfAny?.Plan > services.Segments.Current.Number)
            {
                // Another silo knew newer definitions.
                await services.Segments.Renew();
                isRenewed = true;
                continue;
            }

            if (!Record.Lanes.Holds(lane))
            {
                // Other turns ran meanwhile: begin anew.
                if (await Absorb(lane)) continue;
                return await NotMine(lane);
            }

            var have = Record.Lanes.Seq(lane);
            if (have < after) return LaneAnswer.Behind(have);
            if (Record.Pages?.Missing is { } missing)
            {
                await ReadPages(missing);
                continue;
            }

            if (Fold(lane, events)) break;

            // The record is half changed: a fresh activation goes back to the stored row, and skips that event.
            End("The rules failed on an event.");
        }

        // Who is new enters some segments; it is stored with all that are new, by the next pass.
        var moved = Look();
        if (Record.Pages is { } pages) services.Active.Weighs(this, pages.Weight);
        if (Record.Pending.Count > 0) StartMerging();
        else if (((moved && _rowVersion > 0) || Record.Profile.HasNewNames) && _writing is null) _ = StoreSoon();
        services.Followed.Changed(_id);
        return Done();
    }

    public Task Watch()
    {
        _watched = true;
        return Task.CompletedTask;
    }

    public Task Follow(ICustomerFollower follower)
    {
        services.Followed.Follow(_id, follower);
        return Task.CompletedTask;
    }

    public async Task<CustomerAnswer> View()
    {
        WasTouched = true;
        var record = AtAGlance;
        if (MayBeOld(record))
        {
            try
            {
                while (MayBeOld(Record))
                    if (!await MergesSettle() || !await IsCurrent()) return new CustomerAnswer(null, null, true);
            }
            catch (Exception failure) when (failure is not InvalidDataException)
            {
                // The database or a partition does not answer: what is here may be old, and nobody is there to say so.
                LogUnchecked(services.Logger, failure);
                return new CustomerAnswer(null, null, true);
            }

            record = Record;
        }

        // While a freeze is not stored, the other customer cannot have taken this one over: neither could answer truthfully.
        if (_ending || (_movedTo is not null && _writing is not null)) return new CustomerAnswer(null, null, true);
        if (_movedTo is not null) return new CustomerAnswer(null, _movedTo, false);
        if (record.Profile.Events == 0) return new CustomerAnswer(null, null, false);
        if (IsToBeLookedAt(record))
        {
            if (_splitting is { } splitting)
            {
                await splitting.Task;
                return await View();
            }

            record = Record;
            Look();
            if (_dirty) _ = StoreSoon();
        }

        var view = record.Profile.View(_id, record.Lanes.Ids, record.Merges, services.Company.Current, services.Clock.GetUtcNow())
            with { Segments = record.SegmentsIfAny?.View() ?? [] };
        return new CustomerAnswer(view, null, false);
    }

    private bool MayBeOld(CustomerRecord record) => _movedTo is null && (_checkedLanes < record.Lanes.Count || record.Pending.Count > 0);

    /// <summary>Folds what lies above what it has; false when the rules failed on an event that is now marked as poison.</summary>
    private bool Fold(string lane, LaneEvent[] events)
    {
        var (record, plan) = (Record, services.Segments.Current);
        var have = record.Lanes.Seq(lane);
        foreach (var logged in events)
        {
            if (logged.Seq <= have) continue;
            if (services.Poison.Contains(lane, logged.Seq))
            {
                Reject(lane, logged, RejectReason.Poison, "The rules failed on this event; see the log of its silo.");
            }
            else
            {
                try
                {
                    var happened = PackedEvent.Read(logged.Packed, lane);
                    var hash = MessageRing.Hash(happened.MessageId);
                    if (record.Refuses(lane, happened)) Reject(lane, logged, RejectReason.Erased, null);
                    else if (record.Knows(hash)) Reject(lane, logged, RejectReason.Duplicate, null);
                    else Count(record, plan, happened, hash);
                    record.Spill(services.Messages);
                }
                catch (Exception failure)
                {
                    LogPoison(services.Logger, failure, Partitioning.Of(lane, services.Log.Partitions), logged.Seq);
                    services.Poison.Add(lane, logged.Seq);
                    return false;
                }
            }

            record.Lanes.Advance(lane, logged.Seq);
            have = logged.Seq;
            _dirty = true;
        }

        return true;
    }

    private void Count(CustomerRecord record, SegmentPlan plan, BehaviourEvent happened, ulong hash)
    {
        if (record.Profile.Events == 0 && plan.Number > 0) record.Segments.Begin(plan);
        services.Rules(record, happened, hash);
        if (plan.Number > 0) record.Segments.Fold(plan, happened);
    }

    // Other turns may run meanwhile, and merge someone in: whoever waits for this begins anew.
    private async Task ReadPages(MessagePageRange missing)
    {
        var record = Record;
        record.Take(missing, await services.Store.ReadPages(missing), services.Messages);
    }

    private void Reject(string lane, LaneEvent logged, RejectReason reason, string? detail)
    {
        services.Metrics.Rejected(reason switch
        {
            RejectReason.Poison => "poison",
            RejectReason.Erased => "erased",
            _ => "duplicate",
        });

        // Of an erased person not even the id is kept.
        (_rejects ??= []).Add(new Reject(
            Partitioning.Of(lane, services.Log.Partitions), reason == RejectReason.Erased ? "" : lane, logged.Seq, reason,
            reason == RejectReason.Poison ? logged : default, detail));
    }

    /// <summary>
    /// A fresh activation may hold less than an earlier one answered: it asks the partition of each lane once, before its first
    /// answer, whether anything was sent that its row does not have. So it does with a lane that it took over: the frozen row may
    /// hold less than its customer answered.
    /// </summary>
    private async Task<bool> IsCurrent()
    {
        // Given away before this activation read its row: the freeze may be stored since, by an earlier activation's late write, and
        // the other customer may have answered for this one. Of a later decision this activation need not ask the database: it would
        // be the one to freeze the row. Until it is told to, nobody can have taken it over, so nobody has shown more than is here.
        if (_checkedLanes == 0 && _givenTo is { } into && !await FreezeInto(into)) return false;
        if (Record.MaySplit && _movedTo is null)
        {
            _dirty = true;
            if (!await StoreAll()) return false;
        }

        while (_movedTo is null && _checkedLanes < Record.Lanes.Count)
        {
            var at = _checkedLanes;
            var lane = Record.Lanes.Id(at);
            var partition = services.Grains.Partition(Partitioning.Of(lane, services.Log.Partitions));
            var check = await partition.Check(lane, Record.Lanes.Seq(lane));
            if (!check.Current || _ending || (_movedTo is null && Record.Lanes.Seq(lane) < check.Sent)) return false;
            _checkedLanes = Math.Max(_checkedLanes, at + 1);
        }

        return true;
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "A customer cannot be answered yet.")]
    private static partial void LogUnchecked(ILogger logger, Exception failure);

    [LoggerMessage(Level = LogLevel.Error, Message = "The rules failed on event {Seq} of partition {Partition}; it becomes a dead letter and its customer goes on.")]
    private static partial void LogPoison(ILogger logger, Exception failure, int partition, long seq);
}
