using System.Text;
using System.Text.Json;
using Xunit;

namespace Crm.Clickstream;

public sealed class CrawlerMarkTests
{
    [Theory]
    [InlineData("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)")]
    [InlineData("Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)")]
    [InlineData("Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/116.0.1938.76 Safari/537.36")]
    [InlineData("Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)")]
    [InlineData("Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)")]
    [InlineData("facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)")]
    [InlineData("Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)")]
    [InlineData("Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)")]
    [InlineData("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/131.0.0.0 Safari/537.36")]
    [InlineData("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 Chrome-Lighthouse")]
    public void A_crawler_is_marked(string userAgent)
    {
        var marked = Put($$$"""{"userId":"u","context":{"userAgent":{{{JsonSerializer.Serialize(userAgent)}}},"page":{"path":"/"}},"event":"e"}""");

        Assert.Equal(EventFaults.Crawler, marked.Faults);
        var body = JsonDocument.Parse(marked.Body).RootElement;
        Assert.True(body.GetProperty("context").GetProperty("crawler").GetBoolean());
        Assert.Equal("/", body.GetProperty("context").GetProperty("page").GetProperty("path").GetString());
        Assert.Equal("e", body.GetProperty("event").GetString());
    }

    [Theory]
    [InlineData("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0")]
    [InlineData("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15")]
    [InlineData("Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0")]
    [InlineData("Mozilla/5.0 (Linux; Android 14; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/26.0 Chrome/122.0.0.0 Mobile Safari/537.36")]
    [InlineData("Mozilla/5.0 (Linux; Android 10; CUBOT_X30 Build/QP1A) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36")]
    [InlineData("Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [FBAN/FBIOS;FBAV/487.0;FBBV/1]")]
    [InlineData("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Instagram 352.0")]
    [InlineData("Mozilla/5.0 (Linux; Android 13; Pixel 7) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/130.0 Mobile Safari/537.36 Pinterest/12.1")]
    [InlineData("analytics-node/6.2.0")]
    [InlineData("")]
    public void A_person_is_not(string userAgent)
    {
        var happened = Given($$$"""{"userId":"u","context":{"userAgent":{{{JsonSerializer.Serialize(userAgent)}}}}}""");

        Assert.Same(happened, CrawlerMark.Put(happened));
    }

    [Theory]
    [InlineData("""{"userId":"u","properties":{"userAgent":"Googlebot/2.1"},"context":{"userAgent":"Mozilla/5.0 Firefox/132.0"}}""")]
    [InlineData("""{"userId":"u","context":{"device":{"userAgent":"Googlebot/2.1"}}}""")]
    [InlineData("""{"userId":"Googlebot/2.1","context":{"userAgent":null}}""")]
    [InlineData("""{"userId":"u","context":"\"userAgent\":\"Googlebot/2.1\""}""")]
    [InlineData("""{"userId":"u","context":{"userAgent":["Googlebot/2.1"]}}""")]
    [InlineData("""{"userId":"u"}""")]
    public void Only_the_events_own_user_agent_counts(string body)
    {
        var happened = Given(body);

        Assert.Same(happened, CrawlerMark.Put(happened));
    }

    [Theory]
    [InlineData("""{"context" : { "userAgent"  :  "Googlebot/2.1" } }""")]
    [InlineData("""{"properties":{"userAgent":"Firefox"},"context":{"locale":"en","userAgent":"X Googlebot","crawler":false}}""")]
    [InlineData("""{"context":{"userAgent":"Firefox"},"context":{"userAgent":"Googlebot/2.1"}}""")]
    public void The_mark_is_what_a_reader_of_the_event_sees(string body)
    {
        var marked = JsonDocument.Parse(Put(body).Body).RootElement;

        Assert.True(marked.GetProperty("context").GetProperty("crawler").GetBoolean());
    }

    private static BehaviourEvent Put(string body) => CrawlerMark.Put(Given(body));

    private static BehaviourEvent Given(string body) => new()
    {
        Lane = "u:u",
        Type = EventType.Track,
        MessageId = "m",
        Source = "s",
        TimestampMs = 0,
        ReceivedAtMs = 0,
        Body = Encoding.UTF8.GetBytes(body),
    };
}
