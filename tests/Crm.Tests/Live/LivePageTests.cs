using System.Text.Json;
using System.Text.RegularExpressions;
using Crm.Clickstream;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Crm.Live;

public sealed class LivePageTests
{
    [Fact]
    public void Both_languages_say_the_same_things()
    {
        var english = Texts("en");
        var chinese = Texts("zh-CN");

        Assert.Equal(english.Keys.Order(), chinese.Keys.Order());
        Assert.All(english, t => Assert.Equal(Holes(t.Value), Holes(chinese[t.Key])));
    }

    [Theory]
    [InlineData("en")]
    [InlineData("zh-CN")]
    public void Nothing_of_a_template_is_left_open(string language)
    {
        foreach (var page in (string[])[LivePage.Live(language), LivePage.Token(language, "tokenWrong"), LivePage.Token(language, null)])
        {
            Assert.DoesNotContain("{{", page, StringComparison.Ordinal);
            Assert.Contains($"<html lang=\"{language}\">", page, StringComparison.Ordinal);
            Assert.DoesNotMatch(@"<script(?![^>]*(src=|application/json))|\son\w+=|style=", page);
        }
    }

    [Fact]
    public void The_script_uses_no_text_that_is_not_there()
    {
        var script = System.Text.Encoding.UTF8.GetString(LivePage.File("live.js"));
        var used = Regex.Matches(script, @"(?:say|pause)\('(\w+)'").Select(m => m.Groups[1].Value);

        Assert.Empty(used.Except(Texts("en").Keys));
        Assert.DoesNotContain("innerHTML", script, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("zh-CN,zh;q=0.9,en;q=0.8", null, "zh-CN")]
    [InlineData("zh-TW", null, "zh-CN")]
    [InlineData("de-DE,en;q=0.5,zh;q=0.4", null, "en")]
    [InlineData("fr", null, "en")]
    [InlineData("", null, "en")]
    [InlineData("zh", "en", "en")]
    [InlineData("en", "zh-CN", "zh-CN")]
    [InlineData("en", "klingon", "en")]
    public void Speaks_the_language_that_is_wanted(string accepted, string? chosen, string language)
    {
        var context = new DefaultHttpContext();
        context.Request.Headers.AcceptLanguage = accepted;
        if (chosen is not null) context.Request.Headers.Cookie = $"{LivePage.LanguageCookie}={chosen}";

        Assert.Equal(language, LivePage.Language(context.Request));
    }

    private static Dictionary<string, string> Texts(string language) =>
        JsonSerializer.Deserialize<Dictionary<string, string>>(LivePage.File($"texts.{language}.json"))!;

    private static IEnumerable<string> Holes(string text) => Regex.Matches(text, @"\{\w+\}").Select(m => m.Value).Order();
}

public sealed class LiveGaugeTests
{
    [Fact]
    public void The_rate_is_what_was_applied_since_the_frame_before()
    {
        var gauge = new LiveGauge();
        gauge.Frame([Pulse(0, 100), Pulse(1, 50)], TimeSpan.Zero);

        var frame = gauge.Frame([Pulse(0, 130), Pulse(1, 70)], TimeSpan.FromSeconds(2));

        Assert.Equal((25d, 200L, 2), (frame.Rate, frame.Events, frame.Answering));
    }

    [Fact]
    public void The_first_frame_has_no_rate_rather_than_a_false_one()
    {
        var gauge = new LiveGauge();

        Assert.Null(gauge.Frame([Pulse(0, 100)], TimeSpan.Zero).Rate);
        Assert.Equal(0d, gauge.Frame([Pulse(0, 100)], TimeSpan.FromSeconds(1)).Rate);
    }

    [Fact]
    public void A_new_owner_and_one_that_is_away_make_no_false_rate()
    {
        var gauge = new LiveGauge();
        gauge.Frame([Pulse(0, 100), Pulse(1, 50)], TimeSpan.Zero);

        var restarted = gauge.Frame([Pulse(0, 5), null], TimeSpan.FromSeconds(1));
        var after = gauge.Frame([Pulse(0, 15), Pulse(1, 80)], TimeSpan.FromSeconds(1));

        Assert.Equal((0d, 1, 2), (restarted.Rate, restarted.Answering, restarted.Partitions));
        Assert.Equal(40, after.Rate);
    }

    [Fact]
    public void Shows_the_newest_and_busiest_of_all_partitions()
    {
        var frame = new LiveGauge().Frame(
            [
                Pulse(0, 1, newest: [("u:a", 10), ("u:b", 30)], active: [("u:a", 3), ("u:b", 1)]),
                Pulse(1, 1, newest: [("u:c", 20)], active: [("u:c", 2), ("u:a", 4)]),
            ],
            TimeSpan.Zero);

        Assert.Equal(["u:b", "u:c", "u:a"], frame.Newest.Select(e => e.Id));
        Assert.Equal([("u:a", 7), ("u:c", 2), ("u:b", 1)], frame.Active.Select(c => (c.Id, c.Events)));
    }

    private static PartitionPulse Pulse(
        int partition, long events, (string Id, long At)[]? newest = null, (string Id, int Events)[]? active = null) => new(
        new PartitionProgress(partition, true, 0, 0, 0, 0, 0, 0, 0),
        events,
        [.. (newest ?? []).Select(e => new PulseEvent(e.Id, EventType.Page, null, e.At))],
        [.. (active ?? []).Select(c => new PulseCustomer(c.Id, c.Events))]);
}
