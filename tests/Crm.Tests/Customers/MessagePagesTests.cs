using Crm.Clickstream;
using Xunit;

namespace Crm.Customers;

/// <summary>How long a customer knows its messages, and what its row and memory hold of them. Pages are stored in a dictionary here.</summary>
public sealed class MessagePagesTests
{
    private const long Hour = 3_600_000;
    private static readonly long s_start = Given.Start.ToUnixTimeMilliseconds();

    private readonly MessageBounds _bounds = new();
    private readonly Dictionary<(string Owner, int Number), MessagePage> _stored = [];
    private int _reads;

    [Fact]
    public void A_customer_with_few_messages_has_no_pages_and_is_stored_as_ever()
    {
        var record = CustomerRecord.Fresh("u:few");
        for (var i = 0; i < 191; i++) Count(record, i, s_start + (i * 1_000));

        Assert.Null(record.Pages);
        var expected = new PackWriter();
        expected.Byte(1);
        record.Lanes.Write(expected);
        for (var empty = 0; empty < 3; empty++) expected.Count(0);
        record.Ring.Write(expected);
        record.Profile.Write(new ProfileWriter(expected));
        Assert.Equal(expected.ToArray(), record.Encode());
    }

    [Theory]
    [InlineData(5_000, 60)]
    [InlineData(5_000, 16_500)]
    [InlineData(20_000, 4_000)]
    public void Each_message_of_the_last_day_is_known_also_after_restarts_and_no_row_is_large(int messages, int stepMs)
    {
        var record = CustomerRecord.Fresh("u:busy");
        var largest = 0;
        for (var i = 0; i < messages; i++)
        {
            Count(record, i, s_start + ((long)i * stepMs));
            if (i % 777 == 0) record = Restarted(record);
            largest = Math.Max(largest, record.Encode().Length);
        }

        record = Restarted(record);
        var now = s_start + ((messages - 1L) * stepMs);
        for (var i = 0; i < messages; i++)
            if (now - (s_start + ((long)i * stepMs)) <= 24 * Hour) Assert.True(record.Knows(Hash(i)), $"message {i} is forgotten");
        Assert.DoesNotContain(Enumerable.Range(messages, 1_000), i => record.Knows(Hash(i)));
        Assert.InRange(largest, 0, 2_600);
    }

    [Fact]
    public void What_is_older_than_a_day_is_forgotten_and_the_newest_64_are_not()
    {
        var record = CustomerRecord.Fresh("u:aged");
        for (var i = 0; i < 1_000; i++) Count(record, i, s_start + i);
        record = Restarted(record);
        for (var i = 1_000; i < 1_200; i++) Count(record, i, s_start + (30 * Hour) + i);

        Assert.False(record.Knows(Hash(0)));
        Assert.Single(record.Pages!.Named);
        Assert.InRange(record.Pages.Hashes, 1, 200);

        var idle = CustomerRecord.Fresh("u:idle");
        for (var i = 0; i < 64; i++) Count(idle, i, s_start + (i * 100 * Hour));
        Assert.All(Enumerable.Range(0, 64), i => Assert.True(idle.Knows(Hash(i))));
    }

    [Fact]
    public void Pages_that_were_dropped_for_their_age_leave_the_row()
    {
        var record = CustomerRecord.Fresh("u:gone");
        for (var i = 0; i < 1_000; i++) Count(record, i, s_start + i);
        record = Restarted(record);
        _stored.Clear();

        record = Restarted(record);

        Assert.Null(record.Pages);
        Assert.True(record.Knows(Hash(999)));
        for (var i = 1_000; i < 1_300; i++) Count(record, i, s_start + i);
        record = Restarted(record);
        Assert.All(Enumerable.Range(1_000, 300), i => Assert.True(record.Knows(Hash(i))));
    }

