using System.Buffers;
using System.Text.Json;
using Crm.Clickstream;
using Crm.Customers;

namespace Crm.Bench;

/// <summary>What one core does at best of each step, in this process, without network, grains and database; and the generator.</summary>
internal sealed class PartsCeiling : IQuestion
{
    private const int BatchEvents = 100;
    private const int Batches = 1_000;
    private static readonly MessageBounds s_messages = new();

    public string Name => "parts";

    public string Asks => "How many events a second does one core take through each step alone: the tokens of the same bodies (Utf8JsonReader, the ceiling), "
        + "reading and judging as the API does, packing, unpacking and folding as a customer does, writing a customer's row; and how many does the generator make?";

    public string Estimate => "Tokens 1.5-2 M events/s; read and judged 0.8-1 M; packed 5 M; unpacked and folded 0.7-1 M; a row of 1 KB 0.5 M rows/s; the generator, a copy and 60 patched bytes, 3-5 M.";

    public Task Run(BenchOptions options, Report report)
    {
        var duration = options.Seconds("seconds", 3);
        var events = new ShopEvents(Runs.NewId());
        var random = new SplitMix(1);
        var choice = new ZipfChoice(options.Customers);
        var customers = new int[BatchEvents];
        var numbers = new long[BatchEvents];
        var batch = new EventBatch("/v1/batch", "key", BatchEvents, events.LargestBytes);
        var bodies = Enumerable.Range(0, Batches).Select(_ => Make()).ToArray();
        var judged = bodies.Select(Judge).ToArray();
        var packed = judged.Select(list => list.Select(Pack).ToArray()).ToArray();
        var records = new Dictionary<string, CustomerRecord>();
        foreach (var one in packed) Fold(one, records);
        var rows = records.Values.ToArray();

        report.Line($"Events of {events.MeanBytes:0} bytes, in batches of {BatchEvents}; {rows.Length:N0} customers, rows of {rows.Average(r => r.Encode().Length):0} bytes on average. CPU time of this thread's core.");
        report.Block([
            "| step | events/s on one core | us an event |", "|---|---|---|",
            Row("tokens (Utf8JsonReader)", Repeat(i => Tokens(bodies[i % Batches]), duration)),
            Row("API: read and judged", Repeat(i => Judge(bodies[i % Batches]), duration)),
            Row("API: packed into blocks", Repeat(i => Block(judged[i % Batches]), duration)),
            Row("silo: unpacked and folded", Repeat(i => Fold(packed[i % Batches], records), duration)),
            Row("silo: rows written to bytes (per row)", Repeat(i => Encode(rows, i), duration)),
            Row("generator: made", Repeat(_ => Fill(), duration))]);
        return Task.CompletedTask;

        void Fill()
        {
            choice.Choose(customers, ref random);
            LoadGenerator.TakeNumbers(numbers);
            batch.Fill(events, customers, numbers, TimeProvider.System.GetUtcNow(), ref random);
        }

        byte[] Make()
        {
            Fill();
            return batch.Body.ToArray();
        }
    }

    private static string Row(string what, double perSecond) => $"| {what} | {perSecond:N0} | {1e6 / perSecond:0.00} |";

    /// <summary>Events a second of CPU: other programs on the machine do not count. The first fifth is for the compiler.</summary>
    private static double Repeat(Action<int> once, TimeSpan duration)
    {
        var began = Clock.Now;
        var (done, counted, cpu) = (0, 0, ChildProcess.OwnCpu);
        for (; Clock.SecondsSince(began) < duration.TotalSeconds; done++)
        {
            once(done);
            if (counted == 0 && Clock.SecondsSince(began) > duration.TotalSeconds / 5) (counted, cpu) = (done + 1, ChildProcess.OwnCpu);
        }

        return (double)(done - counted) * BatchEvents / (ChildProcess.OwnCpu - cpu).TotalSeconds;
    }

    private static void Tokens(byte[] body)
    {
        var reader = new Utf8JsonReader(body);
        while (reader.Read())
        {
        }
    }

    private static List<BehaviourEvent> Judge(byte[] body)
    {
        var now = TimeProvider.System.GetUtcNow();
        var admitted = new List<BehaviourEvent>(BatchEvents);
        foreach (var incoming in SegmentAdapter.ReadBatch(body).Events)
            admitted.Add(Admission.Admit(incoming, "bench", now, out var refusal) ?? throw new InvalidOperationException(refusal));
        return admitted;
    }

    private static byte[] Pack(BehaviourEvent happened)
    {
        var buffer = new ArrayBufferWriter<byte>();
        PackedEvent.Write(buffer, happened);
        return buffer.WrittenSpan.ToArray();
    }

    private static void Block(List<BehaviourEvent> events)
    {
        var payload = new ArrayBufferWriter<byte>(64 * 1024);
        foreach (var happened in events) PackedEvent.Write(payload, happened);
    }

    private static void Fold(byte[][] packed, Dictionary<string, CustomerRecord> records)
    {
        foreach (var one in packed)
        {
            var happened = PackedEvent.Read(one);
            if (!records.TryGetValue(happened.Lane, out var record)) records.Add(happened.Lane, record = CustomerRecord.Fresh(happened.Lane));
            var hash = MessageRing.Hash(happened.MessageId);

            // The same events come round again: the look is taken, its answer is not heeded.
            record.Knows(hash);
            record.Fold(happened, hash);
            record.Spill(s_messages);
        }
    }

    private static void Encode(CustomerRecord[] rows, int i)
    {
        for (var row = 0; row < BatchEvents; row++) rows[(i * BatchEvents + row) % rows.Length].Encode();
    }
}
