using Crm.Hosting;
using Microsoft.Extensions.Logging;

namespace Crm.Clickstream;

/// <summary>
/// Keeps every partition of the log delivered: each silo calls all of them at its start and from then on, so that one whose owner
/// died lives again within seconds, wherever there is room.
/// </summary>
public sealed partial class PartitionKeeper(IGrainFactory grains, ILogInfo log, TimeProvider clock, ILogger<PartitionKeeper> logger)
    : SiloLoop(clock, logger)
{
    private static readonly TimeSpan s_everyRound = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_afterSilence = TimeSpan.FromSeconds(1);

    /// <summary>For all answers of a round. A partition that lives answers in milliseconds.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly TimeProvider _clock = clock;
    private volatile string? _missing = "The partitions are being started.";
    private readonly ILogger _logger = logger;
    private bool _answered;
    private bool _maintained;

    /// <summary>Which partitions did not answer in the last round, in words; null when all did.</summary>
    public string? Missing => _missing;

    /// <inheritdoc/>
    protected override async Task<TimeSpan?> Turn(CancellationToken stop)
    {
        var calls = new Task[log.Partitions];
        for (var partition = 0; partition < calls.Length; partition++) calls[partition] = grains.Partition(partition).Start();
        await Task.WhenAll(calls).WaitAsync(s_patience, _clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.ThrowIfCancellationRequested();

        var silent = Enumerable.Range(0, calls.Length).Where(partition => !calls[partition].IsCompletedSuccessfully).ToArray();
        _missing = silent.Length == 0 ? null : $"Partitions do not answer: {string.Join(", ", silent)}.";
        if (silent.Length > 0) return s_afterSilence;

        if (!_answered) LogAnswered(_logger, calls.Length);
        _answered = true;
        if (!_maintained) await grains.Maintenance().Start();
        _maintained = true;
        return s_everyRound;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The silo is up: all {Partitions} partitions answer")]
    private static partial void LogAnswered(ILogger logger, int partitions);
}
