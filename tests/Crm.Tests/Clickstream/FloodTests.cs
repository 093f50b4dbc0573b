using Crm.Infrastructure;
using Xunit;

namespace Crm.Clickstream;

/// <summary>Floods of single customers, and crawlers, over HTTP.</summary>
[Collection(IngestGroup.Name)]
public sealed class FloodTests(IngestFixture crm)
{
    [Fact]
    public async Task A_customer_over_its_rate_is_refused_and_a_neighbour_of_its_partition_is_not()
    {
        var bot = "bot-" + Guid.NewGuid().ToString("N");
        var neighbour = Enumerable.Range(0, int.MaxValue).Select(n => $"neighbour-{n}").First(n => Partitioning.Of("u:" + n) == Partitioning.Of("u:" + bot));

        var flood = await crm.Send("batch", Batch(bot, 1_350, neighbour));
        var single = await crm.Send("track", $$"""{"userId":"{{bot}}","event":"Click"}""");
        var other = await crm.Send("track", $$"""{"userId":"{{neighbour}}","event":"Click"}""");

        Assert.Equal((200, "150"), (flood.Status, flood.Text("refused")));
        Assert.Equal((429, "False"), (single.Status, single.Text("success")));
        Assert.InRange(int.Parse(single.Headers.GetValues("Retry-After").Single()), 1, 120);
        Assert.Contains("1200 events a minute", single.Text("message"), StringComparison.Ordinal);
        Assert.Equal(200, other.Status);
        await Eventually.True(
            async () => await crm.Count($"select count(*) from dead_letter_inbound where code = 'rate' and encode(packed, 'escape') like '%{bot}%'") == FloodGate.KeptPerMinute,
            "a hundred of the refused are kept");
    }

    [Fact]
    public async Task An_import_is_taken_at_any_rate()
    {
        var reply = await crm.Send("import", Batch("import-" + Guid.NewGuid().ToString("N"), 2_400));

        Assert.Equal((200, null), (reply.Status, reply.Text("refused")));
    }

    [Fact]
    public async Task The_event_of_a_crawler_is_logged_with_its_mark()
    {
        var reply = await crm.Send("track", """{"userId":"crawled","event":"Seen","context":{"userAgent":"Mozilla/5.0 (compatible; Googlebot/2.1)"}}""");

        Assert.True(LogPosition.TryParse(reply.Text("position"), out var position));
        var at = position.Seqs.Single();
        await using var stores = new Stores(crm.Postgres.ConnectionString);
        var happened = (await stores.ReadAll(at.Partition)).Single(e => e.Seq == at.Seq).Event;
        Assert.Equal(EventFaults.Crawler | EventFaults.MessageId, happened.Faults);
        Assert.Contains("\"crawler\":true", System.Text.Encoding.UTF8.GetString(happened.Body.Span), StringComparison.Ordinal);
    }

    private static string Batch(string user, int events, string? neighbour = null)
    {
        var all = Enumerable.Range(0, events).Select(i => $$"""{"type":"track","userId":"{{user}}","event":"Click","messageId":"{{user}}-{{i}}"}""");
        if (neighbour is not null) all = all.Append($$"""{"type":"track","userId":"{{neighbour}}","event":"Click"}""");
        return $$"""{"batch":[{{string.Join(',', all)}}]}""";
    }
}
