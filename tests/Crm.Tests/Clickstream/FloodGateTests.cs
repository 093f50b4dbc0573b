using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Crm.Clickstream;

public sealed class FloodGateTests
{
    private const int Limit = 1_200;

    private readonly FakeTimeProvider _clock = new();
    private readonly FloodGate _gate;

    public FloodGateTests() => _gate = new FloodGate(Limit, _clock, seed: 1);

    [Fact]
    public void Takes_as_many_as_the_limit_in_a_minute_and_no_more()
    {
        Assert.Equal(Limit, Passed("u:bot", 5_000));

        _clock.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(0, Passed("u:bot", 100));
    }

    [Fact]
    public void A_bot_that_goes_on_gets_the_limit_a_minute_and_not_more()
    {
        var passed = 0;
        for (var second = 0; second < 600; second++)
        {
            passed += Passed("u:bot", 500);
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.InRange(passed, 9.5 * Limit, 11 * Limit);
    }

    [Fact]
    public void Any_sixty_seconds_hold_little_more_than_the_limit_however_a_bot_comes()
    {
        // Half a minute of rest, then all at once, over and over: the worst for windows that are estimated.
        var passed = new List<(int Second, int Count)>();
        for (var second = 0; second < 600; second++)
        {
            if (second % 60 >= 30) passed.Add((second, Passed("u:bot", 500)));
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        for (var from = 0; from < 540; from++)
            Assert.InRange(passed.Where(p => p.Second >= from && p.Second < from + 60).Sum(p => p.Count), 0, 1.5 * Limit);
    }

    [Fact]
    public void Who_waits_as_told_is_taken_again()
    {
        for (var round = 0; round < 50; round++)
        {
            Passed("u:bot", 2_000);
            var wait = _gate.RetryAfterSeconds("u:bot", _clock.GetTimestamp());
            Assert.InRange(wait, 1, 61);
            _clock.Advance(TimeSpan.FromSeconds(wait));
            Assert.NotEqual(0, Passed("u:bot", 1));
            _clock.Advance(TimeSpan.FromSeconds(round % 7));
        }
    }

    [Fact]
    public void A_person_is_never_refused_and_others_do_not_notice_a_bot()
    {
        for (var second = 0; second < 300; second++)
        {
            Passed("u:bot", 200);
            Assert.Equal(15, Passed("u:person", 15));
            _clock.Advance(TimeSpan.FromSeconds(1));
        }
    }

    [Fact]
    public void A_bot_is_not_forgotten_among_a_million_others()
    {
        Assert.Equal(Limit, Passed("u:bot", Limit + 1));

        for (var other = 0; other < 1_000_000; other++) Assert.Equal(FloodVerdict.Pass, _gate.Judge($"a:{other}", _clock.GetTimestamp()));

        Assert.Equal(0, Passed("u:bot", 1));
    }

    [Fact]
    public void The_first_that_is_taken_after_a_refusal_is_marked_and_no_other()
    {
        Passed("u:bot", Limit + 10);
        _clock.Advance(TimeSpan.FromSeconds(120));

        Assert.Equal(FloodVerdict.PassMarked, _gate.Judge("u:bot", _clock.GetTimestamp()));
        Assert.Equal(FloodVerdict.Pass, _gate.Judge("u:bot", _clock.GetTimestamp()));
        Assert.Equal(FloodVerdict.Pass, _gate.Judge("u:person", _clock.GetTimestamp()));
    }

    [Fact]
    public void A_hundred_refused_ones_of_a_minute_are_kept()
    {
        Passed("u:bot", Limit);

        var verdicts = Enumerable.Range(0, 5_000).Select(_ => _gate.Judge("u:bot", _clock.GetTimestamp())).ToArray();

        Assert.Equal(FloodGate.KeptPerMinute, verdicts.Count(v => v == FloodVerdict.Refuse));
        Assert.Equal(5_000 - FloodGate.KeptPerMinute, verdicts.Count(v => v == FloodVerdict.RefuseUnkept));
    }

    [Fact]
    public void What_could_not_be_logged_is_not_counted()
    {
        for (var tries = 0; tries < 3 * Limit; tries++)
        {
            Assert.Equal(FloodVerdict.Pass, _gate.Judge("u:person", _clock.GetTimestamp()));
            _gate.GiveBack("u:person", _clock.GetTimestamp());
        }
    }

    [Fact]
    public void A_limit_of_zero_is_none()
    {
        var open = new FloodGate(0, _clock, seed: 1);
        Assert.All(Enumerable.Range(0, 10_000), _ => Assert.Equal(FloodVerdict.Pass, open.Judge("u:bot", _clock.GetTimestamp())));
    }

    [Fact]
    public async Task Counts_exactly_from_many_threads()
    {
        var passed = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Passed("u:bot", 1_000))));

        Assert.Equal(Limit, passed.Sum());
    }

    private int Passed(string lane, int events) =>
        Enumerable.Range(0, events).Count(_ => _gate.Judge(lane, _clock.GetTimestamp()) is FloodVerdict.Pass or FloodVerdict.PassMarked);
}
