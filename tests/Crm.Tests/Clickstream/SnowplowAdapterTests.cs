using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Xunit;

namespace Crm.Clickstream;

/// <summary>What Snowplow's trackers send, as recorded from the Node tracker 4, and what becomes of it.</summary>
public sealed class SnowplowAdapterTests
{
    private const string Common = "\"eid\":\"e-1\",\"p\":\"srv\",\"tv\":\"node-4.8.0\",\"tna\":\"shop\",\"aid\":\"web\",\"uid\":\"ada\",\"duid\":\"dom-1\",\"dtm\":\"1795658730990\",\"stm\":\"1795658730996\"";

    [Fact]
    public void A_page_view_is_a_page_of_user_and_visitor()
    {
        var read = One($$"""{"e":"pv","url":"http://x/p?q=1","page":"Title","refr":"http://r","cx":"{{Encoded("""{"schema":"iglu:c","data":[{"schema":"iglu:com.acme/ctx/jsonschema/1-0-0","data":{"a":1}}]}""")}}",{{Common}}}""");

        Assert.Equal((EventType.Page, "Title", "ada", "dom-1", "e-1"), (read.Type, read.Name, read.UserId, read.AnonymousId, read.MessageId));
        Assert.Equal((1795658730990, 1795658730996), (read.Original.UnixMs, read.SentAt.UnixMs));
        Assert.Equal("/p", Json(read).GetProperty("properties").GetProperty("path").GetString());
        Assert.Equal(1, Json(read).GetProperty("context").GetProperty("entities")[0].GetProperty("data").GetProperty("a").GetInt32());
        Assert.Equal("web", Json(read).GetProperty("context").GetProperty("app").GetProperty("name").GetString());
    }

    [Theory]
    [InlineData("""{"e":"se","se_ca":"shop","se_ac":"add","se_la":"l","se_pr":"p","se_va":"3.5",""", "add", "value", "3.5")]
    [InlineData("""{"e":"pp","url":"http://x/","pp_max":"7",""", "Page Ping", "max_x", "7")]
    [InlineData("""{"e":"tr","tr_id":"o1","tr_tt":"20","tr_cu":"EUR",""", "Order Completed", "total", "20")]
    [InlineData("""{"e":"ti","ti_id":"o1","ti_sk":"p1","ti_pr":"8.5","ti_qu":"2",""", "Order Item Added", "product_id", "p1")]
    public void Each_kind_of_oneis_a_track_call(string begin, string name, string property, string value)
    {
        var read = One(begin + Common + "}");
        Assert.Equal((EventType.Track, name), (read.Type, read.Name));
        Assert.Equal(value, Json(read).GetProperty("properties").GetProperty(property).GetString());
    }

    [Theory]
    [InlineData("iglu:com.acme/product_viewed/jsonschema/1-0-0", EventType.Track, "product_viewed")]
    [InlineData("iglu:com.snowplowanalytics.snowplow/add_to_cart/jsonschema/1-0-0", EventType.Track, "Product Added")]
    [InlineData("iglu:com.acme/add_to_cart/jsonschema/1-0-0", EventType.Track, "add_to_cart")]
    [InlineData("iglu:com.snowplowanalytics.snowplow/screen_view/jsonschema/1-0-0", EventType.Screen, "Kettle")]
    [InlineData("iglu:com.acme/identify/jsonschema/1-0-0", EventType.Identify, null)]
    public void A_self_describing_oneis_named_by_its_schema(string schema, EventType type, string? name)
    {
        var one = $$"""{"schema":"iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0","data":{"schema":"{{schema}}","data":{"sku":"p1","name":"Kettle","unitPrice":5} } }""";
        foreach (var field in (string[])[$"\"ue_px\":\"{Encoded(one)}\"", $"\"ue_px\":\"{Convert.ToBase64String(Encoding.UTF8.GetBytes(one))}\"", $"\"ue_pr\":{JsonSerializer.Serialize(one)}"])
        {
            var read = One($$"""{"e":"ue",{{field}},{{Common}}}""");
            Assert.Equal((type, name), (read.Type, read.Name));
            Assert.Equal("p1", Json(read).GetProperty(type == EventType.Identify ? "traits" : "properties").GetProperty("sku").GetString());
            if (name == "Product Added") Assert.Equal(5, Json(read).GetProperty("properties").GetProperty("price").GetInt32());
        }
    }

    [Theory]
    [InlineData("""{"e":"ue","ue_px":"!!!"}""", SnowplowAdapter.NoSchema)]
    [InlineData("""{"e":"ue","ue_pr":"{"}""", SnowplowAdapter.NoSchema)]
    [InlineData("""{"e":"ue","ue_pr":"{\"data\":{\"schema\":\"x\"}}"}""", SnowplowAdapter.NoSchema)]
    [InlineData("""{"e":"ue"}""", SnowplowAdapter.NoSchema)]
    [InlineData("""{"e":"zz"}""", SnowplowAdapter.UnknownEvent)]
    [InlineData("""{}""", SnowplowAdapter.UnknownEvent)]
    [InlineData("7", JsonBody.NoObject)]
    public void What_is_no_event_is_refused_alone(string element, string reason)
    {
        var batch = Read($$"""{"schema":"s","data":[{{element}},{"e":"pv","duid":"d"}]}""");
        Assert.Equal(reason, Assert.Single(batch.Refused).Reason);
        Assert.Single(batch.Events);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"data":{}}""")]
    [InlineData("""{"data":[]} x""")]
    public void What_is_no_payload_is_refused_as_a_whole(string body) => Assert.Equal(400, Read(body).Failure?.Status);

    [Fact]
    public void A_query_is_one_event()
    {
        var query = new QueryCollection(new Dictionary<string, StringValues>
        {
            ["e"] = "se", ["se_ac"] = "add", ["uid"] = "ada", ["eid"] = "e-2", ["co"] = """{"schema":"s","data":[{"a":1}]}""",
        });
        var batch = SnowplowAdapter.Read(query);

        Assert.True(batch.Single);
        Assert.Equal(("add", "ada", "e-2"), (batch.Events[0].Name, batch.Events[0].UserId, batch.Events[0].MessageId));
        Assert.Equal(1, Json(batch.Events[0]).GetProperty("context").GetProperty("entities")[0].GetProperty("a").GetInt32());
        Assert.Equal(SnowplowAdapter.UnknownEvent, Assert.Single(SnowplowAdapter.Read(new QueryCollection()).Refused).Reason);
    }

    [Fact]
    public void The_app_id_of_the_first_oneis_the_key() =>
        Assert.Equal("web", SnowplowAdapter.Key(Encoding.UTF8.GetBytes($$"""{"data":[{"e":"pv",{{Common}}}]}""")));

    private static string Encoded(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));

    private static IncomingBatch Read(string body) => SnowplowAdapter.Read(Encoding.UTF8.GetBytes(body));

    private static IncomingEvent One(string one) => Assert.Single(Read($$"""{"schema":"s","data":[{{one}}]}""").Events);

    private static JsonElement Json(IncomingEvent read) => JsonDocument.Parse(read.Body).RootElement;
}
