using Crm.Infrastructure;
using Xunit;

namespace Crm.Schema;

/// <summary>Segments from before they read deals and companies, and were followed by number.</summary>
public sealed class SegmentsMigrationTests : OldDatabase
{
    private const int BesideEvents = 52;

    [Fact]
    public async Task Old_changes_are_numbered_in_order_and_who_read_cards_reads_them_still()
    {
        await Run(number => number < BesideEvents);
        await Database.Do("""
            UPDATE segment_plan SET number = 7, reads_card = true;
            INSERT INTO segment_change (segment, customer, entered, version, at) VALUES ('s', 'u:1', true, 1, now()), ('s', 'u:2', true, 1, now()), ('s', 'u:1', false, 1, now());
            """);
        await Run(number => number == BesideEvents);
        Assert.Equal("7 1 7 false", await Database.Ask<string>("SELECT concat_ws(' ', number, reads, written_since, has_begun::text) FROM segment_plan"));
        Assert.Equal("1 2 3", await Database.Ask<string>("SELECT string_agg(number::text, ' ' ORDER BY id) FROM segment_change"));
        Assert.Equal(3, await Database.Ask<long>("SELECT number FROM segment_told"));
    }
}
