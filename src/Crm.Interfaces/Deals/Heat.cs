using Crm.Customers;

namespace Crm.Deals;

/// <summary>
/// Heat: what events weigh, halved with each half-life that passed since. A deal's heat is that of its customers' events since the
/// day on which each was named in the deal. It is a function of the events, the days and the moment alone: whoever computes it, after
/// whatever crash, gets the same.
/// </summary>
public static class Heat
{
    /// <summary>The half-life in days where the company does not say.</summary>
    public const double DefaultHalfLifeDays = 7;

    /// <summary>Days whose events count; what is older weighs nothing.</summary>
    public const int Days = 90;

    private const double MinutesOfDay = 24 * 60;
    private const double HoursToNoon = 12;

    /// <summary>The day of a moment, in days since 1970-01-01, UTC.</summary>
    public static int Day(DateTimeOffset at) => (int)Math.Floor(at.ToUnixTimeMilliseconds() / 86_400_000.0);

    /// <summary>
    /// The heat at a moment of the days from <paramref name="since"/> on. The events of a day are taken at their place within it to
    /// the first order: the error is below 0.13 % at a half-life of seven days.
    /// </summary>
    public static double Of(IReadOnlyList<InterestDay> days, int since, DateTimeOffset now, double halfLifeDays)
    {
        ArgumentNullException.ThrowIfNull(days);
        var heat = 0.0;
        foreach (var day in days)
            if (day.Day >= since) heat += Part(day, now, halfLifeDays);
        return heat;
    }

    /// <summary>What is left of a weight.</summary>
    public static double Left(long weight, DateTimeOffset at, DateTimeOffset now, double halfLifeDays) =>
        weight * double.Exp2(-Math.Max(0, (now - at).TotalDays) / halfLifeDays);

    /// <summary>
    /// A heat as a power of two at 1970: two heats stand to each other for ever as these do, so that a list can be sorted by what was
    /// stored whenever. Null for one that is none.
    /// </summary>
    public static double? Base(double heat, DateTimeOffset now, double halfLifeDays) =>
        heat > 0 ? Math.Log2(heat) + (now - DateTimeOffset.UnixEpoch).TotalDays / halfLifeDays : null;

    /// <summary>The heat at a moment of what <see cref="Base"/> answered.</summary>
    public static double Of(double heatBase, DateTimeOffset now, double halfLifeDays) =>
        double.Exp2(heatBase - (now - DateTimeOffset.UnixEpoch).TotalDays / halfLifeDays);

    private static double Part(InterestDay day, DateTimeOffset now, double halfLifeDays)
    {
        var age = (now - DateTimeOffset.UnixEpoch.AddDays(day.Day).AddHours(HoursToNoon)).TotalDays;
        if (age > Days) return 0;
        return double.Exp2(-age / halfLifeDays) * (day.Weight + Math.Log(2) / halfLifeDays * (day.Moment / MinutesOfDay));
    }
}
