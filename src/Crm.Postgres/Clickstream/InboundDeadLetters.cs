using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Clickstream;

/// <summary>
/// Writes refused input to <c>dead_letter_inbound</c> in the background. The table keeps the newest <see cref="MaxRows"/> rows.
/// </summary>
public sealed partial class InboundDeadLetters(NpgsqlDataSource database, TimeProvider clock, ILogger<InboundDeadLetters> log)
    : BackgroundService, IDeadLetters
{
    /// <summary>Rows that are kept; with full samples about 300 MB, so that a broken client cannot fill the disk.</summary>
    public const int MaxRows = 10_000;

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
        var insert = new NpgsqlBatchCommand(
            "insert into dead_letter_inbound (received_at, source, reason, sample) select * from unnest($1, $2, $3, $4)");
        Add(insert, NpgsqlDbType.TimestampTz, letters.Select(l => l.ReceivedAt.UtcDateTime).ToArray());
        Add(insert, NpgsqlDbType.Text, letters.Select(l => l.Source).ToArray());
        Add(insert, NpgsqlDbType.Text, letters.Select(l => l.Reason).ToArray());
        Add(insert, NpgsqlDbType.Bytea, letters.Select(l => Cut(l.Sample)).ToArray());
        batch.BatchCommands.Add(insert);
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            "delete from dead_letter_inbound where id <= (select max(id) from dead_letter_inbound) - $1")
        {
            Parameters = { new NpgsqlParameter { Value = (long)MaxRows } },
        });
        await batch.ExecuteNonQueryAsync(stop);
    }

    private static void Add(NpgsqlBatchCommand command, NpgsqlDbType type, Array values) =>
        command.Parameters.Add(new NpgsqlParameter { Value = values, NpgsqlDbType = NpgsqlDbType.Array | type });

    private static byte[] Cut(ReadOnlyMemory<byte> sample) =>
        sample[..Math.Min(sample.Length, DeadLetter.MaxSampleBytes)].ToArray();

    [LoggerMessage(Level = LogLevel.Warning, Message = "Could not write {Count} dead letters; trying again")]
    private partial void LogWriteFailed(Exception exception, int count);
}
