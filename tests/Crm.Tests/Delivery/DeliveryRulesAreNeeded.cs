using Xunit;
using Xunit.Abstractions;

namespace Crm.Delivery;

/// <summary>Each rule of delivery is there for a reason: without it, and with all others, an invariant breaks within few seeds.</summary>
public sealed class DeliveryRulesAreNeeded(ITestOutputHelper output)
{
    [Fact]
    public void A_row_is_written_only_over_the_version_that_was_read() => Break(Mutations.Fence);

    [Fact]
    public void A_customer_is_told_what_was_sent_before() => Break(Mutations.After);

    [Fact]
    public void Each_lane_has_its_own_number() => Break(Mutations.Lanes);

    [Fact]
    public void A_stored_row_has_to_reach_what_was_sent() => Break(Mutations.LastSent);

    [Fact]
    public void Rejects_are_stored_with_the_row_that_skipped_them() => Break(Mutations.StoredRejects);

    [Fact]
    public void The_checkpoint_comes_after_the_rows() => Break(Mutations.OrderOfCheckpoint);

    [Fact]
    public void What_others_are_asked_is_stored_first() => Break(Mutations.Outbox);

    [Fact]
    public void A_fresh_customer_asks_before_it_answers() => Break(Mutations.FirstQuestion);

    [Fact]
    public void One_ledger_decides_merges() => Break(Mutations.Ledger);

    [Fact]
    public void A_reader_waits_for_the_merges_of_its_events() => Break(Mutations.WaitForMerges);

    [Fact]
    public void Pages_of_messages_are_stored_with_the_row_that_let_them_go() => Break(Mutations.PagesWithRow);

    [Fact]
    public void Who_takes_a_customer_over_knows_its_pages() => Break(Mutations.MergedPages);

    [Fact]
    public void A_merge_is_taken_back_in_one_write() => Break(Mutations.WholeSplit);

    [Fact]
    public void Who_holds_a_rewritten_row_is_told() => Break(Mutations.ToldOfRewriting);

    [Fact]
    public void A_row_says_when_time_moves_its_customer() => Break(Mutations.WakingInTime);

    [Fact]
    public void A_new_definition_looks_at_the_past() => Break(Mutations.PastOfDefinitions);

    [Fact]
    public void All_customers_are_looked_at_when_definitions_change() => Break(Mutations.LookAtAll);

    private void Break(Mutation mutation)
    {
        var (seed, broken) = mutation.Breaking().FirstOrDefault();
        Assert.True(broken is not null, $"Without {mutation.Rule} no invariant broke in {Mutation.Seeds} seeds of '{mutation.Scenario.Name}': is it still a rule?");
        output.WriteLine($"without {mutation.Rule,-20} | seed {seed,3} of '{mutation.Scenario.Name}' | {broken.Invariant}: {broken.Details}");
        Assert.Null(mutation.RunWithRule(seed, new MemoryStorage()));
    }
}
