using FsCheck.Xunit;
using Xunit;

namespace Crm.Customers;

/// <summary>The order of arrival, merges and storage change nothing about what is answered.</summary>
[Properties(Arbitrary = [typeof(Histories)], MaxTest = 300)]
public sealed class ProfileOrderTests
{
    [Property]
    public void Any_order_of_arrival_gives_the_profile_of_the_order_of_time(History history) =>
        Assert.Equal(Given.Profile(history.Events).Json(), Given.Profile(history.Shuffled()).Json());

    [Property]
    public void Profiles_that_are_merged_are_the_profile_of_all_their_events(History history)
    {
        var shuffled = history.Shuffled();
        var cut = shuffled.Length == 0 ? 0 : history.Seed % shuffled.Length;
        var into = Given.Profile(shuffled[..cut]);
        var from = Given.Profile(shuffled[cut..]);
        var before = from.Packed();

        into.Absorb(from);

        Assert.Equal(Given.Profile(history.Events).Json(), into.Json());
        Assert.Equal(before, from.Packed());
    }

    [Property]
    public void What_is_stored_reads_back_and_folds_on(History history)
    {
        var shuffled = history.Shuffled();
        var cut = shuffled.Length / 2;
        var stored = Given.Unpacked(Given.Profile(shuffled[..cut]).Packed());
        Assert.Equal(Given.Profile(shuffled[..cut]).Json(), stored.Json());

        foreach (var happened in shuffled[cut..]) stored.Fold(happened);

        Assert.Equal(Given.Profile(history.Events).Json(), stored.Json());
    }

    [Property]
    public void Merged_profiles_share_nothing(History history)
    {
        var from = Given.Profile(history.Events);
        var before = from.Json();
        var into = new CustomerProfile();
        into.Absorb(from);

        foreach (var happened in history.Shuffled()) into.Fold(happened);

        Assert.Equal(before, from.Json());
    }
}
