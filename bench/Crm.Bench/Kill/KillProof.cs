using System.Globalization;
using Crm.Embedded;

namespace Crm.Bench;

/// <summary>
/// Kills a process of the loaded product at random moments, and then compares for every customer what was acknowledged with
/// what counted: each message once, in the profile, in the stored row and in the history.
/// </summary>
internal sealed class KillProof(KillSubject subject, KillOptions options, Action<string> say)
{
    /// <summary>Seconds of a round that stay after its kill, so that the load meets the return too.</summary>
    private const double AfterKill = 6;

    private static readonly TimeSpan LongestReturn = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan LongestDrain = TimeSpan.FromSeconds(180);

    private readonly Random _random = new(options.Seed);
    private readonly List<double> _outages = [];

    /// <summary>Runs all rounds; answers what is wrong, nothing when all is well.</summary>
    public async Task<IReadOnlyList<string>> Run()
    {
        var load = new KillLoad(subject, options);
        using var watch = new KillWatch(subject, options);
        using var watching = new CancellationTokenSource();
        using var patience = new CancellationTokenSource();
        var sending = load.Run(patience.Token);
        var reading = watch.Run(watching.Token);
        var began = Clock.Now;
        for (var round = 1; round <= options.Rounds; round++) await Round(round, load, watch);

        var seconds = Clock.SecondsSince(began);
        var offered = load.AckedEvents;
        load.End();
        patience.CancelAfter(LongestDrain);
        await sending;
        var tally = new KillTally(subject, load);
        var drained = Clock.Now;
        var settled = await tally.Settled(LongestDrain);
        say(string.Create(CultureInfo.InvariantCulture, $"settled {Clock.SecondsSince(drained):F1} s after the load"));
        await watching.CancelAsync();
        await reading;
        await tally.Compare();
        Report(load, watch, tally, offered / seconds);
        return [.. Wrong(load, watch, tally, settled)];
    }

    private async Task Round(int round, KillLoad load, KillWatch watch)
    {
        var began = Clock.Now;
        var before = load.AckedEvents;
        await Wait(2 + _random.NextDouble() * Math.Max(0, options.Seconds - AfterKill - 2));
        var name = options.Victim switch
        {
            Victim.Silo => "silo-1",
            Victim.Api => "api",
            Victim.Postgres => "postgres",
            _ => $"silo-{_random.Next(1, 3)}",
        };
        var victim = subject.Find(name) ?? throw new InvalidOperationException($"{name} does not run.");
        var killedAfter = Clock.SecondsSince(began);
        var killed = Clock.Now;
        victim.Signal(UnixProcess.SigKill);
        var outage = await Return(watch, killed, name, victim);
        _outages.Add(outage);
        await Wait(Math.Max(AfterKill / 2, options.Seconds - Clock.SecondsSince(began)));
        say(string.Create(CultureInfo.InvariantCulture,
            $"round {round}: killed {name} ({victim.Id}) after {killedAfter:F1} s; all profiles answered {outage:F1} s later; {(load.AckedEvents - before) / Clock.SecondsSince(began):F0} events/s acked"));
    }

    /// <summary>Waits until the victim has a successor and every watched profile answers again.</summary>
    private async Task<double> Return(KillWatch watch, long killed, string name, UnixProcess victim)
    {
        while (Clock.SecondsSince(killed) < LongestReturn.TotalSeconds)
        {
            if (subject.Find(name) is { } next && next != victim && watch.OutageSince(killed) is { } outage) return outage;
            await Wait(0.05);
        }

        return double.PositiveInfinity;
    }

    private void Report(KillLoad load, KillWatch watch, KillTally tally, double rate)
    {
        say(string.Create(CultureInfo.InvariantCulture, $"load: {rate:F0} events/s acked over all rounds, {load.Resent} batches sent again, {load.InFlight} events never acknowledged"));
        say(string.Create(CultureInfo.InvariantCulture, $"reads: {watch.Answers} answered, {watch.Unavailable} times 503; outages {string.Join(", ", _outages.Select(o => o.ToString("F1", CultureInfo.InvariantCulture)))} s"));
        say(string.Create(CultureInfo.InvariantCulture, $"acked {load.AckedEvents} / logged {tally.Logged} / counted {tally.Counted} / stored {tally.Stored} / history {tally.History}"));
        say($"{tally.Differing} of {options.Customers} customers differ");
        foreach (var difference in tally.Differences) say("  " + difference);
        foreach (var fault in watch.Faults.Take(10)) say("  " + fault);
    }

    private IEnumerable<string> Wrong(KillLoad load, KillWatch watch, KillTally tally, bool settled)
    {
        if (!settled) yield return "Not everything was applied, stored and in the history in time.";
        if (tally.Differing > 0) yield return $"{tally.Differing} customers differ.";
        if (load.Refusals > 0) yield return $"{load.Refusals} answers were neither a success nor 429 nor 503.";
        if (watch.Faults.Count > 0) yield return $"{watch.Faults.Count} reads were answered wrongly: {watch.Faults.First()}";
        if (_outages.Any(o => o > options.LongestOutage)) yield return $"Profiles were away for more than {options.LongestOutage} s.";
    }

    private static Task Wait(double seconds) => Task.Delay(TimeSpan.FromSeconds(seconds), TimeProvider.System);
}
