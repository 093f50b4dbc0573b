using System.Globalization;
using Crm.Customers;
using Crm.Infrastructure;
using Crm.Records.Filters;
using Xunit;

namespace Crm.Segments;

/// <summary>
/// Random definitions, random histories and a clock that moves: whatever is kept of the events, membership is at every step what looking
/// at all of them says, and never changes before the moment that was foretold.
/// </summary>
public sealed class SegmentOracleTests
{
    private const long DayMs = 86_400_000;
    private static readonly DateTimeOffset s_begin = DateTimeOffset.Parse("2026-03-20T11:00:00Z", CultureInfo.InvariantCulture);
    private static readonly TimeZoneInfo[] s_zones = [.. new[] { "Etc/UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York" }.Select(TimeZoneInfo.FindSystemTimeZoneById)];

    [Fact]
    public void Membership_is_what_the_whole_history_says() => Cases(0, 400);

    [FullFact]
    public void So_it_is_in_ten_thousand_cases() => Cases(1_000, 10_000);

    // On days that the month before does not have, a month ago stands still: it never goes back.
    [Theory]
    [InlineData(3294)]
    [InlineData(3694)]
    [InlineData(4018)]
    [InlineData(4096)]
    [InlineData(4103)]
    public void So_it_is_where_months_are_of_different_length(int seed) => Cases(seed, 1);

    private static void Cases(int first, int count)
    {
        var (wrong, compared) = (new List<string>(), 0);
        for (var seed = first; seed < first + count && wrong.Count < 5; seed++)
            if (Case(seed, ref compared) is { } problem) wrong.Add(problem);
        Assert.True(wrong.Count == 0, string.Join("\n\n", wrong));
        Assert.True(compared > 50 * count, $"only {compared} were compared");
    }

    private static string? Case(int seed, ref int compared)
    {
        var random = new Random(seed);
        var life = new Life(random, s_zones[random.Next(s_zones.Length)]);
        for (var step = 0; step < 30; step++)
        {
            var what = life.Step();
            if (life.Wrong() is { } wrong) return string.Create(CultureInfo.InvariantCulture, $"seed {seed}, step {step} ({what}): {wrong}");
        }

        compared += life.Compared;
        return null;
    }

    /// <summary>One customer, with what the production code keeps of it, and everything beside.</summary>
    private sealed class Life(Random random, TimeZoneInfo zone)
    {
        private readonly SegmentDice _dice = new(random);
        private readonly List<ToldEvent> _events = [];
        private readonly List<SegmentChange> _changes = [];
        private Dictionary<string, object> _facts = [];
        private List<LiveDefinition> _definitions = [];
        private SegmentPlan _plan = SegmentPlan.None;
        private SegmentState _state = new();
        private (SegmentPlan Plan, long Complete, int Events, SeriesTable Series)? _reading;
        private int _compared;
        private long _nowMs = s_begin.ToUnixTimeMilliseconds();

        public string Step()
        {
            if (_definitions.Count == 0)
            {
                _state.Begin(_plan);
                Define();
            }

            if (_reading is not null && random.Next(2) == 0)
            {
                // Whoever has read its past looks in the same turn.
                CatchUp();
                Look();
            }

            switch (random.Next(16))
            {
                case < 8:
                    var happened = _dice.Event(_nowMs += random.Next(3) == 0 ? random.Next((int)(5 * DayMs)) : random.Next(7_200_000));
                    _events.Add(happened);
                    _state.Fold(_plan, happened.Event);
                    break;
                case < 11:
                    if (_state.UntilMs is TimeEdge.Never) goto default;

                    // Just before the moment that was foretold nothing has changed, though nobody looked.
                    _nowMs = Math.Max(_nowMs, _state.UntilMs - 1);
                    if (Differs() is { } early) return "before " + early;
                    _nowMs = Math.Max(_nowMs, _state.UntilMs);
                    break;
                case 11:
                    _facts = _dice.Facts(_nowMs);
                    break;
                case 12:
                    if (Define() is { } wrong) return wrong;
                    break;
                case 13:
                    Merge();
                    break;
                case 14:
                    var output = new PackWriter();
                    _state.Write(output);
                    var input = new PackReader(output.ToArray());
                    _state = SegmentState.Read(ref input);
                    Assert.True(input.AtEnd);

                    // Who dies while it reads the history begins anew.
                    _reading = null;
                    break;
                default:
                    _nowMs += random.Next((int)(20 * DayMs));
                    break;
            }

            Look();
            return "looked";
        }

