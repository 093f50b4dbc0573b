using System.Diagnostics;
using Crm.Clickstream;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Customers;

/// <summary>The only silo dies: reads wait in words, events go on.</summary>
public sealed class SiloLossTests(SpineFixture crm) : IClassFixture<SpineFixture>
{
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(7);

    [Fact]
    public async Task Without_its_silo_a_profile_is_never_answered_old_and_events_are_still_taken()
    {
        await crm.Send("track", """{"userId":"loss","event":"x"}""");
        await crm.Silo.Kill();

        var began = Stopwatch.GetTimestamp();
        var read = await crm.Get("/v1/customers/u:loss");
        var took = Stopwatch.GetElapsedTime(began);
        var position = await crm.Send("track", """{"userId":"loss","event":"y"}""");
        var log = await crm.Get("/v1/log");

        Assert.Equal((503, "application/problem+json"), (read.Status, read.ContentType));
        Assert.True(read.Headers.Contains("Retry-After"));
        Assert.InRange(took, TimeSpan.Zero, s_longestWait);
        Assert.NotEmpty(position);
        Assert.Equal((200, $"{Partitioning.DefaultCount}"), (log.Status, log.Text("unreachable")));
        await Eventually.True(async () => (await crm.Get("/health/ready")).Status == 503, "it says that it is not ready");
    }
}
