using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Replay;

public sealed class ReplayEventsTests : IDisposable
{
    private const string Map = "customer=who,date=at,order=no,amount=qty*price,product=sku,price=price,quantity=qty,currency='GBP'";

    private readonly TempFolder _folder = new();
    private readonly ReplayProblems _problems = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Lines_of_an_order_become_one_event_wherever_they_stand()
    {
        var events = Transactions("""
            no,sku,qty,at,price,who
            2,A,1,2011-01-02 10:00:00,5,u2
            1,A,2,2011-01-01 10:01:00,0.10,u1
            2,B,1,2011-01-02 09:59:00,1.005,u2
            1,A,2,2011-01-01 10:00:00,0.10,u1
            """);

        Assert.Equal(2, events.Count);
        Assert.Equal("u1", events[0].GetProperty("userId").GetString());
        Assert.Equal("Order Completed", events[0].GetProperty("event").GetString());
        Assert.Equal("2011-01-01T10:00:00.000Z", events[0].GetProperty("timestamp").GetString());
        var properties = events[0].GetProperty("properties");
        Assert.Equal("1", properties.GetProperty("order_id").GetString());
        Assert.Equal(0.40m, properties.GetProperty("revenue").GetDecimal());
        Assert.Equal(0.40m, properties.GetProperty("total").GetDecimal());
        Assert.Equal("GBP", properties.GetProperty("currency").GetString());
        Assert.Equal(2, properties.GetProperty("products").GetArrayLength());
        Assert.Equal("""{"product_id":"A","price":0.10,"quantity":2}""", properties.GetProperty("products")[0].GetRawText());
        Assert.Equal("2011-01-02T09:59:00.000Z", events[1].GetProperty("timestamp").GetString());
        Assert.Equal(6.005m, events[1].GetProperty("properties").GetProperty("revenue").GetDecimal());
    }

    [Fact]
    public void A_credit_note_becomes_a_refund_with_positive_amounts()
    {
        var refund = Assert.Single(Transactions("""
            no,sku,qty,at,price,who
            C9,A,-2,2011-01-02 10:00:00,5,u2
            """));

        Assert.Equal("Order Refunded", refund.GetProperty("event").GetString());
        Assert.Equal(
            """{"order_id":"C9","total":10,"currency":"GBP","products":[{"product_id":"A","price":5,"quantity":2}]}""",
            refund.GetProperty("properties").GetRawText());
    }

    [Fact]
    public void The_same_rows_make_the_same_messages_and_other_rows_other_ones()
    {
        const string file = "no,sku,qty,at,price,who\n1,A,2,2011-01-01 10:00:00,0.10,u1\n";

        var first = Assert.Single(Transactions(file)).GetProperty("messageId").GetString();
        var again = Assert.Single(Transactions(file)).GetProperty("messageId").GetString();
        var other = Assert.Single(Transactions(file.Replace("0.10", "0.11", StringComparison.Ordinal))).GetProperty("messageId").GetString();

        Assert.Equal(first, again);
        Assert.NotEqual(first, other);
        Assert.InRange(first!.Length, 10, 100);
    }

    [Fact]
    public void An_order_with_an_unreadable_line_is_refused_whole_and_said()
    {
        var events = Transactions("""
            no,sku,qty,at,price,who
            1,A,2,2011-01-01 10:00:00,0.10,u1
            1,B,two,2011-01-01 10:00:00,0.10,u1
            2,B,1,yesterday,0.10,u1
            3,B,1,2011-01-01 10:00:00,0.10,
            4,B,1
            5,B,1,2011-01-01 10:00:00,0.10,u1
            """);

        Assert.Equal("5", Assert.Single(events).GetProperty("properties").GetProperty("order_id").GetString());
        Assert.Equal(4, _problems.Count);
        Assert.Contains(_problems.Shown, p => p.Contains("qty is not a number (row 2)", StringComparison.Ordinal));
    }

    [Fact]
    public void An_order_above_the_protocols_limit_is_refused_in_words()
    {
        var file = new StringBuilder("no,sku,qty,at,price,who\n");
        for (var i = 0; i < 900; i++) file.Append("1,PRODUCT,1,2011-01-01 10:00:00,0.10,u1\n");

        Assert.Empty(Transactions(file.ToString()));
        Assert.Contains("900 lines", Assert.Single(_problems.Shown), StringComparison.Ordinal);
    }

    [Fact]
    public void Clicks_become_one_event_a_row_and_equal_rows_stay_two()
    {
        using var rows = Open("session;time;item;page\n7;1301600000;x;2\n7;1301600000;x;2\n8;1301600001;;3\n", zipped: true);
        var fields = ReplayFields.Create("visitor=session,date=time,event='Product Viewed',product=item,page=+page", rows.Columns, ReplayKind.Clicks);

        var events = new ClickEvents(fields, DateReader.Create(null, "unix"), _problems).Events(rows, 0).ToList();

        Assert.Equal([0, 1, 2], events.Select(e => e.Index));
        var first = Parse(events[0]);
        Assert.Equal("7", first.GetProperty("anonymousId").GetString());
        Assert.Equal("""{"product_id":"x","page":2}""", first.GetProperty("properties").GetRawText());
        Assert.Equal("2011-03-31T19:33:20.000Z", first.GetProperty("timestamp").GetString());
        Assert.NotEqual(first.GetProperty("messageId").GetString(), Parse(events[1]).GetProperty("messageId").GetString());
        Assert.Equal("""{"page":3}""", Parse(events[2]).GetProperty("properties").GetRawText());
    }

    [Theory]
    [InlineData("2011-07-01 12:00:00", "Europe/London", null, "2011-07-01T11:00:00Z")]
    [InlineData("2011-07-01T12:00:00+02:00", "Europe/London", null, "2011-07-01T10:00:00Z")]
    [InlineData("19970104", null, null, "1997-01-04T00:00:00Z")]
    [InlineData("31/12/2011 8:05", null, "d/M/yyyy H:mm", "2011-12-31T08:05:00Z")]
    public void Dates_without_offset_are_in_the_zone(string cell, string? zone, string? form, string expected)
    {
        Assert.True(DateReader.Create(zone, form).TryRead(cell, out var ms));
        Assert.Equal(DateTimeOffset.Parse(expected).ToUnixTimeMilliseconds(), ms);
    }

    private List<JsonElement> Transactions(string csv)
    {
        using var rows = Open(csv, zipped: false);
        var fields = ReplayFields.Create(Map, rows.Columns, ReplayKind.Transactions);
        var source = new TransactionEvents(fields, DateReader.Create(null, null), "C", _problems);
        return [.. source.Events(source.Group(rows, CancellationToken.None), 0).Select(Parse)];
    }

    private CsvRows Open(string csv, bool zipped)
    {
        var path = Path.Combine(_folder.Path, Guid.NewGuid().ToString("N"));
        using (var file = File.Create(path))
        using (Stream to = zipped ? new GZipStream(file, CompressionLevel.Fastest) : file)
            to.Write(Encoding.UTF8.GetBytes(csv));
        return CsvRows.Open(path, null);
    }

    private static JsonElement Parse(ReplayEvent one) => JsonDocument.Parse(one.Json).RootElement;
}
