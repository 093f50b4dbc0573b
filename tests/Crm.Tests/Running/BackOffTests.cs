using Xunit;

namespace Crm.Running;

public sealed class BackOffTests
{
    [Fact]
    public void Waits_double_up_to_a_limit_and_begin_anew_after_a_healthy_life()
    {
        var backOff = new BackOff();

        var waits = Enumerable.Range(0, 8).Select(_ => backOff.After(TimeSpan.Zero).TotalSeconds);

        Assert.Equal([0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10], waits);
        Assert.Equal(0.2, backOff.After(TimeSpan.FromSeconds(60)).TotalSeconds);
        Assert.Equal(0.4, backOff.After(TimeSpan.Zero).TotalSeconds);
    }
}
