using System.Text;

namespace Crm.Bench;

/// <summary>
/// Sends single events on a fixed schedule, and reads the profile with the position that the answer gave. Each worker has
/// customers of its own, so that it knows how many events the profile must show; of ten clicks one is a new visitor's first.
/// </summary>
/// <param name="firstCustomer">The first of <see cref="Customers"/> that each have had one event.</param>
internal sealed class Clicker(RunningProduct product, LoadOptions load, int firstCustomer, double perSecond)
{
    /// <summary>Customers of all workers.</summary>
    public const int Customers = Connections * CustomersEach;

    private const int Connections = 32;
    private const int CustomersEach = 50;
    private const int ClicksOfOneNew = 10;
    private static int s_newcomers = 8_000_000;

    private long _failed;

    /// <summary>From the moment a click was due to the 200 of its POST.</summary>
    public Latencies Ack { get; } = new();

    /// <summary>From the moment a click was due to the profile that shows it, for customers met before.</summary>
    public Latencies Shown { get; } = new();

    /// <summary>The same for the first clicks of new visitors.</summary>
    public Latencies ShownFirst { get; } = new();

    /// <summary>Clicks that were not acknowledged, or not shown by the first read.</summary>
    public long Failed => _failed;

    /// <summary>Clicks for the load's time.</summary>
    public Task Run()
    {
        if (perSecond <= 0) return Task.CompletedTask;
        var workers = Enumerable.Range(0, Connections).Select(i => new Worker(product, load, firstCustomer + i * CustomersEach, (ulong)(firstCustomer + i))).ToArray();
        return OpenLoop.Run(product.Api, perSecond, load.Duration, Connections, (connection, worker, due) => workers[worker].Click(this, connection, due));
    }

    private sealed class Worker(RunningProduct product, LoadOptions load, int firstCustomer, ulong seed)
    {
        private readonly EventBatch _batch = new("/v1/batch", product.WriteKey, 1, load.Events.LargestBytes);
        private readonly int[] _sent = [.. Enumerable.Repeat(1, CustomersEach)];
        private SplitMix _random = new(seed);

        public async ValueTask Click(Clicker all, HttpConnection connection, long due)
        {
            var isFirst = _random.Below(ClicksOfOneNew) == 0;
            var which = _random.Below(CustomersEach);
            var customer = isFirst ? Interlocked.Increment(ref s_newcomers) : firstCustomer + which;
            _batch.Fill(load.Events, [customer], [LoadGenerator.TakeNumbers(1)], TimeProvider.System.GetUtcNow(), ref _random);
            try
            {
                var ack = await connection.Send(_batch.Request);
                all.Ack.Since(due);
                var events = isFirst ? 1 : ++_sent[which];
                var profile = ack.IsOk ? await connection.Send(ProfileReader.Request(product.ServerKey, ShopEvents.CustomerId(customer), Position(ack.Body.Span))) : ack;
                (isFirst ? all.ShownFirst : all.Shown).Since(due);
                if (!profile.IsOk || Events(profile.Body.Span) != events) Interlocked.Increment(ref all._failed);
            }
            catch (IOException)
            {
                Interlocked.Increment(ref all._failed);
            }
        }

        private static string Position(ReadOnlySpan<byte> body)
        {
            var at = body.IndexOf("\"position\":\""u8) + 12;
            return Encoding.ASCII.GetString(body.Slice(at, body[at..].IndexOf((byte)'"')));
        }

        /// <summary>Sum of the profile's counts by type.</summary>
        private static int Events(ReadOnlySpan<byte> profile)
        {
            var at = profile.IndexOf("\"byType\":{"u8);
            if (at < 0) return -1;
            var counts = Encoding.ASCII.GetString(profile[(at + 10)..][..profile[(at + 10)..].IndexOf((byte)'}')]);
            return counts.Length == 0 ? 0 : counts.Split(',').Sum(pair => int.Parse(pair[(pair.IndexOf(':', StringComparison.Ordinal) + 1)..]));
        }
    }
}
