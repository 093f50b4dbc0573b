using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;

namespace Crm.Bench;

/// <summary>Compares, per customer, what was acknowledged with what profiles, stored rows and history hold.</summary>
internal sealed class KillTally(KillSubject subject, KillLoad load)
{
    private const int Readers = 8;
    private const int MaxShown = 10;

    private readonly ConcurrentQueue<string> _differences = new();

    /// <summary>The first differences, in words.</summary>
    public IEnumerable<string> Differences => _differences.Take(MaxShown);

    /// <summary>Customers that differ.</summary>
    public int Differing => _differences.Count;

    /// <summary>Numbers in the log.</summary>
    public long Logged { get; private set; }

    /// <summary>Events that the profiles counted.</summary>
    public long Counted { get; private set; }

    /// <summary>Events that the stored rows counted.</summary>
    public long Stored { get; private set; }

    /// <summary>Rows of the history.</summary>
    public long History { get; private set; }

    /// <summary>Waits until everything logged is durable in customers and in the history. False when it is not in time.</summary>
    public async Task<bool> Settled(TimeSpan limit)
    {
        var began = Clock.Now;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        do
        {
            var unsettled = await Number(
                """
                select count(*) from (select partition, max(first_seq + count - 1) as head from event_block group by partition) b
                left join partition_state s using (partition) where s.history is distinct from b.head or s.checkpoint is distinct from b.head
                """);
            if (unsettled == 0) return true;
        }
        while (Clock.SecondsSince(began) < limit.TotalSeconds && await timer.WaitForNextTickAsync());

        return false;
    }

    public async Task Compare()
    {
        Logged = await Number("select coalesce(sum(head), 0)::bigint from (select max(first_seq + count - 1) as head from event_block group by partition) b");
        var profiles = await Profiles();
        var stored = await ByCustomer("select id, events, events from customer where id like 'u:k%'");
        var history = await ByCustomer("select lane, count(*), count(distinct message_id) from history where lane like 'u:k%' group by lane");
        Counted = profiles.Sum();
        Stored = stored.Values.Sum(s => s.Count);
        History = history.Values.Sum(h => h.Count);
        for (var customer = 0; customer < profiles.Length; customer++)
        {
            var id = "u:" + KillLoad.UserId(customer);
            var acked = load.Acked[customer];
            var row = stored.GetValueOrDefault(id);
            var past = history.GetValueOrDefault(id);
            // What was never acknowledged may count or not: then a customer may have more, and all must agree.
            var right = load.InFlight == 0 ? profiles[customer] == acked : profiles[customer] >= acked;
            if (right && row.Count == profiles[customer] && past.Count == profiles[customer] && past.Distinct == past.Count) continue;
            _differences.Enqueue(
                $"{id}: acked {acked}, profile {profiles[customer]}, stored {row.Count}, history {past.Count} with {past.Distinct} messages");
        }
    }

    private async Task<long[]> Profiles()
    {
        var counts = new long[load.Acked.Count];
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, Readers).Select(_ => Task.Run(async () =>
        {
            using var connection = new HttpConnection(subject.Api);
            for (var customer = Interlocked.Increment(ref next); customer < counts.Length; customer = Interlocked.Increment(ref next))
                counts[customer] = await Profile(connection, customer);
        })));
        return counts;
    }

    private async Task<long> Profile(HttpConnection connection, int customer)
    {
        for (var attempt = 0; ; attempt++)
        {
            var answer = await connection.Send(ProfileReader.Request(subject.ServerKey, "u:" + KillLoad.UserId(customer)));
            if (answer.Status == 404) return 0;
            if (answer.IsOk)
            {
                using var profile = JsonDocument.Parse(answer.Body);
                return profile.RootElement.GetProperty("counts").GetProperty("byEvent").TryGetProperty(KillLoad.EventName, out var count) ? count.GetInt64() : 0;
            }

            if (attempt == 50) throw new InvalidOperationException($"The profile of {customer} is answered {answer.Status}.");
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        }
    }

    private async Task<long> Number(string sql)
    {
        await using var command = subject.Database.CreateCommand(sql);
        return Convert.ToInt64(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    }

    private async Task<Dictionary<string, (long Count, long Distinct)>> ByCustomer(string sql)
    {
        await using var command = subject.Database.CreateCommand(sql);
        await using var rows = await command.ExecuteReaderAsync();
        var found = new Dictionary<string, (long, long)>();
        while (await rows.ReadAsync()) found[rows.GetString(0)] = (rows.GetInt64(1), rows.GetInt64(2));
        return found;
    }
}
