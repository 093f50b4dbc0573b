using System.Text.Json.Nodes;
using Xunit;

namespace Crm.Customers;

/// <summary>What is made of a card's fields, and how one takes over another.</summary>
public sealed class CustomerCardTests
{
    [Theory]
    [InlineData("小明", "王", null, "王小明")]
    [InlineData("小明", "王", "en", "王小明")]
    [InlineData("민수", "김", null, "김민수")]
    [InlineData("太郎", "山田", "ja", "山田太郎")]
    [InlineData("Taro", "Yamada", "ja-JP", "Yamada Taro")]
    [InlineData("Xiaoming", "Wang", "zh_CN", "Wang Xiaoming")]
    [InlineData("Ada", "Lovelace", null, "Ada Lovelace")]
    [InlineData("Ada", "Lovelace", "en", "Ada Lovelace")]
    [InlineData("Ada", null, null, "Ada")]
    [InlineData(" ", "王", null, "王")]
    [InlineData(null, null, "zh", null)]
    public void A_name_is_written_as_its_language_does(string? given, string? family, string? language, string? shown) =>
        Assert.Equal(shown, PersonName.Shown(given, family, language));

    [Theory]
    [InlineData("030 901820", "DE", "+4930901820")]
    [InlineData("+86 10 6552 9988", null, "+861065529988")]
    [InlineData("(010) 6552 9988", "CN", "+861065529988")]
    [InlineData("030 901820", null, null)]
    [InlineData("call me", "DE", null)]
    [InlineData("12", "DE", null)]
    public void A_phone_gets_its_international_form(string typed, string? region, string? international) =>
        Assert.Equal(international, CustomerCard.E164(typed, region));

    [Fact]
    public void What_is_typed_stays_and_what_is_made_of_it_goes_with_it()
    {
        var card = Json("""{"givenName":"小明","familyName":"王","phones":["030 901820","030-901820","nonsense 1"]}""");
        CustomerCard.Complete(card, "DE");

        Assert.Equal("王小明", (string?)card["fullName"]);
        Assert.Equal(["030 901820", "030-901820", "nonsense 1"], CustomerCard.Texts(card, "phones"));
        Assert.Equal(["+4930901820"], CustomerCard.Texts(card, "phonesE164"));

        card["name"] = "Mr. Wang";
        card.Remove("phones");
        CustomerCard.Complete(card, "DE");
        Assert.Equal("Mr. Wang", (string?)card["fullName"]);
        Assert.False(card.ContainsKey("phonesE164"));
    }

    [Fact]
    public void A_card_takes_over_what_it_lacks_once()
    {
        var card = Json("""{"givenName":"Ada","tags":["vip"],"emails":["a@x.org"],"owner":"usr_1","custom":{"size":1}}""");
        var other = Json("""{"givenName":"Bo","familyName":"Li","tags":["new","vip"],"emails":["b@x.org"],"owner":"usr_2","birthday":"1990-01-02","externalId":"x1","custom":{"size":2,"hat":"L"}}""");

        CustomerCard.Absorb(card, "a:v", 3, other);

        Assert.Equal("""{"givenName":"Ada","tags":["vip","new"],"emails":["a@x.org","b@x.org"],"owner":"usr_1","custom":{"size":1,"hat":"L"},"birthday":"1990-01-02","absorbed":{"a:v":3}}""", card.ToJsonString());

        // Somebody takes a tag away: the same card does not bring it back, a newer one brings what it has.
        card["tags"] = new JsonArray("vip");
        var edited = card.ToJsonString();
        CustomerCard.Absorb(card, "a:v", 3, other);
        Assert.Equal(edited, card.ToJsonString());
        CustomerCard.Absorb(card, "a:v", 4, other);
        Assert.Equal(["vip", "new"], CustomerCard.Texts(card, "tags"));
    }

    [Fact]
    public void Somebody_without_a_name_gets_the_others()
    {
        var card = Json("{}");
        CustomerCard.Absorb(card, "a:v", 1, Json("""{"givenName":"Bo","familyName":"Li","fullName":"Bo Li"}"""));

        Assert.Equal("""{"givenName":"Bo","familyName":"Li","absorbed":{"a:v":1}}""", card.ToJsonString());
    }

    [Theory]
    [InlineData("ada@example.org", true)]
    [InlineData("ada@example", true)]
    [InlineData("ada", false)]
    [InlineData("@example.org", false)]
    [InlineData("ada@", false)]
    [InlineData("a b@example.org", false)]
    [InlineData("a@b@c", false)]
    public void An_email_has_an_at_and_a_domain(string text, bool isOne) => Assert.Equal(isOne, CustomerCard.IsEmail(text));

    [Fact]
    public void Traits_of_any_kind_give_a_name_that_can_be_stored()
    {
        Assert.Equal("王小明", Name(("firstName", "\"小明\""), ("lastName", "\"王\"")));
        Assert.Equal("Bo", Name(("name", "\"\\u0000Bo\\u0007\"")));
        Assert.Null(Name(("name", "{\"first\":1}")));
        Assert.Null(Name(("name", "\"\\ud800\"")));
        Assert.Equal(KnownPerson.MaxLength, Name(("name", "\"" + new string('x', 500) + "\""))!.Length);

        static string? Name(params (string Name, string Json)[] traits) =>
            KnownPerson.Name(name => traits.Where(t => t.Name == name).Select(t => t.Json).FirstOrDefault());
    }

    private static JsonObject Json(string text) => (JsonObject)JsonNode.Parse(text)!;
}
