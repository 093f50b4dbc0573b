using System.Runtime.CompilerServices;
using Crm.Company;

namespace Crm.Customers;

/// <summary>The company's calendar and rates, looked up once for each version of its settings.</summary>
internal sealed class CompanyMoney
{
    private static readonly ConditionalWeakTable<CompanySettings, CompanyMoney> Known = [];

    private readonly Dictionary<string, ExchangeRate[]> _rates;
    private readonly TimeZoneInfo _zone;

    private CompanyMoney(CompanySettings settings)
    {
        Base = settings.BaseCurrency;
        _zone = TimeZoneInfo.TryFindSystemTimeZoneById(settings.TimeZone, out var zone) ? zone : TimeZoneInfo.Utc;
        _rates = settings.Rates
            .GroupBy(rate => rate.Currency, StringComparer.OrdinalIgnoreCase)
            .ToDictionary(group => group.Key, group => group.OrderBy(rate => rate.From).ToArray(), StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Code of the base currency.</summary>
    public string Base { get; }

    public static CompanyMoney Of(CompanySettings settings) => Known.GetValue(settings, made => new CompanyMoney(made));

    /// <summary>The company's day at a time.</summary>
    public DateOnly Day(DateTimeOffset at) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(at, _zone).DateTime);

    /// <summary>Converts by the newest rate at or before the day; false without one.</summary>
    public bool TryConvert(decimal amount, string currency, long atMs, out decimal converted)
    {
        converted = amount;
        if (amount == 0 || string.Equals(currency, Base, StringComparison.OrdinalIgnoreCase)) return true;
        if (!_rates.TryGetValue(currency, out var rates)) return false;
        var day = Day(ProfileTime.At(atMs));
        var at = rates.Length - 1;
        while (at >= 0 && rates[at].From > day) at--;
        if (at < 0) return false;
        try
        {
            converted = amount * rates[at].Rate;
            return true;
        }
        catch (OverflowException)
        {
            return false;
        }
    }
}

/// <summary>A sum in the base currency; once a part cannot be converted there is none.</summary>
internal sealed class NetSum(CompanyMoney company)
{
    private ExactSum _sum;
    private bool _isKnown = true;

    public decimal? Value => _isKnown ? _sum.Value : null;

    public void Add(decimal amount, string currency, long atMs)
    {
        if (!_isKnown) return;
        try
        {
            if (company.TryConvert(amount, currency, atMs, out var converted)) _sum.Add(converted);
            else _isKnown = false;
        }
        catch (OverflowException)
        {
            _isKnown = false;
        }
    }
}

/// <summary>Times of events as the profile holds them.</summary>
internal static class ProfileTime
{
    /// <summary>The year 2: two days and more away from where clock arithmetic ends.</summary>
    public const long MinMs = -62_103_715_200_000;

    /// <summary>The year 9998.</summary>
    public const long MaxMs = 253_338_969_600_000;

    public static long Clamp(long atMs) => Math.Clamp(atMs, MinMs, MaxMs);

    public static DateTimeOffset At(long atMs) => DateTimeOffset.FromUnixTimeMilliseconds(Clamp(atMs));
}
