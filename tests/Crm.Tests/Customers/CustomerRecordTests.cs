using Crm.Clickstream;
using Xunit;

namespace Crm.Customers;

/// <summary>The stored form of a customer, and how it is taken apart.</summary>
public sealed class CustomerRecordTests
{
    [Fact]
    public void Version_1_is_read_and_written_where_it_says_all()
    {
        var record = CustomerRecord.Fresh("u:ann");
        record.Fold(Given.Page(1), 1);
        Assert.Equal(1, record.Encode()[0]);

        var old = new PackWriter();
        old.Byte(1);
        record.Lanes.Write(old);
        old.Count(1);
        old.Text("a:v");
        old.Text("identify");
        old.Count(0);
        old.Count(1);
        old.Text("a:w");
        record.Ring.Write(old);
        record.Profile.Write(new ProfileWriter(old));
        var read = CustomerRecord.Decode("u:ann", old.ToArray());

        Assert.Equal([new PendingMerge("a:v", "identify", "u:ann", 0)], read.Pending);
        Assert.Equal([new RefusedMerge("a:w", 0)], read.Refused);
        Assert.Equal(1, read.Profile.Events);
    }

    [Fact]
    public void What_waits_is_stored_with_who_asked()
    {
        var record = CustomerRecord.Fresh("u:ann");
        record.Fold(Given.Page(1) with { Lane = "u:old", AnonymousId = "v" }, 1);
        record.Fold(Given.Page(1) with { AnonymousId = "w" }, 2);
        record.Settle("a:w", refused: true);
        record.Release([new RowVersion("a:x", 7)]);

        var read = CustomerRecord.Decode("u:ann", record.Encode());

        Assert.Equal([new PendingMerge("a:v", "identify", "u:old", Given.Minute(1))], read.Pending);
        Assert.Equal([new RefusedMerge("a:w", Given.Minute(1))], read.Refused);
        Assert.Equal([new RowVersion("a:x", 7)], read.Released);
        Assert.True(read.HasWork);
    }

    [Fact]
    public void That_it_may_be_taken_apart_is_stored_and_nothing_of_it_when_not()
    {
        var record = CustomerRecord.Fresh("u:ann");
        record.Fold(Given.Page(1), 1);
        var before = record.Encode();

        record.MaySplit = true;

        Assert.True(CustomerRecord.Decode("u:ann", record.Encode()).MaySplit);
        Assert.False(CustomerRecord.Decode("u:ann", before).MaySplit);
        record.MaySplit = false;
        Assert.Equal(before, record.Encode());
    }

    [Fact]
    public void A_refusal_is_believed_for_some_minutes_of_events()
    {
        var record = CustomerRecord.Fresh("u:ann");
        record.Fold(Given.Page(1) with { AnonymousId = "v" }, 1);
        record.Settle("a:v", refused: true);

        record.Fold(Given.Page(10) with { AnonymousId = "v" }, 2);
        Assert.Empty(record.Pending);
        record.Fold(Given.Page(12) with { AnonymousId = "v" }, 3);
        Assert.Single(record.Pending);
    }

    [Fact]
    public void Nothing_is_taken_apart_that_the_ledger_and_the_row_tell_differently()
    {
        var record = CustomerRecord.Fresh("u:ann");
        record.Lanes.Advance("a:v", 1);
        var entry = new MergeEntry("a:v", "u:ann", "identify", DateTimeOffset.UnixEpoch);

        Assert.NotNull(RecordSplit.Of(record, "a:v", [entry]));
        Assert.Null(RecordSplit.Of(record, "a:v", []));
        Assert.Null(RecordSplit.Of(record, "a:v", [entry, entry with { Source = "a:w" }]));
        Assert.Null(RecordSplit.Of(record, "a:w", [entry]));
    }
}
