using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using Xunit.Abstractions;

namespace Crm.Demo;

public sealed class DemoShopTests(ITestOutputHelper output)
{
    private const double Rate = 4;

    [Fact]
    public void A_day_in_the_shop_is_believable()
    {
        var day = Simulate(seed: 7, hours: 24);
        var names = day.GroupBy(e => e.Name).ToDictionary(g => g.Key, g => g.Count());
        foreach (var (name, count) in names.OrderByDescending(n => n.Value)) output.WriteLine($"{count,8} {name}");
        var visits = names["Home"];
        output.WriteLine($"{(double)day.Count / visits:F2} events a visit");

        Assert.InRange(day.Count / (24 * 3600.0), Rate * 0.9, Rate * 1.1);
        Assert.InRange((double)names["Product Added"] / visits, 0.2, 0.8);
        Assert.InRange((double)names["Order Completed"] / visits, 0.03, 0.15);
        Assert.InRange((double)names["Order Refunded"] / names["Order Completed"], 0.02, 0.2);
        string[] all =
        [
            "Products Searched", "Product List Viewed", "Product Viewed", "Product Removed", "Cart Viewed", "Checkout Started",
            "Payment Info Entered", "Product Reviewed", "Satisfaction Rated", "identify",
        ];
        Assert.All(all, name => Assert.True(names.GetValueOrDefault(name) > 50, name));
        Assert.Equal(day.Count, day.Select(e => e.MessageId).Distinct().Count());
        Assert.InRange(day.GroupBy(e => e.Hour).Select(h => h.Count()).Max() / (double)day.GroupBy(e => e.Hour).Select(h => h.Count()).Min(), 1.2, 4);
    }

    [Fact]
    public void Some_people_come_back_and_some_with_a_second_device()
    {
        var signedIn = Simulate(seed: 3, hours: 6).Where(e => e.UserId is not null).GroupBy(e => e.UserId!).ToList();

        Assert.Contains(signedIn, who => who.Select(e => e.AnonymousId).Distinct().Count() > 1);
        Assert.Contains(signedIn, who => who.Count(e => e.Name == "Order Completed") > 1);
        Assert.Contains(signedIn, who => who.Select(e => e.Currency).OfType<string>().Distinct().Single() == "CNY");
    }

    [Fact]
    public void The_same_seed_makes_the_same_day() =>
        Assert.Equal(Simulate(seed: 5, hours: 1), Simulate(seed: 5, hours: 1));

    private static List<Seen> Simulate(int seed, int hours)
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 3, 2, 0, 0, 0, TimeSpan.Zero));
        var shop = new DemoShop(new DemoEvents("t", clock), new Random(seed), "t", Rate, clock);
        var seen = new List<Seen>();
        for (var tick = 0; tick < hours * 3_600; tick++)
        {
            shop.Admit(1);
            while (shop.TakeDue(clock.GetUtcNow()) is { } happened) seen.Add(Seen.Read(happened, clock.GetUtcNow()));
            clock.Advance(TimeSpan.FromSeconds(1));
        }

        return seen;
    }

    private sealed record Seen(string Name, string MessageId, string AnonymousId, string? UserId, string? Currency, int Hour)
    {
        public static Seen Read(byte[] json, DateTimeOffset now)
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            Assert.Equal(now, root.GetProperty("timestamp").GetDateTimeOffset());
            Assert.InRange(json.Length, 100, 8_000);
            string? currency = null;
            if (root.TryGetProperty("properties", out var properties) && properties.TryGetProperty("currency", out var given)) currency = given.GetString();
            var name = root.TryGetProperty("event", out var track) ? track.GetString()! : root.TryGetProperty("name", out var page) ? page.GetString()! : "identify";
            return new Seen(
                name, root.GetProperty("messageId").GetString()!, root.GetProperty("anonymousId").GetString()!,
                root.TryGetProperty("userId", out var user) ? user.GetString() : null, currency, now.Hour);
        }
    }
}
