using System.Text.Json.Nodes;
using Crm.Clickstream;
using Crm.Deals;
using Xunit;

namespace Crm.Customers;

/// <summary>
/// The stored form of a profile. A failure here means that customers already stored would be misread: raise the version, keep
/// reading the old one, and add a snapshot; never change a snapshot.
/// </summary>
public sealed class ProfileSnapshotTests
{
    [Fact]
    public void What_version_1_stored_answers_the_same_for_ever()
    {
        var view = JsonNode.Parse(Given.Unpacked(Snapshot.Bytes("profile-v1.hex")).Json())!.AsObject();

        foreach (var (name, expected) in JsonNode.Parse(Snapshot.Text("profile-v1.json"))!.AsObject())
            Assert.True(JsonNode.DeepEquals(expected, view[name]), $"{name}: {view[name]?.ToJsonString()}");
    }

    [Fact]
    public void Version_1_is_stored_as_it_was() =>
        Assert.Equal(Convert.ToHexString(Snapshot.Bytes("profile-v1.hex")), Convert.ToHexString(Given.Unpacked(Snapshot.Bytes("profile-v1.hex")).Packed()));

    [Fact]
    public void Version_3_is_stored_as_it_was() => Assert.Equal(Convert.ToHexString(Snapshot.Bytes("profile-v3.hex")), Convert.ToHexString(Rich().Packed()));

    [Fact]
    public void Version_3_tells_what_events_weigh_and_what_version_1_did_not_know_begins_with_the_next_event()
    {
        Assert.Equal(Rich().View().Interest, Given.Unpacked(Snapshot.Bytes("profile-v3.hex")).View().Interest);
        var old = Given.Unpacked(Snapshot.Bytes("profile-v1.hex"));
        Assert.Empty(old.View().Interest);

        old.Fold(Given.Track("Order Completed", 60, """{"order_id":"new","total":1}"""));

        Assert.Equal(new InterestDay(Heat.Day(Given.Start), 30, 30 * 60), Assert.Single(old.View().Interest));
    }

    [Fact]
    public void A_profile_of_a_newer_version_is_refused() => Assert.Throws<InvalidDataException>(() => Given.Unpacked([99, 0, 0]));

    [Fact]
    public void An_empty_profile_is_stored() => Assert.Equal(new CustomerProfile().Json(), Given.Unpacked(new CustomerProfile().Packed()).Json());

    [Fact]
    public void A_typical_customer_is_stored_in_little_more_than_half_a_kilobyte()
    {
        var profile = Typical();

        Assert.Equal(20, profile.Events);
        Assert.InRange(profile.Packed().Length, 300, 1_024);
    }

    /// <summary>Every part filled, with what makes each of its optional fields.</summary>
    private static CustomerProfile Rich()
    {
        var profile = Given.Profile(
            Given.Page(0) with { AnonymousId = "visitor-1", UserId = null },
            Given.Identify(1, """{"email":"ann@example.com","first_name":"Ann","plan":"pro","address":{"city":"Zürich"},"phone":"+41 1"}"""),
            Given.Event(EventType.Screen, 2, "{}") with { Name = "Start" },
            Given.Event(EventType.Alias, 2.5, "{}"),
            Given.Group(3, "acme", """{"seats":5,"plan":"gold"}"""),
            Given.Track("Product Viewed", 4, """{"product_id":"sku-1","category":"Games"}"""),
            Given.Track("Products Searched", 5, """{"query":"chess"}"""),
            Given.Track("Product Added", 6, """{"product_id":"sku-1","quantity":3,"price":"12.50","currency":"CHF"}"""),
            Given.Track("Product Removed", 7, """{"product_id":"sku-1"}"""),
            Given.Track("Order Completed", 8, """{"order_id":"o-1","total":31.5,"shipping":5,"tax":1.5,"currency":"CHF","products":[{"product_id":"sku-1","quantity":2,"price":12.5}]}"""),
            Given.Track("Order Updated", 9, """{"order_id":"o-1","revenue":24,"total":30.5,"currency":"CHF"}"""),
            Given.Track("Order Refunded", 10, """{"order_id":"o-1","total":"0.333333333333333333333333333","currency":"CHF"}"""),
            Given.Track("Order Cancelled", 11, """{"order_id":"o-2"}"""),
            Given.Track("Order Refunded", 12, """{"order_id":"o-3"}"""),
            Given.Track("Order Completed", 13, """{"revenue":"?"}""") with { MessageId = "message-1" },
            Given.Track("Product Reviewed", 14, """{"product_id":"sku-1","rating":4.5}"""),
            Given.Track("CSAT Answered", 15, """{"score":9,"scale":10}"""),
            Given.Track("Product Added", 16, """{"product_id":"sku-2","price":7}"""));
        for (var i = 0; i < Sessions.MaxOpen + 2; i++) profile.Fold(Given.Page(100 + i * 60));
        for (var i = 0; i < Cart.MaxChanges + 2; i++)
            profile.Fold(Given.Track("Product Added", 2_000 + i, $$"""{"product_id":"sku-{{i % 3}}","price":0.1}"""));
        var lines = string.Join(',', Enumerable.Range(0, Orders.MaxLines).Select(i => $$"""{"product_id":"bulk-{{i % 5}}"}"""));
        profile.Fold(Given.Track("Order Completed", -60, $$"""{"order_id":"o-0","subtotal":1e3,"products":[{{lines}}]}"""));
        return profile;
    }

    /// <summary>Twenty events of a visitor who became a customer: ids and names of usual length.</summary>
    private static CustomerProfile Typical()
    {
        var profile = Given.Profile(
            Given.Identify(1, """{"email":"ann.example@example.com","firstName":"Ann","lastName":"Example","createdAt":"2026-03-01T12:01:00Z"}"""),
            Given.Track("Products Searched", 2, """{"query":"board games"}"""),
            Given.Track("Product List Viewed", 3, """{"category":"Games"}"""));
        for (var i = 0; i < 9; i++)
        {
            var product = $$"""{"product_id":"{{85_000 + i * 37}}A","category":"Games","price":{{i}}.95,"currency":"EUR"}""";
            profile.Fold(Given.Page(4 + i * 1_000.1, "Product") with { AnonymousId = "5f0c7c1e-8a4e-4d2b-9c55-0b1f6a2e9d11" });
            if (i < 6) profile.Fold(Given.Track("Product Viewed", 4.5 + i * 1_000.2, product));
            else if (i == 6) profile.Fold(Given.Track("Product Added", 5 + i * 1_000.2, product));
        }

        profile.Fold(Given.Track("Order Completed", 9_500, """
            {"order_id":"536365","total":26.85,"shipping":5,"currency":"EUR","products":[{"product_id":"85222A","quantity":1,"price":6.95}]}
            """));
        return profile;
    }
}
