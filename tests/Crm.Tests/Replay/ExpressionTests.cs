using Crm.CommandLine;
using Xunit;

namespace Crm.Replay;

public sealed class ExpressionTests
{
    private static readonly string[] Columns = ["Quantity", "UnitPrice", "Unit Price", "Id"];
    private static readonly string[] Row = ["3", "2.55", "0.10", " 17850 "];

    [Theory]
    [InlineData("Quantity*UnitPrice", "7.65")]
    [InlineData("quantity * [Unit Price]", "0.30")]
    [InlineData("-(Quantity+1)*2", "-8")]
    [InlineData("Quantity-1-1", "1")]
    [InlineData("8/4/2*Quantity", "3")]
    [InlineData("+Id", "17850")]
    [InlineData("1.5", "1.5")]
    public void Arithmetic_is_exact_and_binds_as_usual(string text, string expected)
    {
        string? problem = null;
        Assert.True(Read(text).TryNumber(Row, out var number, ref problem), problem);
        Assert.Equal(decimal.Parse(expected), number);
    }

    [Theory]
    [InlineData("Quantity/0", "a division by zero")]
    [InlineData("Quantity*'x'", "'x' is not a number")]
    [InlineData("79228162514264337593543950335*Quantity", "a number too large to be exact")]
    public void What_cannot_be_computed_is_said(string text, string expected)
    {
        string? problem = null;
        Assert.False(Read(text).TryNumber(Row, out _, ref problem));
        Assert.Equal(expected, problem);
    }

    [Theory]
    [InlineData("a=")]
    [InlineData("a=Quantity,,b=Id")]
    [InlineData("a=(Quantity")]
    [InlineData("a='open")]
    [InlineData("a=Nothing")]
    [InlineData("a=Id,a=Id")]
    [InlineData("a=1.2.3")]
    [InlineData("a=Quantity UnitPrice")]
    public void What_cannot_be_read_is_refused_in_words(string map) =>
        Assert.Throws<UsageException>(() => ExpressionParser.ParseMap(map, Columns));

    [Fact]
    public void Constants_and_columns_are_texts_too()
    {
        var map = ExpressionParser.ParseMap("currency='GBP', other=\"a,b\", id=Id, sum=Quantity+1", Columns);

        Assert.Equal(["GBP", "a,b", " 17850 ", "4"], map.Values.Select(e => e.Text(Row)));
        Assert.Equal([false, false, false, true], map.Values.Select(e => e.IsArithmetic));
    }

    [Fact]
    public void Deep_nesting_is_refused_before_it_hurts() =>
        Assert.Throws<UsageException>(() => Read(new string('(', 100_000) + "1"));

    private static Expression Read(string text) => ExpressionParser.ParseMap("a=" + text, Columns)["a"];
}
