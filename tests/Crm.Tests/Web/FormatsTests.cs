using Crm.Language;
using Crm.Shell;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Crm.Web;

/// <summary>Numbers, money, days and names, as people write them.</summary>
public sealed class FormatsTests
{
    private static readonly DateTimeOffset s_now = new(2026, 5, 20, 22, 30, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("en", "1234567.5", "EUR", "€1,234,567.50")]
    [InlineData("en", "1200", "JPY", "¥1,200")]
    [InlineData("zh-CN", "1200", "JPY", "JP¥1,200")]
    [InlineData("en", "99.9", "CNY", "CN¥99.90")]
    [InlineData("zh-CN", "99.9", "CNY", "¥99.90")]
    [InlineData("en", "-5", "USD", "−$5.00")]
    [InlineData("en", "1.5", "KWD", "KWD 1.500")]
    public void Money_has_its_sign_and_its_digits(string language, string amount, string currency, string written) =>
        Assert.Equal(written, In(language).Money(decimal.Parse(amount, System.Globalization.CultureInfo.InvariantCulture), currency));

    [Theory]
    [InlineData("en", 999, "999")]
    [InlineData("en", 1_260, "1.3k")]
    [InlineData("en", 48_300, "48k")]
    [InlineData("en", 2_000_000, "2M")]
    [InlineData("zh-CN", 9_999, "9,999")]
    [InlineData("zh-CN", 12_000, "1.2万")]
    [InlineData("zh-CN", 340_000_000, "3.4亿")]
    public void Large_numbers_are_short(string language, int number, string written) => Assert.Equal(written, In(language).Short(number));

    [Theory]
    [InlineData("en", "2026-05-01", "May 1")]
    [InlineData("en", "2025-12-31", "Dec 31, 2025")]
    [InlineData("zh-CN", "2026-05-01", "5月1日")]
    [InlineData("zh-CN", "2025-12-31", "2025年12月31日")]
    public void Days_name_the_year_when_it_is_another(string language, string day, string written) =>
        Assert.Equal(written, In(language).Day(DateOnly.Parse(day, System.Globalization.CultureInfo.InvariantCulture)));

    [Theory]
    [InlineData("en", -20, "just now")]
    [InlineData("en", -60, "1 minute ago")]
    [InlineData("en", -7_200, "2 hours ago")]
    [InlineData("en", 172_800, "in 2 days")]
    [InlineData("en", -1_000_000, "May 9")]
    [InlineData("zh-CN", -60, "1 分钟前")]
    public void How_long_ago_is_told_in_its_own_unit(string language, int seconds, string written) => Assert.Equal(written, In(language).Ago(s_now.AddSeconds(seconds)));

    [Fact]
    public void Days_begin_where_whoever_looks_is()
    {
        var there = In("en");
        there.Zone = TimeZoneInfo.FindSystemTimeZoneById("Asia/Shanghai");

        Assert.Equal(new DateOnly(2026, 5, 21), there.Today);
        Assert.Equal("06:30", there.Clock(s_now));
        Assert.Equal(s_now, there.At(new DateTime(2026, 5, 21, 6, 30, 0)));
    }

    [Theory]
    [InlineData("Ada Lovelace", "AL")]
    [InlineData("ada maria king lovelace", "AL")]
    [InlineData("Plato", "P")]
    [InlineData("王小明", "小明")]
    [InlineData("王梅", "王梅")]
    [InlineData("欧阳娜娜", "娜娜")]
    [InlineData("  ", "?")]
    [InlineData(null, "?")]
    [InlineData("👩‍🚀 Rocket", "👩‍🚀R")]
    [InlineData("𠮷野 太郎", "𠮷太")]
    public void Initials_are_whole_signs(string? name, string initials) => Assert.Equal(initials, Names.Initials(name));

    private static Formats In(string language) => new(new Texts { Language = language }, new FakeTimeProvider(s_now));
}
