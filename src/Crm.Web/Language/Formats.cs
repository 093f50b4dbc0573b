using System.Globalization;
using Crm.Company;

namespace Crm.Language;

/// <summary>Numbers, money, days and times as whoever looks writes them.</summary>
public sealed class Formats(Texts texts, TimeProvider clock)
{
    private static readonly Dictionary<string, string> s_signs = new()
    {
        ["USD"] = "$", ["EUR"] = "€", ["GBP"] = "£", ["JPY"] = "¥", ["CNY"] = "¥", ["KRW"] = "₩", ["INR"] = "₹",
    };

    /// <summary>Where whoever looks is; the browser says it.</summary>
    public TimeZoneInfo Zone { get; set; } = TimeZoneInfo.Utc;

    public DateTimeOffset Now => clock.GetUtcNow();

    /// <summary>The day that it is there.</summary>
    public DateOnly Today => DateOnly.FromDateTime(Local(Now).DateTime);

    /// <summary>A number with at most so many digits behind the point.</summary>
    public static string Number(decimal number, int digits = 2) =>
        number.ToString(digits == 0 ? "#,##0" : "#,##0." + new string('#', digits), CultureInfo.InvariantCulture);

    /// <summary>A large number in few characters: 12.3k, 1.2万.</summary>
    public string Short(decimal number)
    {
        var (size, units) = texts.IsChinese ? (10_000m, (string[])["", "万", "亿"]) : (1_000m, ["", "k", "M", "B"]);
        var unit = 0;
        while (Math.Abs(number) >= size && unit < units.Length - 1)
        {
            number /= size;
            unit++;
        }

        return Number(Math.Round(number, Math.Abs(number) < 10 && unit > 0 ? 1 : 0), 1) + units[unit];
    }

    /// <summary>Money with the currency's digits.</summary>
    public string Money(decimal amount, string currency)
    {
        var text = Currencies.Format(Math.Abs(amount), currency);
        var point = text.IndexOf('.', StringComparison.Ordinal);
        var whole = decimal.Parse(point < 0 ? text : text[..point], CultureInfo.InvariantCulture).ToString("#,##0", CultureInfo.InvariantCulture) + (point < 0 ? "" : text[point..]);
        var sign = currency == "CNY" && !texts.IsChinese ? "CN¥" : currency == "JPY" && texts.IsChinese ? "JP¥" : s_signs.GetValueOrDefault(currency, currency + " ");
        return (amount < 0 ? "−" : "") + sign + whole;
    }

    /// <summary>Money without what is behind the point, for sums.</summary>
    public string MoneyShort(decimal amount, string currency)
    {
        var sign = currency == "CNY" && !texts.IsChinese ? "CN¥" : s_signs.GetValueOrDefault(currency, currency + " ");
        return (amount < 0 ? "−" : "") + sign + Short(Math.Abs(amount));
    }

    /// <summary>A day.</summary>
    public string Day(DateOnly day)
    {
        var sameYear = day.Year == Today.Year;
        return texts.IsChinese
            ? day.ToString(sameYear ? "M月d日" : "yyyy年M月d日", CultureInfo.InvariantCulture)
            : day.ToString(sameYear ? "MMM d" : "MMM d, yyyy", CultureInfo.InvariantCulture);
    }

    /// <summary>A month of a year.</summary>
    public string Month(DateOnly month) => month.ToString(texts.IsChinese ? "yyyy年M月" : "MMMM yyyy", CultureInfo.InvariantCulture);

    /// <summary>A moment: its day and time.</summary>
    public string Time(DateTimeOffset at)
    {
        var local = Local(at);
        return $"{Day(DateOnly.FromDateTime(local.DateTime))} {local.ToString("HH:mm", CultureInfo.InvariantCulture)}";
    }

    /// <summary>Time of day.</summary>
    public string Clock(DateTimeOffset at) => Local(at).ToString("HH:mm", CultureInfo.InvariantCulture);

    /// <summary>How long ago, or in how long; what is farther than a week as a day.</summary>
    public string Ago(DateTimeOffset at)
    {
        var gone = Now - at;
        var size = gone.Duration();
        if (size.TotalDays >= 7) return Day(DateOnly.FromDateTime(Local(at).DateTime));
        if (size.TotalSeconds < 45) return texts["time.now"];
        var (unit, number) = size.TotalMinutes < 60 ? ("minute", (long)Math.Max(1, Math.Round(size.TotalMinutes)))
            : size.TotalHours < 24 ? ("hour", (long)Math.Round(size.TotalHours))
            : ("day", (long)Math.Round(size.TotalDays));
        return texts.Count($"time.{unit}.{(gone >= TimeSpan.Zero ? "ago" : "in")}", number);
    }

    /// <summary>The moment where whoever looks is.</summary>
    public DateTimeOffset Local(DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, Zone);

    /// <summary>A moment of a day and time there.</summary>
    public DateTimeOffset At(DateTime local) => new(local, Zone.GetUtcOffset(local));
}
