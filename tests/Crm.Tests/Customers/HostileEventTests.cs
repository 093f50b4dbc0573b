using System.Text;
using System.Text.Json;
using Crm.Clickstream;
using FsCheck.Xunit;
using Xunit;

namespace Crm.Customers;

/// <summary>No input may fail the fold, grow the profile without bound, or make an answer that cannot be written.</summary>
public sealed class HostileEventTests
{
    private static readonly string[] Names =
    [
        "Product Viewed", "Product List Viewed", "Products Searched", "Product Added", "Product Removed", "Product Reviewed",
        "Order Completed", "Order Updated", "Order Refunded", "Order Cancelled", "Satisfaction Rated", "Else",
    ];

    private static readonly string[] Fields =
    [
        "product_id", "id", "sku", "quantity", "price", "currency", "category", "query", "rating", "score", "scale", "order_id",
        "revenue", "total", "subtotal", "shipping", "tax", "products", "email", "phone", "firstName",
    ];

    public static TheoryData<string> Values =>
    [
        "null", "true", "0", "-1", "1e400", "-0.0", "\"\"", "\" \"", "\"\\ud800\"", "\"\\udc00x\"", "\"a\\u0000b\"", "\"\\\"\\\\\\/\\n\"",
        "\"\\ud83d\\ude00\"", "[]", "{}", "[[[1]]]", "{\"a\":{\"b\":[null]}}", "[{\"price\":[],\"quantity\":{},\"product_id\":\"\\ud800\"}]",
        "[{\"price\":1,\"quantity\":1e15,\"product_id\":null},true]", "123456789012345678901234567890123456789",
    ];

    [Theory]
    [MemberData(nameof(Values))]
    public void A_value_of_the_wrong_kind_is_survived_everywhere(string value)
    {
        var profile = new CustomerProfile();
        foreach (var field in Fields)
        {
            foreach (var name in Names)
                profile.Fold(Given.Track(name, 1, $$"""{"{{field}}":{{value}},"{{field}}":{{value}},"product_id":"p"}"""));
            profile.Fold(Given.Identify(1, $$"""{"{{field}}":{{value}}}"""));
            profile.Fold(Given.Group(1, "g", $$"""{"{{field}}":{{value}}}"""));
        }

        foreach (var name in Names) profile.Fold(Given.Track(name, 1, value));
        profile.Fold(Given.Identify(1, value));
        profile.Fold(Given.Event(EventType.Group, 1, $$"""{"groupId":{{value}},"traits":{{value}}}"""));

        AssertSound(profile);
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"properties\":{\"total\":5}")]
    [InlineData("{\"properties\":{\"total\":5}} trailing")]
    [InlineData("{\"properties\":\"\\u12\"}")]
    public void A_body_that_is_no_json_object_is_an_event_without_properties(string body)
    {
        var profile = Given.Profile(
            Given.Event(EventType.Track, 1, body) with { Name = "Order Completed" },
            Given.Event(EventType.Identify, 1, body),
            Given.Event(EventType.Group, 1, body));

        Assert.Equal((1, 3L, 3L), (profile.Orders, profile.Events, profile.Faults));
        AssertSound(profile);
    }

    [Fact]
    public void Nesting_is_read_as_deep_as_it_is_accepted_and_survived_beyond()
    {
        var deep = new string('[', 100) + new string(']', 100);
        var deeper = new string('[', 5_000) + new string(']', 5_000);

        var profile = Given.Profile(
            Given.Track("Order Completed", 1, $$"""{"total":5,"x":{{deep}}}"""),
            Given.Identify(1, $$"""{"deep":{{deep}}}"""),
            Given.Track("Order Completed", 1, $$"""{"total":7,"x":{{deeper}}}"""));

        Assert.Equal(5m, profile.View().Revenue["USD"]);
        Assert.Equal(deep, profile.View().Traits["deep"]);
        Assert.Equal(1, profile.Faults);
    }

    [Fact]
    public void Escaped_and_broken_texts_become_texts_that_can_be_stored()
    {
        var view = Given.View(
            Given.Track("Product Viewed", 1, """{"product_id":"\u0041\ud800\u0000\n\ud83d\ude00"}"""),
            Given.Track("Bad \ud800 name", 1),
            Given.Event(EventType.Track, 1, "") with
            {
                Name = "Product Viewed",
                Body = Encoding.Latin1.GetBytes("{\"properties\":{\"product_id\":\"caf\u00e9\"}}"),
            });

        Assert.Equal(["A\uFFFD\uFFFD\n\U0001F600", "caf\uFFFD"], view.Products.Viewed.Keys);
        Assert.Contains("Bad \uFFFD name", view.CountsByEvent.Keys);
    }

    [Property]
    public void Any_bytes_are_survived(byte[] body, byte[] inside, int kind)
    {
        var quoted = Encoding.UTF8.GetBytes($"{{\"properties\":{{\"product_id\":\"{Encoding.Latin1.GetString(inside)}\"}}}}");
        foreach (var bytes in new[] { body, quoted, Encoding.Latin1.GetBytes(Encoding.UTF8.GetString(quoted)) })
        {
            AssertSound(Given.Profile(
                Given.Event(EventType.Track, 1, "") with { Name = Names[(uint)kind % Names.Length], Body = bytes },
                Given.Event(EventType.Identify, 1, "") with { Body = bytes },
                Given.Event((EventType)(byte)kind, 1, "") with { Body = bytes, Name = "x" }));
        }
    }

    [Fact]
    public void A_customer_that_sends_everything_stays_bounded()
    {
        var profile = new CustomerProfile();
        for (var i = 0; i < 5_000; i++)
        {
            var text = $"{i}-{new string('x', 60)}";
            profile.Fold(Given.Track($"Name {text}", i * 40));
            profile.Fold(Given.Track("Product Added", i * 40, $$"""{"product_id":"{{text}}","price":1}"""));
            profile.Fold(Given.Track("Product List Viewed", i * 40, $$"""{"category":"{{text}}"}"""));
            profile.Fold(Given.Track("Products Searched", i * 40, $$"""{"query":"{{text}}"}"""));
            profile.Fold(Given.Track("Order Refunded", i * 40, $$"""{"order_id":"{{text}}","total":1,"currency":"A{{(char)('A' + i % 26)}}A"}"""));
            profile.Fold(Given.Identify(i * 40, $$"""{"{{text}}":"{{text}}","email":"{{text}}"}""") with { AnonymousId = text });
            profile.Fold(Given.Group(i * 40, text, $$"""{"{{text}}":"{{text}}"}"""));
        }

        AssertSound(profile);
        Assert.InRange(profile.Packed().Length, 100_000, 400_000);
    }

    private static void AssertSound(CustomerProfile profile)
    {
        var view = profile.View();
        foreach (var json in view.Traits.Values.Concat(view.Groups.Values.SelectMany(group => group.Values)))
            JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = EventBody.MaxDepth }).Dispose();
        Assert.Equal(profile.Json(), Given.Unpacked(profile.Packed()).Json());
    }
}
