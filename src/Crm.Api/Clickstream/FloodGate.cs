using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Crm.Clickstream;

/// <summary>What the gate says to an event.</summary>
internal enum FloodVerdict
{
    /// <summary>It goes on.</summary>
    Pass,

    /// <summary>It goes on, and is the first of its customer after others were refused.</summary>
    PassMarked,

    /// <summary>Its customer sends too much.</summary>
    Refuse,

    /// <summary>As before, and so often in this minute that no more of it is kept.</summary>
    RefuseUnkept,
}

/// <summary>
/// Refuses, before they are logged, the events of a customer that sends more than a person can. It counts by lane, in this
/// process, over a sliding minute: the running minute and the part of the one before that lies within 60 s, taken as even.
/// Memory is fixed: a table of small sets, in which the quietest makes room. Whoever is near the limit is never that one.
/// </summary>
/// <param name="eventsPerMinute">The limit; 0 for none.</param>
/// <param name="seed">A secret number: nobody outside can then choose ids that share a set.</param>
internal sealed class FloodGate(int eventsPerMinute, TimeProvider clock, long seed)
{
    /// <summary>
    /// Refused events of a customer and minute that are kept as dead letters: enough to see what it sends, too few to push those of
    /// others out or to keep the database busy.
    /// </summary>
    public const int KeptPerMinute = 100;

    /// <summary>Customers counted at a time: 65,536 in 1.5 MB. Most of a minute's customers have a few events; they may be forgotten.</summary>
    private const int Sets = 16_384;
    private const int Ways = 4;

    /// <summary>Two threads rarely meet at one of so many locks.</summary>
    private const int Locks = 256;

    private const int WindowSeconds = 60;

    private readonly long _windowTicks = WindowSeconds * clock.TimestampFrequency;
    private readonly long _began = clock.GetTimestamp();
    private readonly Count[] _counts = new Count[eventsPerMinute > 0 ? Sets * Ways : 0];
    private readonly Lock[] _locks = [.. Enumerable.Range(0, Locks).Select(_ => new Lock())];

    private struct Count
    {
        public ulong Lane;
        public int Window;
        public int Now;
        public int Before;
        public ushort Refused;
        public bool IsMarked;
    }

    /// <summary>The limit in events a minute; 0 for none.</summary>
    public int Limit => eventsPerMinute;

    /// <summary>Counts an event of a lane at a timestamp of the clock, and says whether it may go on.</summary>
    public FloodVerdict Judge(string lane, long timestamp)
    {
        if (eventsPerMinute <= 0) return FloodVerdict.Pass;
        var hash = Hash(lane);
        var (window, into) = Math.DivRem(timestamp - _began, _windowTicks);
        lock (_locks[Set(hash) % Locks])
        {
            ref var count = ref Find(hash, (int)window);
            if (Within(count, into) >= eventsPerMinute)
            {
                count.IsMarked = true;
                if (count.Refused >= KeptPerMinute) return FloodVerdict.RefuseUnkept;
                count.Refused++;
                return FloodVerdict.Refuse;
            }

            count.Now++;
            if (!count.IsMarked) return FloodVerdict.Pass;
            count.IsMarked = false;
            return FloodVerdict.PassMarked;
        }
    }

    /// <summary>Takes back what was counted for an event that could not be logged and will come again.</summary>
    public void GiveBack(string lane, long timestamp)
    {
        if (eventsPerMinute <= 0) return;
        var hash = Hash(lane);
        lock (_locks[Set(hash) % Locks])
        {
            ref var count = ref Find(hash, (int)((timestamp - _began) / _windowTicks));
            if (count.Now > 0) count.Now--;
        }
    }

    /// <summary>Whole seconds until the lane's next event can pass; at least 1.</summary>
    public int RetryAfterSeconds(string lane, long timestamp)
    {
        var hash = Hash(lane);
        var (window, into) = Math.DivRem(timestamp - _began, _windowTicks);
        Count count;
        lock (_locks[Set(hash) % Locks]) count = Find(hash, (int)window);

        // Of the minute before, so much may still lie within the sliding one; from a full running minute, all of it but one event.
        var (wait, room, full) = count.Now < eventsPerMinute
            ? (-into, eventsPerMinute - count.Now, count.Before)
            : (_windowTicks - into, eventsPerMinute, count.Now);
        wait += (long)((1 - ((room - 1.0) / Math.Max(1, full))) * _windowTicks);
        return (int)Math.Clamp(1 + (wait / clock.TimestampFrequency), 1, 2 * WindowSeconds);
    }

    private static int Set(ulong hash) => (int)(hash % Sets);

    private ulong Hash(string lane) => XxHash3.HashToUInt64(MemoryMarshal.AsBytes(lane.AsSpan()), seed);

    private long Within(in Count count, long into) => count.Now + (count.Before * (_windowTicks - into) / _windowTicks);

    /// <summary>The lane's counts, brought to the running minute; in place of the quietest when it had none.</summary>
    private ref Count Find(ulong hash, int window)
    {
        var ways = _counts.AsSpan(Set(hash) * Ways, Ways);
        var quietest = 0;
        for (var way = 0; way < Ways; way++)
        {
            ref var count = ref ways[way];
            if (count.Window < window)
            {
                count.Before = count.Window == window - 1 ? count.Now : 0;
                count.Now = count.Refused = 0;
                count.Window = window;
            }

            if (count.Lane == hash) return ref count;
            if (count.Now + count.Before < ways[quietest].Now + ways[quietest].Before) quietest = way;
        }

        ways[quietest] = new Count { Lane = hash, Window = window };
        return ref ways[quietest];
    }
}
