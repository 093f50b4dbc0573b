using System.Text.Json.Nodes;
using Crm.Records;
using Xunit;

namespace Crm.Orders;

/// <summary>What pages say of an order while it is written is what the order comes to.</summary>
public sealed class OrderLineTests
{
    [Theory]
    [InlineData("3", "9.99", "", "19", "EUR")]
    [InlineData("1", "10.05", "50", "7", "EUR")]
    [InlineData("7", "333", "12.5", "10", "JPY")]
    [InlineData("0.333", "1,234.56", "3", "19", "KWD")]
    [InlineData("2", "-5.555", "0", "20", "USD")]
    public void A_line_comes_to_what_the_order_reckons(string quantity, string price, string discount, string tax, string currency)
    {
        var line = new OrderLine { Name = "Tea", Quantity = quantity, Price = price, Discount = discount, TaxRate = tax };

        var shown = line.Sum(currency);
        var reckoned = OrderLines.Sum(new JsonArray(line.Write(currency)), currency, out var wrong);

        Assert.True(reckoned is not null, wrong);
        Assert.Equal((reckoned.Value.Net, reckoned.Value.Tax), shown);
    }

    [Theory]
    [InlineData("", "1")]
    [InlineData("1", "")]
    [InlineData("x", "1")]
    [InlineData("1", "99999999999999999999999999999999")]
    public void What_cannot_be_reckoned_comes_to_nothing(string quantity, string price) =>
        Assert.Null(new OrderLine { Quantity = quantity, Price = price }.Sum("EUR"));

    [Fact]
    public void A_line_is_read_and_written_again_as_it_was()
    {
        var stored = JsonNode.Parse("""{"product":"pr_1","name":"Tea","quantity":2,"price":{"amount":"4.50","currency":"EUR"},"discountPercent":10,"taxRate":19,"net":"8.10","tax":"1.54"}""")!.AsObject();

        var written = new JsonArray(OrderLine.Of(stored).Write("EUR"));

        Assert.NotNull(OrderLines.Sum(written, "EUR", out _));
        Assert.True(JsonNode.DeepEquals(stored, written[0]), written[0]!.ToJsonString());
    }

    [Fact]
    public void Pages_offer_as_many_files_as_are_taken()
    {
        Assert.Equal(Attachments.MaxBytes, RecordFiles.MaxMegabytes * 1024 * 1024);
        Assert.Equal(Attachments.MaxOfRecord, RecordFiles.MaxFiles);
    }
}
