using Crm.Clickstream;
using Crm.Company;
using Xunit;

namespace Crm.Customers;

public sealed class CustomerProfileTests
{
    [Fact]
    public void Marks_of_events_are_counted_stored_and_merged()
    {
        var profile = Given.Profile(
            Given.Page(0) with { Faults = EventFaults.Crawler },
            Given.Page(1) with { Faults = EventFaults.Crawler | EventFaults.Flood },
            Given.Page(2));
        var other = Given.Profile(Given.Page(3) with { Faults = EventFaults.Flood });

        var merged = Given.Unpacked(profile.Packed());
        merged.Absorb(Given.Unpacked(other.Packed()));

        Assert.Equal(new EventMarksView(2, 1), profile.View().Marks);
        Assert.Equal(new EventMarksView(2, 2), merged.View().Marks);
        Assert.Equal((3, 1), (profile.Packed()[0], Given.Profile(Given.Identify(2, "{}")).Packed()[0]));
        Assert.Equal(0, merged.View().Faults);
    }

    [Fact]
    public void Events_are_counted_by_type_and_by_name_as_sent()
    {
        var view = Given.View(
            Given.Track("Viewed Product", 1), Given.Track("Product Viewed", 2), Given.Track("Product Viewed", 3), Given.Page(4),
            Given.Identify(5, "{}"));

        Assert.Equal(new Dictionary<string, long> { ["track"] = 3, ["identify"] = 1, ["page"] = 1 }, view.CountsByType);
        Assert.Equal(new Dictionary<string, long> { ["Product Viewed"] = 2, ["Viewed Product"] = 1 }, view.CountsByEvent);
        Assert.Equal(5, view.Version);
        Assert.Equal((Given.Minute(1), Given.Minute(5)), (view.FirstSeenMs, view.LastSeenMs));
    }

    [Fact]
    public void Names_above_the_bound_are_counted_together()
    {
        var view = Given.View(Enumerable.Range(0, 250).Select(i => Given.Track($"Event {i}", i)));

        Assert.Equal(NameCounts.MaxNames + 1, view.CountsByEvent.Count);
        Assert.Equal(50, view.CountsByEvent["(other)"]);
    }

    [Fact]
    public void A_trait_keeps_the_value_with_the_latest_time_in_either_spelling()
    {
        var view = Given.View(
            Given.Identify(5, """{"firstName":"Ann","plan":"pro","address":{"city":"Wien"}}"""),
            Given.Identify(3, """{"first_name":"Old","plan":"free","age":7}"""),
            Given.Identify(6, """{"first_name":"Anna"}"""));

        Assert.Equal("\"Anna\"", view.Traits["firstName"]);
        Assert.Equal("\"pro\"", view.Traits["plan"]);
        Assert.Equal("7", view.Traits["age"]);
        Assert.Equal("""{"city":"Wien"}""", view.Traits["address"]);
        Assert.DoesNotContain("first_name", view.Traits.Keys);
    }

    [Fact]
    public void Traits_are_bounded_and_the_reserved_ones_go_last()
    {
        var many = string.Join(',', Enumerable.Range(0, 1_000).Select(i => $"\"k{i}\":{i}"));

        var view = Given.View(Given.Identify(1, """{"email":"a@b.c"}"""), Given.Identify(2, $$"""{ {{many}} }"""));
        var fat = Given.View(Given.Identify(1, $$"""{"big":"{{new string('x', 5_000)}}","small":1}"""));

        Assert.Equal(200, view.Traits.Count);
        Assert.Equal("\"a@b.c\"", view.Traits["email"]);
        Assert.Equal(["small"], fat.Traits.Keys);
        Assert.Equal(1, fat.Faults);
    }

    [Fact]
    public void Traits_in_the_context_count_only_for_an_identify_without_its_own()
    {
        var own = Given.Event(EventType.Identify, 1, """{"traits":{"a":1},"context":{"traits":{"b":2}}}""");
        var context = Given.Event(EventType.Identify, 1, """{"context":{"traits":{"b":2}}}""");
        var track = Given.Event(EventType.Track, 1, """{"context":{"traits":{"b":2}}}""") with { Name = "Order Completed" };

        Assert.Equal(["a"], Given.View(own).Traits.Keys);
        Assert.Equal(["b"], Given.View(context).Traits.Keys);
        Assert.Empty(Given.View(track).Traits);
    }

    [Fact]
    public void External_ids_are_listed_newest_first()
    {
        var view = Given.View(
            Given.Identify(2, """{"email":"new@x.at","phone":123}"""),
            Given.Identify(1, """{"email":"old@x.at"}"""),
            Given.Page(3) with { AnonymousId = "v1" });

        Assert.Equal(["new@x.at", "old@x.at"], view.ExternalIds["email"]);
        Assert.Equal(["123"], view.ExternalIds["phone"]);
        Assert.Equal(["ann"], view.ExternalIds["user_id"]);
        Assert.Equal(["v1"], view.ExternalIds["anonymous_id"]);
    }

