namespace Crm.Demo;

/// <summary>A country the demo shop sells to.</summary>
/// <param name="Rate">Units of the currency that it asks for a dollar.</param>
/// <param name="Digits">Digits of its prices.</param>
/// <param name="Tax">Tax on top of the price; 0 where prices hold it.</param>
/// <param name="UtcOffsetHours">Its clock, for the daily rhythm.</param>
/// <param name="Share">How many of the visitors come from it.</param>
internal sealed record Market(
    string Country, string Locale, string TimeZone, string Currency, decimal Rate, int Digits, decimal Tax, double UtcOffsetHours, double Share, string[] Cities)
{
    public static IReadOnlyList<Market> All { get; } =
    [
        new("US", "en-US", "America/New_York", "USD", 1m, 2, 0.08m, -5, 0.30, ["New York", "Austin", "Portland", "Chicago"]),
        new("GB", "en-GB", "Europe/London", "GBP", 0.82m, 2, 0m, 0, 0.20, ["London", "Leeds", "Bristol", "Glasgow"]),
        new("DE", "en-DE", "Europe/Berlin", "EUR", 0.95m, 2, 0m, 1, 0.18, ["Berlin", "Hamburg", "Leipzig", "Köln"]),
        new("CN", "zh-CN", "Asia/Shanghai", "CNY", 7.2m, 2, 0m, 8, 0.24, ["上海", "北京", "杭州", "成都"]),
        new("JP", "en-JP", "Asia/Tokyo", "JPY", 150m, 0, 0m, 9, 0.08, ["Tokyo", "Osaka", "Kyoto"]),
    ];

    public bool IsChinese => Currency == "CNY";

    /// <summary>A dollar price as this market asks it.</summary>
    public decimal PriceOf(Product product) => Round(product.Price * Rate);

    public decimal Round(decimal amount) => Math.Round(amount, Digits, MidpointRounding.AwayFromZero);

    /// <summary>How busy an hour is there, 1 on average: quiet nights, busy evenings.</summary>
    public double Rhythm(DateTimeOffset now)
    {
        var hour = now.ToOffset(TimeSpan.FromHours(UtcOffsetHours)).TimeOfDay.TotalHours;
        return 1 + 0.65 * Math.Cos((hour - 19.5) / 24 * 2 * Math.PI);
    }
}