        /// <summary>How often a membership was compared with the truth.</summary>
        public int Compared => _compared;

        /// <summary>Where what is kept differs from what everything says; null where it does not.</summary>
        public string? Wrong()
        {
            if (Differs() is { } wrong) return wrong;

            // Until the moment that was foretold, nothing may change.
            var until = Math.Min(_state.UntilMs, _nowMs + (40 * DayMs));
            if (until <= _nowMs) return $"it foretold {until}, and now is {_nowMs}";
            var (now, later) = (_nowMs, _nowMs + (long)(random.NextDouble() * (until - 1 - _nowMs)));
            _nowMs = later;
            var changed = Differs();
            _nowMs = now;
            return changed is null ? null : "before the foretold moment: " + changed;
        }

        private void Look()
        {
            if (_reading is null && _state.IsBehind(_plan)) _reading = (_plan, _state.Complete, _events.Count, _state.CatchUp(_plan));
            _state.Look(_plan, new TestFacts(_facts), true, _nowMs, _changes);
        }

        private void CatchUp()
        {
            var (plan, complete, events, series) = _reading!.Value;
            foreach (var happened in _events.Take(events)) plan.Fold(series, happened.Event, spec => spec.Born > complete);
            _state.CaughtUp(plan, series);
            _reading = null;
        }

        private string? Differs()
        {
            var naive = new NaiveSegments(_events, _facts, zone, _definitions.ToDictionary(d => d.Id, d => d.Filter));
            foreach (var definition in _definitions)
            {
                // What is not wholly remembered yet says nothing.
                if (_plan.Segments.First(s => s.Id == definition.Id).Born > _state.Complete) continue;
                _compared++;
                var (kept, truth) = (_state.In.Any(m => m.Id == definition.Id), naive.Holds(definition.Filter, _nowMs));
                if (kept == truth) continue;
                var events = string.Join("\n  ", _events.Select(e => $"{At(e.CountsMs)} {e.Name} {e.Properties.ToJsonString()}"));
                return $"{FilterText.Of(definition.Filter)} is {truth}, kept as {kept}, at {At(_nowMs)} in {zone.Id} with {string.Join(", ", _facts.Select(f => $"{f.Key}={f.Value}"))}\n  {events}";
            }

            return null;
        }

        // Whoever names another segment may only name one that stays.
        private string? Define()
        {
            var (before, old) = (_plan, _definitions);
            _definitions = [.. old.Where(d => random.Next(3) > 0 && !old.Any(o => SegmentCompiler.Named(o.Filter).Contains(d.Id)))];
            _definitions.RemoveAll(d => SegmentCompiler.Named(d.Filter).Any(named => _definitions.All(o => o.Id != named)));
            for (var more = random.Next(1, 4); more > 0; more--)
            {
                var filter = SegmentTestFields.Parse(_dice.Definition([.. _definitions.Select(d => d.Id)]), zone);
                _definitions.Add(new LiveDefinition(string.Create(CultureInfo.InvariantCulture, $"sg_{random.Next(1_000_000)}"), 1, filter));
            }

            _plan = SegmentCompiler.Compile(before.Number + 1, _definitions, zone, before.Specs.ToDictionary(s => s.Key, s => s.Born), out var wrong);
            if (wrong.Count > 0) return "wrong: " + string.Join(", ", wrong.Values);

            return null;
        }

        private void Merge()
        {
            var other = new SegmentState();
            other.Begin(_plan);
            for (var count = random.Next(8); count > 0; count--)
            {
                var happened = _dice.Event(_nowMs);
                _events.Add(happened);
                other.Fold(_plan, happened.Event);
            }

            _reading = null;
            _state.Absorb(other, _plan);
        }

        private static string At(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms).ToString("u", CultureInfo.InvariantCulture);
    }
}
