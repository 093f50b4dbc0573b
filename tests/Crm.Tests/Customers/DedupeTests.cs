using Crm.Infrastructure;
using Xunit;

namespace Crm.Customers;

/// <summary>Copies that come late count once, in the customer and in the history, on two silos and a real database.</summary>
public sealed class DedupeTests(CrmCluster crm) : IClassFixture<CrmCluster>
{
    private const long Hour = 3_600_000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_message_sent_again_after_5000_later_ones_counts_once(bool restarted)
    {
        var id = "u:" + crm.NewId();
        var first = crm.Track(id);
        await crm.Happen(first);
        for (var round = 0; round < 5; round++) await crm.Happen([.. Enumerable.Range(0, 1_000).Select(_ => crm.Track(id))]);
        await crm.Settle();
        if (restarted) await Restart();

        await crm.Happen(first, crm.Track(id));
        await crm.Settle();

        Assert.Equal(5_002, (await crm.Profile(id))!.CountsByEvent["Tested"]);
        Assert.Equal(5_002, await History(id));
        Assert.InRange(await Number($"SELECT length(state) FROM customer WHERE id = '{id}'"), 500, 3_500);
    }

    [Theory]
    [InlineData(300)]
    [InlineData(0)]
    public async Task A_message_sent_again_23_hours_later_counts_once(int eventsOfEachHour)
    {
        var id = "u:" + crm.NewId();
        var first = crm.Track(id);
        await crm.Happen(first);
        for (var hour = 1; hour <= 22; hour++)
        {
            var at = first.ReceivedAtMs + (hour * Hour);
            await crm.Happen([crm.Track(id) with { ReceivedAtMs = at }, .. Enumerable.Range(0, eventsOfEachHour).Select(_ => crm.Track(id) with { ReceivedAtMs = at })]);
        }

        await crm.Settle();
        await Restart();

        await crm.Happen(first with { ReceivedAtMs = first.ReceivedAtMs + (23 * Hour) });
        await crm.Settle();

        var expected = 1 + (22 * (eventsOfEachHour + 1));
        Assert.Equal(expected, (await crm.Profile(id))!.CountsByEvent["Tested"]);
        Assert.Equal(expected, await History(id));
    }

    [Fact]
    public async Task A_visitors_message_sent_again_after_the_merge_counts_once()
    {
        var (user, visitor) = (crm.NewId(), crm.NewId());
        var first = crm.Track("a:" + visitor);
        await crm.Happen(first);
        await crm.Happen([.. Enumerable.Range(0, 700).Select(_ => crm.Track("a:" + visitor))]);
        await crm.Happen([crm.Identify(user, visitor), .. Enumerable.Range(0, 700).Select(_ => crm.Track("u:" + user))]);
        Assert.Equal(["a:" + visitor], (await crm.Profile("u:" + user))!.Merges.Select(m => m.Source));

        await crm.Happen(first);
        await crm.Settle();
        await Restart();
        await crm.Happen(first, crm.Track("a:" + visitor));
        await crm.Settle();

        Assert.Equal(1_402, (await crm.Profile("u:" + user))!.CountsByEvent["Tested"]);
        Assert.Equal(702, await History("a:" + visitor));
        Assert.Equal(2, await Number($"SELECT count(*) FROM rejected WHERE lane = 'a:{visitor}'"));
    }

    [Fact]
    public async Task Of_twenty_copies_in_parallel_among_a_flood_one_counts()
    {
        var id = "u:" + crm.NewId();
        var copy = crm.Track(id);

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => crm.Happen([.. Enumerable.Range(0, 50).Select(_ => crm.Track(id)), copy])));
        await crm.Settle();

        Assert.Equal(1_001, (await crm.Profile(id))!.CountsByEvent["Tested"]);
        Assert.Equal(1_001, await History(id));
        Assert.Equal(1, await Number($"SELECT count(*) FROM history WHERE lane = '{id}' AND message_id = '{copy.MessageId}'"));
    }

    private Task Restart() => crm.Grains.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);

    private Task<long> History(string lane) => Number($"SELECT count(*) FROM history WHERE lane = '{lane}'");

    private Task<long> Number(string sql) => crm.Database.Ask<long>($"SELECT ({sql})::bigint");
}
