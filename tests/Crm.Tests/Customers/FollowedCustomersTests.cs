using Crm.Infrastructure;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Crm.Customers;

/// <summary>Who looks at a customer is told when it changes, for as long as that one looks.</summary>
public sealed class FollowedCustomersTests
{
    [Fact]
    public async Task Changes_are_told_together_to_whoever_looks_and_to_nobody_else()
    {
        var clock = new FakeTimeProvider();
        var (followed, one, other) = (new FollowedCustomers(clock), new Follower(), new Follower());
        followed.Changed("u:nobody-looks");
        followed.Follow("u:a", one);
        followed.Follow("u:a", other);
        followed.Follow("u:b", one);
        for (var n = 0; n < 100; n++) followed.Changed("u:a");
        followed.Changed("u:b");
        followed.Changed("u:c");
        await followed.Tell();
        Assert.Equal(["u:a", "u:b"], one.Told.Order());
        Assert.Equal(["u:a"], other.Told);
        await followed.Tell();
        Assert.Equal(2, one.Told.Count);

        // One goes on saying that it looks; the other one has gone.
        clock.Advance(TimeSpan.FromSeconds(50));
        followed.Follow("u:a", one);
        clock.Advance(TimeSpan.FromSeconds(20));
        followed.Sweep();
        followed.Changed("u:a");
        followed.Changed("u:b");
        await followed.Tell();
        Assert.Equal(["u:a", "u:a", "u:b"], one.Told.Order());
        Assert.Equal(["u:a"], other.Told);
    }

    private sealed class Follower : ICustomerFollower
    {
        public List<string> Told { get; } = [];

        public Task Changed(string[] ids)
        {
            Told.AddRange(ids);
            return Task.CompletedTask;
        }
    }
}
