using Crm.Deals;

namespace Crm.Customers;

/// <summary>
/// What a customer's events weigh, by day: whole numbers of the newest <see cref="Heat.Days"/> days up to the newest event. A day that is
/// kept at the end was kept at every time before, so any order of events, and of merges, gives the same.
/// </summary>
internal sealed class Interest
{
    private const long DayMs = 86_400_000;
    private const long MinuteMs = 60_000;
    private const int NoonMinute = 720;

    // Nearly all customers come on few days.
    private InterestDay[] _days = new InterestDay[1];
    private int _count;

    /// <summary>Adds an event.</summary>
    public void Add(long atMs, int weight)
    {
        var day = Math.DivRem(atMs, DayMs, out var within);
        if (within < 0) (day, within) = (day - 1, within + DayMs);
        Add(new InterestDay((int)day, weight, weight * (within / MinuteMs - NoonMinute)));
    }

    /// <summary>Adds another customer's.</summary>
    public void Absorb(Interest other)
    {
        for (var at = 0; at < other._count; at++) Add(other._days[at]);
    }

    /// <summary>The days, oldest first.</summary>
    public InterestDay[] View() => _days[.._count];

    public void Write(ProfileWriter output)
    {
        output.Count(_count);
        var later = 0;
        for (var at = _count - 1; at >= 0; at--)
        {
            ref readonly var day = ref _days[at];
            output.Number(at == _count - 1 ? day.Day : later - day.Day);
            output.Number(day.Weight);
            output.Number(day.Moment);
            later = day.Day;
        }
    }

    public static Interest Read(ref PackReader input)
    {
        var count = input.Count();
        var interest = new Interest { _days = new InterestDay[Math.Max(1, count)], _count = count };
        var later = 0;
        for (var at = count - 1; at >= 0; at--)
        {
            later = at == count - 1 ? (int)input.Number() : later - (int)input.Number();
            interest._days[at] = new InterestDay(later, input.Number(), input.Number());
        }

        return interest;
    }

    private void Add(in InterestDay day)
    {
        var at = _count;
        while (at > 0 && _days[at - 1].Day > day.Day) at--;
        if (at > 0 && _days[at - 1].Day == day.Day)
        {
            ref var there = ref _days[at - 1];
            there = there with { Weight = there.Weight + day.Weight, Moment = there.Moment + day.Moment };
            return;
        }

        if (_count > 0 && day.Day <= _days[_count - 1].Day - Heat.Days) return;
        if (_count == _days.Length) Array.Resize(ref _days, Math.Min(Heat.Days + 1, _count * 2));
        Array.Copy(_days, at, _days, at + 1, _count - at);
        _days[at] = day;
        _count++;
        var gone = 0;
        while (_days[gone].Day <= _days[_count - 1].Day - Heat.Days) gone++;
        if (gone == 0) return;
        _count -= gone;
        Array.Copy(_days, gone, _days, 0, _count);
    }
}
