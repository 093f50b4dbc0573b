using System.Collections.Concurrent;
using System.Text;
using Crm.Customers;
using Xunit;

namespace Crm.Clickstream;

/// <summary>
/// Whatever is sent to the real API over HTTP, it never fails, and never loses the good event beside it. What it took is then
/// folded as customers fold it. 3,000 requests; 120,000 with <c>./test --full</c>.
/// </summary>
public sealed class FuzzTests(IngestFixture crm) : IClassFixture<IngestFixture>
{
    private const int Workers = 8;
    private const int GoodEvery = 10;

    private static readonly int s_requests = Environment.GetEnvironmentVariable("CRM_FULL") == "1" ? 120_000 : 3_000;

    private readonly ConcurrentBag<string> _good = [];
    private readonly ConcurrentBag<string> _wrong = [];
    private readonly ConcurrentDictionary<(string Path, int Status), int> _answers = new();
    private int _next;

    [Fact]
    public async Task Nothing_fails_and_no_neighbour_is_lost()
    {
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => Task.Run(Work)));

        Assert.Equal("", string.Join('\n', _wrong.Take(20)));
        foreach (var path in _answers.Keys.Select(a => a.Path).Distinct())
        {
            Assert.True(_answers.ContainsKey((path, 200)), $"nothing was ever accepted at {path}");
            Assert.Contains(_answers.Keys, a => a.Path == path && a.Status is >= 400 and < 500);
        }

        var logged = await Logged();
        var ids = logged.Select(e => e.MessageId).ToHashSet();
        Assert.Equal("", string.Join(" ", _good.Where(id => !ids.Contains(id)).Take(20)));
        Assert.True(_good.Count > s_requests / GoodEvery / 2);
        Assert.True(logged.Count > s_requests / 4, $"{logged.Count} events of {s_requests} requests were accepted");
        Fold(logged);
    }

    private async Task Work()
    {
        for (var number = Interlocked.Increment(ref _next); number <= s_requests && _wrong.Count < 20; number = Interlocked.Increment(ref _next))
        {
            var requests = new FuzzRequests(crm.WriteKey, number);
            if (number % GoodEvery == 0) await SendGood(requests, number);
            else await SendAnything(requests, number);
        }
    }

    private async Task SendAnything(FuzzRequests requests, int number)
    {
        using var request = requests.Make();
        var path = request.RequestUri!.OriginalString.Split('?')[0];
        try
        {
            using var response = await crm.Api.Http.SendAsync(request);
            var text = Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync());
            var status = (int)response.StatusCode;
            _answers.AddOrUpdate((path, status), 1, (_, count) => count + 1);
            if (status >= 500 || text.Contains("   at ", StringComparison.Ordinal)) _wrong.Add($"request {number} to {path}: {status} {text}");
        }
        catch (HttpRequestException exception)
        {
            _wrong.Add($"request {number} to {path}: {exception.Message}");
        }
    }

    /// <summary>A good event, alone or in a batch beside anything.</summary>
    private async Task SendGood(FuzzRequests requests, int number)
    {
        var id = $"good-{number}";
        var good = $$"""{"type":"track","userId":"good-{{number % 1_000}}","event":"Good","messageId":"{{id}}"}""";
        var reply = number % (2 * GoodEvery) == 0
            ? await Wire.Post(crm.Api.Http, "/v1/track", good, IngestFixture.Basic(crm.WriteKey))
            : await Wire.Post(crm.Api.Http, "/v1/batch", requests.BatchWith(good), IngestFixture.Basic(crm.WriteKey));
        if (reply.Status == 200) _good.Add(id);
        else _wrong.Add($"good event {number}: {reply.Status} {reply.Text("message")}");
    }

    private async Task<List<BehaviourEvent>> Logged()
    {
        var events = new List<BehaviourEvent>();
        await using var command = crm.Postgres.Source.CreateCommand("select partition, first_seq, count, payload from event_block");
        await using var row = await command.ExecuteReaderAsync();
        while (await row.ReadAsync())
        {
            var block = new LogBlock(row.GetInt16(0), row.GetInt64(1), row.GetInt32(2), row.GetFieldValue<byte[]>(3));
            events.AddRange(block.Events().Select(e => PackedEvent.Read(e.Packed)));
        }

        return events;
    }

    private static void Fold(List<BehaviourEvent> events)
    {
        foreach (var lane in events.GroupBy(e => e.Lane))
        {
            var record = CustomerRecord.Fresh(lane.Key);
            foreach (var happened in lane) record.Fold(happened, MessageRing.Hash(happened.MessageId));
            Assert.Equal(record.Encode(), CustomerRecord.Decode(lane.Key, record.Encode()).Encode());
        }
    }
}
