using System.Globalization;
using System.Numerics;
using System.Text;
using Crm.Company;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Crm.Customers;

public sealed class MoneyTextTests
{
    [Theory]
    [InlineData("0", "0")]
    [InlineData("-0", "0")]
    [InlineData("12.30", "12.3")]
    [InlineData(" 12.30 ", "12.3")]
    [InlineData("-12.3", "-12.3")]
    [InlineData("+5", "5")]
    [InlineData(".5", "0.5")]
    [InlineData("5.", "5")]
    [InlineData("1.5e3", "1500")]
    [InlineData("1.5E-3", "0.0015")]
    [InlineData("1e15", "1000000000000000")]
    [InlineData("-1e15", "-1000000000000000")]
    [InlineData("0e999999999999", "0")]
    [InlineData("100000000000000000000e-18", "100")]
    [InlineData("0.0000000000000000000000000001", "0.0000000000000000000000000001")]
    [InlineData("123456789012345.6789012345678", "123456789012345.6789012345678")]
    [InlineData("1.0000000000000000000000000000000000000000", "1")]
    public void Numbers_are_read_exactly(string text, string expected)
    {
        Assert.True(MoneyText.TryParse(Encoding.UTF8.GetBytes(text), out var amount));
        Assert.Equal(expected, amount.ToString(CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("-")]
    [InlineData(".")]
    [InlineData("e5")]
    [InlineData("1e")]
    [InlineData("1e+")]
    [InlineData("1.2.3")]
    [InlineData("1,234.50")]
    [InlineData("$12")]
    [InlineData("12 USD")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("0x10")]
    [InlineData("1e400")]
    [InlineData("1e99999999999999999999")]
    [InlineData("1e-99999999999999999999")]
    [InlineData("1000000000000000.01")]
    [InlineData("1000000000000001")]
    [InlineData("1.00000000000000000000000000001")]
    [InlineData("123456789012345678901234567890")]
    [InlineData("1e-29")]
    [InlineData("１２")]
    public void What_is_no_exact_amount_is_refused(string text) =>
        Assert.False(MoneyText.TryParse(Encoding.UTF8.GetBytes(text), out _));

    [Property]
    public bool Every_amount_is_read_as_it_was_written(long units, byte scale)
    {
        var exact = (decimal)Math.Abs(units % 1_000_000_000_000_000) / Power(scale % 12);
        var text = exact.ToString(CultureInfo.InvariantCulture);
        return MoneyText.TryParse(Encoding.UTF8.GetBytes(text), out var amount) && amount == exact;

        static decimal Power(int exponent) => Enumerable.Repeat(10m, exponent).Aggregate(1m, (left, right) => left * right);
    }

    [Property]
    public bool A_sum_is_exact_in_any_order((long Whole, ulong Part)[] parts, int seed)
    {
        var amounts = parts.Select(part =>
            (part.Whole % 1_000_000_000_000_000) * 1m + Math.Sign(part.Whole) * new decimal((int)part.Part, (int)(part.Part >> 32), 0, false, 28))
            .Where(amount => MoneyText.TryParse(Encoding.UTF8.GetBytes(amount.ToString(CultureInfo.InvariantCulture)), out _))
            .ToArray();
        var forth = Sum(amounts);
        new Random(seed).Shuffle(amounts);
        var back = Sum(amounts);
        var exact = amounts.Aggregate(BigInteger.Zero, (sum, amount) => sum + Scaled(amount));
        return forth.Value == back.Value && Scaled(forth.Whole) + Scaled(forth.Part) == exact;
    }

    [Theory]
    [InlineData("12.3", "USD", "12.30")]
    [InlineData("0.005", "USD", "0.01")]
    [InlineData("-0.005", "USD", "-0.01")]
    [InlineData("-0.004", "USD", "0.00")]
    [InlineData("12.5", "JPY", "13")]
    [InlineData("-0.4", "JPY", "0")]
    [InlineData("1.0005", "BHD", "1.001")]
    [InlineData("1e24", "EUR", "1000000000000000000000000.00")]
    public void Amounts_are_written_with_the_currencys_digits(string amount, string currency, string expected) =>
        Assert.Equal(expected, Currencies.Format(decimal.Parse(amount, NumberStyles.Float, CultureInfo.InvariantCulture), currency));

    private static ExactSum Sum(decimal[] amounts)
    {
        var sum = default(ExactSum);
        foreach (var amount in amounts) sum.Add(amount);
        return sum;
    }

    private static BigInteger Scaled(decimal amount)
    {
        var bits = decimal.GetBits(amount);
        var digits = new BigInteger((uint)bits[0]) + (new BigInteger((uint)bits[1]) << 32) + (new BigInteger((uint)bits[2]) << 64);
        return (bits[3] < 0 ? -digits : digits) * BigInteger.Pow(10, 28 - amount.Scale);
    }
}
