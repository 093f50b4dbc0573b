using System.Collections.Concurrent;
using Crm.Clickstream;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Privacy;

/// <summary>
/// A copy of the tombstones in this process's memory, followed every two seconds: what belongs to an erased past is refused before
/// it is logged. What it does not know yet, or no more, the customer refuses.
/// </summary>
internal sealed partial class ErasedIds(DataSources sources, InstallationSecret secret, TimeProvider clock, ILogger<ErasedIds> logger)
    : BackgroundService, IErasedIds
{
    /// <summary>Tombstones in memory, the newest: about 100 MB.</summary>
    internal const int MaxKnown = 1_000_000;

    private const int AtATime = 10_000;
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<long, Entry> _known = new();
    private volatile InstallationSecret.Keys? _keys;
    private long _changed;

    /// <summary>By the hint of an id: its key, and what it refuses.</summary>
    private sealed record Entry(byte[] Key, long ErasedAtMs, bool Suppressed);

    public bool Refuses(BehaviourEvent happened)
    {
        ArgumentNullException.ThrowIfNull(happened);
        if (_known.IsEmpty || _keys is not { } keys || !_known.TryGetValue(keys.Hint(happened.Lane), out var entry)) return false;
        return (entry.Suppressed || Math.Min(happened.TimestampMs, happened.ReceivedAtMs) <= entry.ErasedAtMs)
            && keys.Id(happened.Lane).AsSpan().SequenceEqual(entry.Key);
    }

    /// <summary>Takes note of what was erased since the last look.</summary>
    internal async Task Look(CancellationToken stop)
    {
        _keys ??= await secret.Load(stop);
        int read;
        do
        {
            await using var command = sources.Reading.CreateCommand(
                "SELECT hint, key, erased_at, suppressed, changed FROM erased_id WHERE changed > $1 ORDER BY changed LIMIT $2")
                .With(NpgsqlDbType.Bigint, _changed).With(NpgsqlDbType.Integer, AtATime);
            await using var rows = await command.ExecuteReaderAsync(stop);
            for (read = 0; await rows.ReadAsync(stop); read++)
            {
                if (_known.Count >= MaxKnown) _known.Clear();
                _known[rows.GetInt64(0)] = new Entry(
                    rows.GetFieldValue<byte[]>(1), rows.GetFieldValue<DateTimeOffset>(2).ToUnixTimeMilliseconds(), rows.GetBoolean(3));
                _changed = rows.GetInt64(4);
            }
        }
        while (read == AtATime);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_period, clock);
        var failing = false;
        do
        {
            try
            {
                await Look(stoppingToken);
                failing = false;
            }
            catch (Exception failure) when (failure is NpgsqlException or TimeoutException or IOException && !stoppingToken.IsCancellationRequested)
            {
                if (!failing) LogLost(failure.GetType().Name);
                failing = true;
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Erased ids cannot be followed ({Reason}); customers still refuse them")]
    private partial void LogLost(string reason);
}
