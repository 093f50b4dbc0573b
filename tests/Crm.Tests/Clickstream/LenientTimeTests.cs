using System.Globalization;
using System.Text;
using Xunit;

namespace Crm.Clickstream;

public sealed class LenientTimeTests
{
    [Theory]
    [InlineData("2026-03-04T05:06:07.089Z", "2026-03-04T05:06:07.089Z")]
    [InlineData("2026-03-04T05:06:07Z", "2026-03-04T05:06:07.000Z")]
    [InlineData("2026-03-04T05:06:07.1Z", "2026-03-04T05:06:07.100Z")]
    [InlineData("2026-03-04T05:06:07.123456789Z", "2026-03-04T05:06:07.123Z")]
    [InlineData("2026-03-04T05:06:07,5Z", "2026-03-04T05:06:07.500Z")]
    [InlineData("2026-03-04T05:06:07.089+02:00", "2026-03-04T03:06:07.089Z")]
    [InlineData("2026-03-04T05:06:07-0530", "2026-03-04T10:36:07.000Z")]
    [InlineData("2026-03-04T05:06:07+02", "2026-03-04T03:06:07.000Z")]
    [InlineData("2026-03-04T05:06:07", "2026-03-04T05:06:07.000Z")]
    [InlineData("2026-03-04 05:06:07", "2026-03-04T05:06:07.000Z")]
    [InlineData("2026-03-04 05:06:07 +0000", "2026-03-04T05:06:07.000Z")]
    [InlineData("2026-3-4T5:6:7Z", "2026-03-04T05:06:07.000Z")]
    [InlineData("2026-03-04t05:06z", "2026-03-04T05:06:00.000Z")]
    [InlineData("2026-03-04", "2026-03-04T00:00:00.000Z")]
    [InlineData("20260304T050607Z", "2026-03-04T05:06:07.000Z")]
    [InlineData("20260304T050607.089Z", "2026-03-04T05:06:07.089Z")]
    [InlineData("2026/03/04 05:06:07", "2026-03-04T05:06:07.000Z")]
    [InlineData("  2026-03-04T05:06:07Z ", "2026-03-04T05:06:07.000Z")]
    [InlineData("2026-03-04T24:00:00Z", "2026-03-05T00:00:00.000Z")]
    [InlineData("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z")]
    [InlineData("2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z")]
    [InlineData("0001-01-01T00:00:00+23:59", "-62135683140000")]
    [InlineData("9999-12-31T23:59:59-23:59", "253402387139000")]
    public void Reads_what_clients_write(string text, string expected)
    {
        Assert.True(LenientTime.TryParse(Encoding.UTF8.GetBytes(text), out var ms));

        var wanted = long.TryParse(expected, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : DateTimeOffset.Parse(expected, CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();
        Assert.Equal(wanted, ms);
    }

    [Theory]
    [InlineData("")]
    [InlineData("yesterday")]
    [InlineData("2026-13-01T00:00:00Z")]
    [InlineData("2026-02-29T00:00:00Z")]
    [InlineData("2026-00-10")]
    [InlineData("2026-01-01T25:00:00Z")]
    [InlineData("2026-01-01T24:00:01Z")]
    [InlineData("2026-01-01T10:61:00Z")]
    [InlineData("2026-01-01T10:00:00+24:00")]
    [InlineData("2026-01-01T10:00:00.Z")]
    [InlineData("2026-01-01T10:00:00Zulu")]
    [InlineData("2026-01-01T")]
    [InlineData("0000-01-01T00:00:00Z")]
    [InlineData("+275760-09-13T00:00:00.000Z")]
    [InlineData("1767225600000")]
    [InlineData("2026-01-01T10:00:00.000000000000000000000000000000000000000000000000Z")]
    [InlineData("٢٠٢٦-01-01T00:00:00Z")]
    public void Tells_what_it_cannot_read(string text) =>
        Assert.False(LenientTime.TryParse(Encoding.UTF8.GetBytes(text), out _));

    [Fact]
    public void Agrees_with_the_framework_on_every_day()
    {
        for (var day = new DateTime(1999, 12, 30, 1, 2, 3, DateTimeKind.Utc); day.Year < 2005; day = day.AddDays(1))
        {
            Assert.True(LenientTime.TryParse(Encoding.UTF8.GetBytes(day.ToString("o", CultureInfo.InvariantCulture)), out var ms));
            Assert.Equal(new DateTimeOffset(day).ToUnixTimeMilliseconds(), ms);
        }
    }
}