    [Fact]
    public void Groups_keep_their_traits()
    {
        var view = Given.View(
            Given.Group(2, "acme", """{"plan":"gold"}"""), Given.Group(1, "acme", """{"plan":"old","seats":3}"""), Given.Group(1, "beta"));

        Assert.Equal(new Dictionary<string, string> { ["plan"] = "\"gold\"", ["seats"] = "3" }, view.Groups["acme"]);
        Assert.Empty(view.Groups["beta"]);
    }

    [Fact]
    public void A_late_event_joins_two_visits()
    {
        var events = new[] { Given.Page(0), Given.Page(31), Given.Page(100) };

        Assert.Equal(3, Given.View(events).Sessions);
        Assert.Equal(2, Given.View([.. events, Given.Page(15)]).Sessions);
        Assert.Equal(1, Given.View(Given.Page(0), Given.Page(30)).Sessions);
    }

    [Fact]
    public void Older_visits_are_only_counted()
    {
        var profile = Given.Profile(Enumerable.Range(0, 100).Select(i => Given.Page(i * 60)));

        profile.Fold(Given.Page(10));

        Assert.Equal(100, profile.View().Sessions);
    }

    [Fact]
    public void Ratings_have_a_count_and_a_mean_on_a_scale_to_five()
    {
        var view = Given.View(
            Given.Track("Product Reviewed", 1, """{"product_id":"p","rating":5}"""),
            Given.Track("Product Reviewed", 2, """{"product_id":"p","rating":"4"}"""),
            Given.Track("Product Reviewed", 3, """{"product_id":"p"}"""),
            Given.Track("Product Reviewed", 3, """{"product_id":"p","rating":50}"""),
            Given.Track("CSAT Answered", 4, """{"score":8,"scale":10}"""),
            Given.Track("Satisfaction Rated", 4, """{"rating":3}"""),
            Given.Track("Survey Answered", 4, """{"question":"why"}"""));

        Assert.Equal(new RatingView(4, 4.5m), view.Reviews);
        Assert.Equal(new RatingView(2, 3.5m), view.Satisfaction);
        Assert.Equal(1, view.Faults);
    }

    [Fact]
    public void Products_categories_and_searches_are_counted()
    {
        var view = Given.View(
            Given.Track("Product Viewed", 1, """{"product_id":7,"category":"Games"}"""),
            Given.Track("Viewed Product", 2, """{"id":"7","category":"Games"}"""),
            Given.Track("Product List Viewed", 3, """{"category":"Books"}"""),
            Given.Track("Products Searched", 4, """{"query":"chess "}"""),
            Given.Track("Products Searched", 5, """{"query":"go"}"""),
            Given.Track("Products Searched", 6, """{"query":"chess"}"""),
            Given.Track("product_viewed", 7, """{"product_id":"7"}"""));

        Assert.Equal(3, view.Products.Viewed["7"]);
        Assert.Equal(new Dictionary<string, long> { ["Books"] = 1, ["Games"] = 2 }, view.Categories);
        Assert.Equal(["chess", "go"], view.Searches.Keys);
        Assert.Equal(2, view.Searches["chess"]);
    }

    [Fact]
    public void Products_above_the_bound_go_least_recently_touched_first()
    {
        var view = Given.View(Enumerable.Range(0, Products.MaxProducts + 10)
            .Select(i => Given.Track("Product Viewed", i, $$"""{"product_id":"{{i}}"}""")));

        Assert.Equal(Products.MaxProducts, view.Products.Viewed.Count);
        Assert.DoesNotContain("9", view.Products.Viewed.Keys);
        Assert.Contains("10", view.Products.Viewed.Keys);
    }

    [Fact]
    public void The_tier_follows_the_companys_rule()
    {
        var order = Given.Track("Order Completed", 1, """{"order_id":"1","revenue":999}""");
        var more = Given.Track("Order Completed", 1, """{"order_id":"2","revenue":1}""");
        var reviews = Enumerable.Range(0, 2).Select(i => Given.Track("Product Reviewed", i * 60, """{"rating":4}""")).ToArray();
        var rule = new TierRule { EngagedOrders = 1, EngagedVisits = 2 };

        Assert.Equal("potential", Given.View(reviews).Tier);
        Assert.Equal("ordinary", Given.View(order).Tier);
        Assert.Equal("high-value", Given.View(order, more).Tier);
        Assert.Equal("high-value", Given.Profile([order, .. reviews]).View(Given.Company with { Tiers = rule }).Tier);
        Assert.Equal("ordinary", Given.Profile([order, reviews[0]]).View(Given.Company with { Tiers = rule }).Tier);
    }

    [Fact]
    public void Times_at_the_ends_of_the_clock_are_folded()
    {
        var profile = Given.Profile(
            Given.Track("Order Completed", 0) with { TimestampMs = long.MinValue },
            Given.Track("Order Completed", 0) with { TimestampMs = long.MaxValue },
            Given.Track("Product Added", 0, """{"product_id":"p"}""") with { TimestampMs = long.MaxValue });

        Assert.Equal(2, profile.View().Sessions);
        Assert.Equal(0, profile.View(now: DateTimeOffset.MaxValue).Rfm.RecencyDays is > 300 ? 0 : 1);
        Assert.Equal(profile.Json(), Given.Unpacked(profile.Packed()).Json());
    }
}
