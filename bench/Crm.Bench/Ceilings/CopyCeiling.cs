using System.Buffers;
using System.Diagnostics;
using Crm.Clickstream;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Bench;

/// <summary>What PostgreSQL takes at best: the same bytes by binary COPY into a plain table with a key.</summary>
internal sealed class CopyCeiling : IQuestion
{
    private const int CommitEvents = 5_000;
    private const int BlockEvents = 100;

    public string Name => "copy";

    public string Asks => "How many of the same events a second does PostgreSQL make durable by raw binary COPY, 5,000 a commit: one row an event, and as blocks of 100?";

    public string Estimate => "One row an event 300 k/s; as blocks of 100 530-700 k/s (fsync on, one connection).";

    public async Task Run(BenchOptions options, Report report)
    {
        var seconds = options.Seconds("seconds", 10);
        if (options.Text("postgres", "") is { Length: > 0 } given)
        {
            await Measure(given, seconds, report);
            return;
        }

        await using var product = await RunningProduct.Start(options, keys: false);
        await Measure(product.Database.ConnectionString, seconds, report);
    }

    private static async Task Measure(string connectionString, TimeSpan duration, Report report)
    {
        await using var database = NpgsqlDataSource.Create(connectionString);
        var packed = Packed();
        report.Line($"Packed events of {packed.Average(p => p.Length):0} bytes. COPY over one connection, the server of the product, its settings.");
        report.Block([
            "| | events/s | MB/s of payload | us of the client's CPU an event |", "|---|---|---|---|",
            await One(database, "one row an event", packed, duration, BlockRows: false),
            await One(database, "blocks of 100", packed, duration, BlockRows: true)]);
    }

    private static async Task<string> One(NpgsqlDataSource database, string what, byte[][] packed, TimeSpan duration, bool BlockRows)
    {
        await Execute(database, "DROP TABLE IF EXISTS bench_copy");
        await Execute(database, "CREATE TABLE bench_copy (partition smallint, seq bigint, payload bytea, PRIMARY KEY (partition, seq)); ALTER TABLE bench_copy ALTER COLUMN payload SET STORAGE EXTERNAL");
        var block = packed.Take(BlockEvents).SelectMany(p => p).ToArray();
        await using var connection = await database.OpenConnectionAsync();
        var (events, bytes, seq) = (0L, 0L, 0L);
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;
        var began = Clock.Now;
        while (Clock.SecondsSince(began) < duration.TotalSeconds)
        {
            await using var copy = await connection.BeginBinaryImportAsync("COPY bench_copy (partition, seq, payload) FROM STDIN (FORMAT binary)");
            for (var i = 0; i < CommitEvents; i += BlockRows ? BlockEvents : 1)
            {
                var payload = BlockRows ? block : packed[i % packed.Length];
                await copy.StartRowAsync();
                await copy.WriteAsync((short)(i % 32), NpgsqlDbType.Smallint);
                await copy.WriteAsync(++seq, NpgsqlDbType.Bigint);
                await copy.WriteAsync(payload, NpgsqlDbType.Bytea);
                bytes += payload.Length;
            }

            await copy.CompleteAsync();
            events += CommitEvents;
        }

        var seconds = Clock.SecondsSince(began);
        var used = (Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalMicroseconds / events;
        await Execute(database, "DROP TABLE bench_copy");
        return $"| {what} | **{events / seconds:N0}** | {bytes / seconds / 1e6:0} | {used:0.0} |";
    }

    /// <summary>Events as the log holds them.</summary>
    internal static byte[][] Packed()
    {
        var events = new ShopEvents(Runs.NewId());
        var random = new SplitMix(3);
        var batch = new EventBatch("/v1/track", "key", 1, events.LargestBytes);
        var now = TimeProvider.System.GetUtcNow();
        var choice = new ZipfChoice(100_000);
        var customer = new int[1];
        return [.. Enumerable.Range(0, 1_000).Select(i =>
        {
            choice.Choose(customer, ref random);
            batch.Fill(events, customer, [i], now, ref random);
            var buffer = new ArrayBufferWriter<byte>();
            PackedEvent.Write(buffer, new BehaviourEvent
            {
                Lane = ShopEvents.CustomerId(batch.Customers[0]),
                Type = EventType.Track,
                MessageId = $"{i:x8}-{i:x16}",
                Source = "bench",
                TimestampMs = now.ToUnixTimeMilliseconds(),
                ReceivedAtMs = now.ToUnixTimeMilliseconds(),
                Name = "Product Viewed",
                UserId = $"u{batch.Customers[0]:D7}",
                Body = batch.Body.ToArray(),
            });
            return buffer.WrittenSpan.ToArray();
        })];
    }

    private static async Task Execute(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
