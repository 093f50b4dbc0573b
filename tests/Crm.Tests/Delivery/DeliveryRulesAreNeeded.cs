using Xunit;
using Xunit.Abstractions;

namespace Crm.Delivery;

/// <summary>Each rule of delivery is there for a reason: without it, and with all others, an invariant breaks within few seeds.</summary>
public sealed class DeliveryRulesAreNeeded(ITestOutputHelper output)
{
    /// <summary>Seeds within which the loss of a rule has to show; with the rule the same seeds hold.</summary>
    private const int Seeds = 300;

    [Fact]
    public void A_row_is_written_only_over_the_version_that_was_read() => Break<Mutations.NoFence>("fence", Scenarios.TwoOwners);

    [Fact]
    public void A_customer_is_told_what_was_sent_before() => Break<Mutations.NoAfter>("after", Scenarios.Crashes);

    [Fact]
    public void Each_lane_has_its_own_number() => Break<Mutations.NoLanes>("lanes", Scenarios.Merging);

    [Fact]
    public void A_stored_row_has_to_reach_what_was_sent() => Break<Mutations.NoLastSent>("Persist's lastSent", Scenarios.Crashes);

    [Fact]
    public void Rejects_are_stored_with_the_row_that_skipped_them() => Break<Mutations.NoStoredRejects>("stored rejects", Scenarios.LostCalls);

    [Fact]
    public void The_checkpoint_comes_after_the_rows() => Break<Mutations.NoOrderOfCheckpoint>("order of checkpoint", Scenarios.Crashes);

    [Fact]
    public void What_others_are_asked_is_stored_first() => Break<Mutations.NoOutbox>("outbox", Scenarios.Merging);

    [Fact]
    public void A_fresh_customer_asks_before_it_answers() => Break<Mutations.NoFirstQuestion>("first question", Scenarios.Crashes);

    [Fact]
    public void A_reader_waits_for_the_merges_of_its_events() => Break<Mutations.NoWaitForMerges>("wait for merges", Scenarios.Readers);

    [Fact]
    public void One_ledger_decides_merges() => Break<Mutations.NoLedger>("merge ledger", Scenarios.Merging);

    private void Break<TMutation>(string rule, Scenario scenario)
        where TMutation : DeliveryRules, new()
    {
        for (var seed = 1; seed <= Seeds; seed++)
        {
            if (new World(seed, scenario, new TMutation(), new MemoryStorage()).Run() is not { } broken) continue;
            output.WriteLine($"without {rule,-20} | seed {seed,3} of '{scenario.Name}' | {broken.Invariant}: {broken.Details}");
            Assert.Null(new World(seed, scenario, new DeliveryRules(), new MemoryStorage()).Run());
            return;
        }

        Assert.Fail($"Without {rule} no invariant broke in {Seeds} seeds of '{scenario.Name}': is it still a rule?");
    }
}
