using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Clickstream;

/// <summary>
/// Writes refused input to <c>dead_letter_inbound</c> in the background. Of each source the table keeps the newest
/// <see cref="MaxRows"/> rows: a broken client drives out its own source's only.
/// </summary>
public sealed partial class InboundDeadLetters(NpgsqlDataSource database, TimeProvider clock, ILogger<InboundDeadLetters> log)
    : BackgroundService, IDeadLetters
{
    /// <summary>Rows of one source that are kept; with full samples about 300 MB, so that a broken client cannot fill the disk.</summary>
    public const int MaxRows = 10_000;

    /// <summary>Longest name of an event that is kept beside it, in characters.</summary>
    private const int MaxEventLength = 200;

    /// <summary>Letters that wait in memory; with full samples 32 MB. More are counted and dropped.</summary>
    private const int MaxWaiting = 1_000;

    /// <summary>Letters of one statement.</summary>
    private const int MaxBatch = 200;

    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(2);

    private readonly Channel<DeadLetter> _waiting =
        Channel.CreateBounded<DeadLetter>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });

    /// <inheritdoc/>
    public bool Add(DeadLetter letter)
    {
        ArgumentNullException.ThrowIfNull(letter);
        return _waiting.Writer.TryWrite(letter);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var batch = new List<DeadLetter>(MaxBatch);
        try
        {
            while (await _waiting.Reader.WaitToReadAsync(stoppingToken))
            {
                while (batch.Count < MaxBatch && _waiting.Reader.TryRead(out var letter)) batch.Add(letter);
                while (!await TryWrite(batch, stoppingToken)) await Task.Delay(RetryPause, clock, stoppingToken);
                batch.Clear();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            while (batch.Count < MaxBatch && _waiting.Reader.TryRead(out var letter)) batch.Add(letter);
            if (batch.Count > 0) await TryWrite(batch, CancellationToken.None);
        }
    }

    private async Task<bool> TryWrite(List<DeadLetter> letters, CancellationToken stop)
    {
        try
        {
            await Write(letters, stop);
            return true;
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            LogWriteFailed(exception, letters.Count);
            return false;
        }
    }

    private async Task Write(List<DeadLetter> letters, CancellationToken stop)
    {
        await using var batch = database.CreateBatch();
        var insert = new NpgsqlBatchCommand("""
            insert into dead_letter_inbound (received_at, source, reason, sample, code, call, event, packed)
            select * from unnest($1, $2, $3, $4, $5, $6, $7, $8)
            """);
        Add(insert, NpgsqlDbType.TimestampTz, letters.Select(l => l.ReceivedAt.UtcDateTime).ToArray());
        Add(insert, NpgsqlDbType.Text, letters.Select(l => l.Source).ToArray());
        Add(insert, NpgsqlDbType.Text, letters.Select(l => l.Reason).ToArray());
        Add(insert, NpgsqlDbType.Bytea, letters.Select(l => Cut(l.Sample)).ToArray());
        Add(insert, NpgsqlDbType.Text, letters.Select(l => l.Code).ToArray());
        Add(insert, NpgsqlDbType.Text, letters.Select(l => l.Call).ToArray());
        Add(insert, NpgsqlDbType.Text, letters.Select(l => Shortened(l.Event)).ToArray());
        Add(insert, NpgsqlDbType.Bytea, letters.Select(l => l.Packed.IsEmpty ? null : l.Packed.ToArray()).ToArray());
        batch.BatchCommands.Add(insert);
        var trim = new NpgsqlBatchCommand("""
            delete from dead_letter_inbound d using unnest($1) as s (source)
            where d.source = s.source and d.id <= (
              select o.id from dead_letter_inbound o where o.source = s.source order by o.id desc offset $2 limit 1)
            """);
        Add(trim, NpgsqlDbType.Text, letters.Select(l => l.Source).Distinct(StringComparer.Ordinal).ToArray());
        trim.Parameters.Add(new NpgsqlParameter { Value = (long)MaxRows });
        batch.BatchCommands.Add(trim);
        await batch.ExecuteNonQueryAsync(stop);
    }

    private static string? Shortened(string? name)
    {
        if (name is null) return null;
        var length = Math.Min(name.Length, MaxEventLength);
        if (length < name.Length && char.IsHighSurrogate(name[length - 1])) length--;
        return Sql.Text(name[..length]);
    }

    private static void Add(NpgsqlBatchCommand command, NpgsqlDbType type, Array values) =>
        command.Parameters.Add(new NpgsqlParameter { Value = values, NpgsqlDbType = NpgsqlDbType.Array | type });

    private static byte[] Cut(ReadOnlyMemory<byte> sample) =>
        sample[..Math.Min(sample.Length, DeadLetter.MaxSampleBytes)].ToArray();

    [LoggerMessage(Level = LogLevel.Warning, Message = "Could not write {Count} dead letters; trying again")]
    private partial void LogWriteFailed(Exception exception, int count);
}