    [Fact]
    public void Who_absorbs_a_customer_knows_its_messages_and_those_that_it_absorbed_before()
    {
        var (first, second, user) = (CustomerRecord.Fresh("a:1"), CustomerRecord.Fresh("a:2"), CustomerRecord.Fresh("u:1"));
        for (var i = 0; i < 900; i++) Count(new[] { first, second, user }[i % 3], i, s_start + i);
        (first, second, user) = (Restarted(first), Restarted(second), Restarted(user));

        second.Absorb(first, new MergeView("a:1", "a:2", "alias", 0));
        second = Restarted(second);
        user.Absorb(second, new MergeView("a:2", "u:1", "alias", 0));
        user = Restarted(user);

        Assert.All(Enumerable.Range(0, 900), i => Assert.True(user.Knows(Hash(i))));
        Assert.Equal(["a:1", "a:2", "u:1"], user.Pages!.Named.Select(p => p.Owner).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_row_of_before_with_a_ring_of_4096_is_read_and_becomes_small()
    {
        var old = CustomerRecord.Fresh("u:old");
        for (var i = 0; i < 4_096; i++) old.Ring.Add(Hash(i), s_start + i);
        var record = CustomerRecord.Decode("u:old", old.Encode());
        Assert.Equal(4_096, record.Ring.Count);

        record = Restarted(record);

        Assert.InRange(record.Encode().Length, 64 * 8, 2_600);
        Assert.All(Enumerable.Range(0, 4_096), i => Assert.True(record.Knows(Hash(i))));
    }

    [Fact]
    public void A_page_counts_as_stored_only_when_its_write_is()
    {
        var record = CustomerRecord.Fresh("u:unstored");
        for (var i = 0; i < 400; i++) Count(record, i, s_start + i);
        var writing = record.Pages!.Unstored.ToArray();
        for (var i = 400; i < 800; i++) Count(record, i, s_start + i);

        record.Pages.Stored(writing);

        Assert.Equal([0, 1], writing.Select(p => p.Number));
        Assert.Equal(2, record.Pages.Unstored[0].Number);
        Assert.Null(record.Pages.Missing);
        Assert.All(Enumerable.Range(0, 800), i => Assert.True(record.Knows(Hash(i))));
    }

    [Fact]
    public void Memory_is_bounded_and_the_oldest_go_first()
    {
        var bounds = new MessageBounds { MaxHashes = 10_000 };
        var record = CustomerRecord.Fresh("u:import");
        for (var i = 0; i < 50_000; i++)
        {
            record.Ring.Add(Hash(i), s_start + i);
            record.Spill(bounds);
            Assert.InRange(record.Pages?.Hashes ?? 0, 0, 10_000);
        }

        Assert.True(record.Knows(Hash(49_000)));
        Assert.False(record.Knows(Hash(0)));
    }

    [Fact]
    public void Pages_are_read_by_64()
    {
        var record = CustomerRecord.Fresh("u:many");
        for (var i = 0; i < 128 * 200; i++) Count(record, i, s_start + i);
        _reads = 0;

        Restarted(record);

        Assert.Equal(4, _reads);
    }

    private static ulong Hash(int message) => MessageRing.Hash($"message-{message}");

    private void Count(CustomerRecord record, int message, long receivedAtMs)
    {
        Assert.False(record.Knows(Hash(message)));
        record.Ring.Add(Hash(message), receivedAtMs);
        record.Spill(_bounds);
    }

    /// <summary>Its row is written, and read by another activation.</summary>
    private CustomerRecord Restarted(CustomerRecord record)
    {
        record.Spill(_bounds);
        foreach (var page in record.Pages?.Unstored ?? []) _stored.Add((page.Owner, page.Number), page);
        var fresh = CustomerRecord.Decode(record.Id, record.Encode());
        while (fresh.Pages?.Missing is { } range)
        {
            _reads++;
            var there = Enumerable.Range(range.First, range.Count).Select(n => _stored.GetValueOrDefault((range.Owner, n))).OfType<MessagePage>();
            fresh.Take(range, [.. there], _bounds);
        }

        return fresh;
    }
}
