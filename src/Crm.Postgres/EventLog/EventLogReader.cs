using Npgsql;
using NpgsqlTypes;

namespace Crm.Clickstream;

/// <summary>Reads the log: who it is, its heads, and blocks after a number.</summary>
internal sealed class EventLogReader(DataSources sources, EventLogOptions options, TimeProvider clock) : IEventLog, IDisposable
{
    // A change of identity must be seen soon after a failover; once a second costs nothing.
    private static readonly TimeSpan IdentityAge = TimeSpan.FromSeconds(1);

    // What one read may bring into memory: many times a usual read, and at most a few reads at a time.
    private const int ReadBytes = 8 * 1024 * 1024;

    private readonly SemaphoreSlim _asking = new(1);
    private volatile Asked? _asked;

    public async Task<string> Identity(CancellationToken stop = default)
    {
        if (Fresh() is { } known) return known;
        await _asking.WaitAsync(stop);
        try
        {
            if (Fresh() is { } meanwhile) return meanwhile;
            await using var command = sources.LogReading.CreateCommand();
            var (identity, _) = await LogInfo.Ask(command, options.Partitions, stop);
            _asked = new Asked(identity, clock.GetTimestamp());
            return identity;
        }
        finally
        {
            _asking.Release();
        }
    }

    public async Task<long> Head(int partition, CancellationToken stop = default)
    {
        await using var command = sources.LogReading.CreateCommand(
            "SELECT first_seq + count - 1 FROM event_block WHERE partition = $1 ORDER BY first_seq DESC LIMIT 1");
        command.Parameters.Add(new NpgsqlParameter { Value = (short)partition, NpgsqlDbType = NpgsqlDbType.Smallint });
        return await command.ExecuteScalarAsync(stop) is long head ? head : 0;
    }

    public async Task<IReadOnlyList<LogBlock>> Read(int partition, long after, int maxEvents, CancellationToken stop = default)
    {
        await using var connection = await sources.LogReading.OpenConnectionAsync(stop);
        return await LogBlocks.Read(connection, partition, after, long.MaxValue, maxEvents, ReadBytes, stop);
    }

    public void Dispose() => _asking.Dispose();

    private string? Fresh() =>
        _asked is { } asked && clock.GetElapsedTime(asked.At) < IdentityAge ? asked.Identity : null;

    private sealed record Asked(string Identity, long At);
}
