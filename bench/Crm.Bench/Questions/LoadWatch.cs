namespace Crm.Bench;

/// <summary>Looks at every stage once a second while a load runs, and says what came of it.</summary>
internal sealed class LoadWatch(RunningProduct product, LoadGenerator load)
{
    private readonly List<Stages> _looks = [];
    private CpuUse? _before, _after;
    private GcUse? _gcBefore, _gcAfter;

    /// <summary>What was seen, in order.</summary>
    public IReadOnlyList<Stages> Looks => _looks;

    /// <summary>CPU used from the first look to the last.</summary>
    public CpuUse Cpu => _after!.Since(_before!);

    /// <summary>Events acknowledged from the first look to the last.</summary>
    public long Acked => _looks[^1].Acked - _looks[0].Acked;

    /// <summary>Runs the load and watches it.</summary>
    public async Task Run(CancellationToken giveUp = default)
    {
        var began = Clock.Now;
        _gcBefore = await product.Silo.Gc();
        _before = product.Processes.Cpu();
        await Look(began);
        var running = load.Run(giveUp);
        using var second = new PeriodicTimer(TimeSpan.FromSeconds(1));
        while (!running.IsCompleted)
        {
            await Task.WhenAny(running, second.WaitForNextTickAsync(CancellationToken.None).AsTask());
            if (!running.IsCompleted) await Look(began);
        }

        await Look(began);
        _after = product.Processes.Cpu();
        _gcAfter = await product.Silo.Gc();
        await running;
    }

    /// <summary>What the silo's garbage collection cost meanwhile.</summary>
    public string Gc => _gcAfter!.Since(_gcBefore!, _looks[^1].Applied - _looks[0].Applied, Cpu.Elapsed);

    /// <summary>Rates of the stages, over all.</summary>
    public IEnumerable<string> Rates()
    {
        var (first, last) = (_looks[0], _looks[^1]);
        var seconds = last.At - first.At;
        yield return "| acknowledged /s | applied /s | stored (checkpoint) /s | history /s | over |";
        yield return "|---|---|---|---|---|";
        yield return $"| **{(last.Acked - first.Acked) / seconds:N0}** | {(last.Applied - first.Applied) / seconds:N0} | {(last.Checkpoint - first.Checkpoint) / seconds:N0} | {(last.History - first.History) / seconds:N0} | {seconds:0.0} s |";
    }

    /// <summary>The backlogs over time, about ten rows.</summary>
    public IEnumerable<string> Backlogs()
    {
        yield return "| second | acked/s | not applied | not stored | not in history |";
        yield return "|---|---|---|---|---|";
        var step = Math.Max(1, _looks.Count / 12);
        for (var i = step; i < _looks.Count; i += step)
        {
            var (now, before) = (_looks[i], _looks[i - step]);
            yield return $"| {now.At:0} | {(now.Acked - before.Acked) / (now.At - before.At):N0} | {now.NotApplied:N0} | {now.NotStored:N0} | {now.NotInHistory:N0} |";
        }
    }

    /// <summary>Events per second by which a backlog grew over the second half (least squares).</summary>
    public double Growth(Func<Stages, long> backlog)
    {
        var half = _looks.Skip(_looks.Count / 2).ToArray();
        var (meanAt, mean) = (half.Average(s => s.At), half.Average(s => (double)backlog(s)));
        return half.Sum(s => (s.At - meanAt) * (backlog(s) - mean)) / half.Sum(s => (s.At - meanAt) * (s.At - meanAt));
    }

    private async Task Look(long began) => _looks.Add(await product.Log.Look(Clock.SecondsSince(began), load.Acked));
}
