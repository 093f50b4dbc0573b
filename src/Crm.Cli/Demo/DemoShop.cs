using System.Threading.Channels;

namespace Crm.Demo;

/// <summary>
/// The demo shop's day: people arrive with the rhythm of their countries, walk through their visits step by step, and come
/// back. Its events go to a bounded queue; while that is full, time stands still in the shop.
/// </summary>
internal sealed class DemoShop(DemoEvents events, Random random, string run, double eventsPerSecond, TimeProvider clock)
{
    /// <summary>People who are in the shop at the same time; more are turned away at the door.</summary>
    private const int MostVisits = 20_000;

    /// <summary>People whom the shop remembers for return visits; the oldest are forgotten.</summary>
    private const int MostRegulars = 5_000;

    /// <summary>Events of a visit on average, by which the arrivals are paced (a test measures it).</summary>
    internal const double EventsPerVisit = 6.0;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan OpeningQueue = TimeSpan.FromSeconds(15);

    private readonly PriorityQueue<Walk, long> _next = new();
    private readonly List<Shopper> _regulars = [];
    private int _people;
    private double _arrivals;

    /// <summary>People in the shop.</summary>
    public int Inside => _next.Count;

    /// <summary>Runs until cancelled.</summary>
    public async Task Run(ChannelWriter<byte[]> to, CancellationToken stop)
    {
        // A shop that just opened has a queue at its door: something is to be seen at once.
        Admit(OpeningQueue.TotalSeconds);
        using var timer = new PeriodicTimer(Tick, clock);
        while (await timer.WaitForNextTickAsync(stop))
        {
            Admit(Tick.TotalSeconds);
            while (TakeDue(clock.GetUtcNow()) is { } happened) await to.WriteAsync(happened, stop);
        }
    }

    /// <summary>Lets people in for a stretch of time.</summary>
    internal void Admit(double seconds)
    {
        var now = clock.GetUtcNow();
        var rhythm = Market.All.Sum(market => market.Share * market.Rhythm(now));
        _arrivals += eventsPerSecond / EventsPerVisit * rhythm * seconds * 2 * random.NextDouble();
        for (; _arrivals >= 1; _arrivals--)
        {
            if (_next.Count < MostVisits) Arrive();
        }
    }

    /// <summary>The next event that is due, or null.</summary>
    internal byte[]? TakeDue(DateTimeOffset now)
    {
        if (!_next.TryPeek(out var walk, out var at) || at > now.UtcTicks) return null;
        _next.Dequeue();
        var happened = walk.Waiting();
        Continue(walk, at);
        return happened;
    }

    private void Arrive()
    {
        Shopper who;
        if (_regulars.Count > 0 && random.NextDouble() < 0.45)
        {
            // One person walks through the shop once at a time.
            var at = random.Next(_regulars.Count);
            who = _regulars[at];
            _regulars[at] = _regulars[^1];
            _regulars.RemoveAt(_regulars.Count - 1);
            if (random.NextDouble() < 0.12) who.TakeDevice(random);
        }
        else
        {
            who = Shopper.Create(random, run, ++_people);
        }

        var visit = new Visit(who, random, events, clock);
        Continue(new Walk(who, visit, visit.Steps().GetEnumerator(), Afterwards: false, () => []), clock.GetUtcNow().UtcTicks);
    }

    /// <summary>Asks for the next step, which waits for its time; a visit that ended may have an afterwards.</summary>
    private void Continue(Walk walk, long at)
    {
        if (walk.Steps.MoveNext())
        {
            var step = walk.Steps.Current;
            _next.Enqueue(walk with { Waiting = step.Event }, Math.Max(at, clock.GetUtcNow().UtcTicks) + step.Pause.Ticks);
            return;
        }

        walk.Steps.Dispose();
        if (!walk.Afterwards && walk.Visit.Bought is { } order)
        {
            var steps = new AfterSale(walk.Who, order, random, events).Steps().GetEnumerator();
            Continue(walk with { Steps = steps, Afterwards = true }, at);
            return;
        }

        if (_regulars.Count == MostRegulars) _regulars.RemoveAt(0);
        _regulars.Add(walk.Who);
    }

    /// <param name="Waiting">Writes the event of the step that waits for its time.</param>
    private sealed record Walk(Shopper Who, Visit Visit, IEnumerator<Step> Steps, bool Afterwards, Func<byte[]> Waiting);
}
