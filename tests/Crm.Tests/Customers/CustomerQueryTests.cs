using Crm.Clickstream;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Crm.Customers;

/// <summary>What is read from an address before anyone is asked.</summary>
public sealed class CustomerQueryTests
{
    [Theory]
    [InlineData("u:1", "u:1")]
    [InlineData("a:x:y", "a:x:y")]
    [InlineData("c:abc", "c:abc")]
    [InlineData("user_id:7", "u:7")]
    [InlineData("anonymous_id:v", "a:v")]
    [InlineData("email:a@b.c", null)]
    [InlineData("u:", null)]
    [InlineData("x:1", null)]
    [InlineData("plain", null)]
    public void Knows_a_customers_own_id(string text, string? id) => Assert.Equal(id, CustomerReads.Direct(text));

    [Theory]
    [InlineData("email:Ada@Example.com", "email", "ada@example.com")]
    [InlineData("phone:+49 30 1", "phone", "+49301")]
    [InlineData("loyalty_card2:x:y", "loyalty_card2", "x:y")]
    public void Knows_another_id_by_its_kind(string text, string kind, string value) =>
        Assert.Equal((kind, value), CustomerReads.ExternalId(text));

    [Theory]
    [InlineData("plain")]
    [InlineData("email:")]
    [InlineData(":x")]
    [InlineData("E mail:x")]
    [InlineData("u:")]
    public void Refuses_what_is_no_id(string text) => Assert.Null(CustomerReads.ExternalId(text));

    [Theory]
    [InlineData(0L, 0, 1L)]
    [InlineData(1_767_225_600_123L, 31, 9_223_372_036_854_775_807L)]
    public void A_cursor_comes_back_as_it_went(long ms, int partition, long seq)
    {
        Assert.True(HistoryQuery.TryCursor(HistoryQuery.CursorText(new HistoryCursor(ms, partition, seq)), out var cursor));
        Assert.Equal(new HistoryCursor(ms, partition, seq), cursor);
    }

    [Theory]
    [InlineData("?limit=0", false)]
    [InlineData("?limit=501", false)]
    [InlineData("?limit=x", false)]
    [InlineData("?limit=-1", false)]
    [InlineData("?cursor=%00", false)]
    [InlineData("?cursor=AAAA", false)]
    [InlineData("?cursor=MS4xLjEuOTk5OTk5OTk5OTk5OTk5OTk5OTk5", false)]
    [InlineData("?type=click", false)]
    [InlineData("", true)]
    [InlineData("?limit=500&type=track&name=Order%20Completed", true)]
    public void Says_which_part_of_a_query_is_wrong(string query, bool right)
    {
        var context = new DefaultHttpContext();
        context.Request.QueryString = new QueryString(query);

        Assert.Equal(right, HistoryQuery.From(context.Request.Query, out var problem) is not null);
        Assert.Equal(right ? null : 400, problem?.Status);
    }
}
