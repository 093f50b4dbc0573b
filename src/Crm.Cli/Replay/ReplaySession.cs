using System.Globalization;
using Crm.CommandLine;
using Crm.Sending;

namespace Crm.Replay;

/// <summary>One run over the events: sending, progress, the state file and the summary.</summary>
internal sealed class ReplaySession(ReplayOptions options, CliContext context, HttpClient http, string statePath, string fingerprint)
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly ReplayCounts _counts = new();

    /// <summary>Events answered in this run.</summary>
    public long Sent => _counts.Sent;

    public async Task<int> Run(
        IEnumerable<ReplayEvent> events, long from, Func<double> fraction, ReplayProblems problems, CancellationToken stop)
    {
        var sender = new EventSender(http, _clock, new Random(0), new SenderOptions { Path = SenderOptions.Import });
        var tracker = new AckTracker(options.Connections, from);
        var pump = new ReplayPump(sender, tracker, options.Connections, _counts);
        var progress = new ReplayProgress(context.Error, !Console.IsErrorRedirected, _clock, _counts, fraction);
        var finished = false;
        using var ended = new CancellationTokenSource();
        var watching = Watch(progress, tracker, ended.Token);
        try
        {
            await pump.Run(events, new RateGate(options.Rate, _clock), stop);
            finished = true;
        }
        finally
        {
            await ended.CancelAsync();
            await watching;
            progress.End();
            Save(tracker, finished);
            await Summary(progress, sender, problems, finished);
        }

        return problems.Count + _counts.Refused == 0 ? 0 : 1;
    }

    private async Task Watch(ReplayProgress progress, AckTracker tracker, CancellationToken ended)
    {
        using var timer = new PeriodicTimer(Tick, _clock);
        try
        {
            while (await timer.WaitForNextTickAsync(ended))
            {
                progress.Tick();
                Save(tracker, finished: false);
            }
        }
        catch (OperationCanceledException)
        {
            // The run has ended.
        }
    }

    private void Save(AckTracker tracker, bool finished) =>
        new ReplayState(fingerprint, _counts.LogId, tracker.Done, finished).Save(statePath);

    private async Task Summary(ReplayProgress progress, EventSender sender, ReplayProblems problems, bool finished)
    {
        foreach (var problem in problems.Shown) await context.Error.WriteLineAsync("refused: " + problem);
        if (problems.Count > problems.Shown.Count) await context.Error.WriteLineAsync($"... and {problems.Count - problems.Shown.Count} more");
        var seconds = progress.Seconds;
        await context.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"{(finished ? "done" : "interrupted")}: sent {_counts.Sent}, accepted {_counts.Accepted}, refused {_counts.Refused + problems.Count}, retries {sender.Retries}, {seconds:F1} s, {_counts.Sent / Math.Max(seconds, 0.001):F0} events/s"));
        if (!finished) await context.Error.WriteLineAsync("The same command goes on where this one ended.");
    }
}
