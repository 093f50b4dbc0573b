using Crm.Segments;
using Microsoft.Extensions.Logging;

namespace Crm.Customers;

/// <summary>
/// Segments: whoever belongs to which is looked at in the turn that changed something, and in the turn in which time alone does. Who
/// enters or leaves is stored with the row. What a new definition looks at, a customer that has a past reads from the history.
/// </summary>
internal sealed partial class CustomerGrain
{
    /// <summary>Looking never awaits, so each thread keeps one.</summary>
    [ThreadStatic]
    private static List<SegmentChange>? t_moved;

    /// <summary>How long a customer waits before it tries again to read its past, or its card: the history is seconds behind, hardly ever more.</summary>
    private static readonly TimeSpan s_readAgain = TimeSpan.FromSeconds(10);

    private List<SegmentChange>? _changes;
    private Task? _catchingUp;
    private CardFacts? _card;
    private long _cardPlan;
    private Task? _readingCard;
    private int _cards;
    private DateTimeOffset? _storedDue;

    public async Task<bool> LookAtSegments(long plan)
    {
        WasTouched = true;
        if (_movedTo is not null) return true;
        if (services.Segments.Current.Number < plan) await services.Segments.Renew();
        await LookAndStore();
        var known = services.Segments.Current;
        return !_ending && (_movedTo is not null || (!_dirty && Record.SegmentsIfAny?.IsBehind(known) is not true && (known.Reads == WrittenParts.None || _card is not null)));
    }

    public Task<bool> LookAtCard(long plan)
    {
        _card = null;
        _cards++;
        return LookAtSegments(plan);
    }

    /// <summary>True when time alone may have moved this customer into a segment or out of one, or definitions changed.</summary>
    private bool IsToBeLookedAt(CustomerRecord record)
    {
        var plan = services.Segments.Current;
        return plan.Number > 0 && (plan.Number > record.Segments.Plan || record.Segments.UntilMs <= services.Clock.GetUtcNow().ToUnixTimeMilliseconds());
    }

    /// <summary>Looks at all segments; true when this customer entered or left one.</summary>
    private bool Look()
    {
        var plan = services.Segments.Current;
        if (plan.Number == 0 || _ending || _movedTo is not null || _splitting is not null) return false;
        var record = Record;
        if (plan.Number < record.Segments.Plan) return false;
        var (moved, was, until) = (t_moved ??= [], record.Segments.Plan, record.Segments.UntilMs);
        moved.Clear();
        if (plan.Reads == WrittenParts.None || _cardPlan < plan.WrittenSince) _card = null;
        var now = NowMs();
        record.Segments.Look(plan, Facts(_card, plan, now), _card is not null, now, moved);
        if (moved.Count > 0)
        {
            (_changes ??= []).AddRange(moved);
            services.Followed.Changed(_id);
        }

        // A row that is as it would be is not written for the number of a plan; one that would be woken too late is.
        _dirty |= moved.Count > 0 || record.Segments.UntilMs < until || (was != plan.Number && record.Segments.UntilMs < (_storedDue?.ToUnixTimeMilliseconds() ?? TimeEdge.Never));
        var isMoved = moved.Count > 0;
        if (plan.Reads != WrittenParts.None && _card is null && _readingCard is null) StartReadingCard();
        if (record.Segments.IsBehind(plan) && _catchingUp is null) StartCatchingUp(plan);
        return isMoved;
    }

    private async Task LookAndStore(bool isWoken = false)
    {
        if (services.Segments.Current.Number < Record.SegmentsIfAny?.Plan) await services.Segments.Renew();
        Look();
        if (_readingCard is { } reading) await reading;
        if (_catchingUp is { } catchingUp) await catchingUp;

        // The row asks to be woken: it is to say when the next time is.
        _dirty |= isWoken || _storedDue <= services.Clock.GetUtcNow();
        if (!_ending && _movedTo is null && (_dirty || _writing is not null)) await StoreAll();
    }

    private void StartReadingCard()
    {
        var reading = ReadCard();
        if (!reading.IsCompleted) _readingCard = reading;
    }

    // Other turns run meanwhile. Whoever writes the card has it read again.
    private async Task ReadCard()
    {
        try
        {
            for (var (turn, plan) = (-1, SegmentPlan.None); turn != _cards || plan.WrittenSince < services.Segments.Current.WrittenSince;)
            {
                (turn, plan) = (_cards, services.Segments.Current);
                _card = new CardFacts(await services.Segments.Written(_id, plan.Reads));
                _cardPlan = plan.Number;
            }
        }
        catch (Exception failure)
        {
            _card = null;
            _dirty = true;
            LogCardWaits(services.Logger, failure.GetType().Name);
            return;
        }
        finally
        {
            _readingCard = null;
        }

        Look();
        if (_dirty) _ = StoreSoon();
    }

    private void StartCatchingUp(SegmentPlan plan)
    {
        var catchingUp = CatchUp(plan);
        if (!catchingUp.IsCompleted) _catchingUp = catchingUp;
    }

    private async Task CatchUp(SegmentPlan plan)
    {
        try
        {
            var (record, complete) = (Record, Record.Segments.Complete);
            if (record.Profile.Events == 0)
            {
                record.Segments.Begin(plan);
                Look();
                return;
            }

            var series = record.Segments.CatchUp(plan);
            var spans = record.Lanes.Spans(services.Log.Partitions);

            // All that did not count has to be stored: the history leaves it out.
            var done = await StoreAll() && await services.Unmerging.Replay(spans, happened => plan.Fold(series, happened, spec => spec.Born > complete)) == ReplayResult.Done;
            if (_ending || _movedTo is not null) return;
            if (Record == record && record.Segments.CatchingUpTo == plan.Number)
            {
                if (!done)
                {
                    // The history is behind: whoever asks next tries again.
                    record.Segments.GiveUp();
                    return;
                }

                record.Segments.CaughtUp(plan, series);
                _dirty = true;
            }
        }
        catch (Exception failure) when (failure is not InvalidDataException)
        {
            Record.Segments.GiveUp();
            LogHistoryWaits(services.Logger, failure.GetType().Name);
            return;
        }
        finally
        {
            _catchingUp = null;
        }

        // Others were merged in meanwhile, or definitions changed: then it begins anew.
        Look();
        _ = StoreSoon();
    }

    /// <summary>When the row asks to be woken: what is stored stays while it is early enough, so that not every write moves an index.</summary>
    private DateTimeOffset? SegmentsDue(CustomerRecord record, DateTimeOffset now)
    {
        // What it could not read yet, of its past or of what people wrote, it reads when it is woken.
        var plan = services.Segments.Current;
        if (record.SegmentsIfAny?.Complete < plan.Born || (plan.Reads != WrittenParts.None && _card is null)) return now + s_readAgain;
        if (record.SegmentsIfAny is not { UntilMs: not TimeEdge.Never and var until }) return null;
        var due = DateTimeOffset.FromUnixTimeMilliseconds(until);
        return _storedDue is { } stored && stored > now && stored <= due ? stored : due;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "What people wrote of a customer cannot be read for its segments now ({Failure}); it is tried again some seconds later.")]
    private static partial void LogCardWaits(ILogger logger, string failure);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What a new segment looks at cannot be read from the history now ({Failure}); it is tried again some seconds later.")]
    private static partial void LogHistoryWaits(ILogger logger, string failure);
}
