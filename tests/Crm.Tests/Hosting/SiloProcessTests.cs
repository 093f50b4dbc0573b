using System.Net;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Hosting;

/// <summary>Silos as processes: their health, their metrics, and what is left when one is killed.</summary>
public sealed class SiloProcessTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task A_killed_silo_is_noticed_and_the_other_carries_on()
    {
        using var one = SiloProcess.Start(postgres.ConnectionString, "silo-1");
        await one.UntilReady();
        using var two = SiloProcess.Start(postgres.ConnectionString, "silo-2");
        await two.UntilReady();

        one.Kill();

        await Eventually.True(
            async () => await Members("silo-1") == (int)SiloStatus.Dead, "the killed silo is declared dead", TimeSpan.FromSeconds(15));
        await two.UntilReady();
        await two.Stop();
        Assert.Equal(0, two.ExitCode);
        Assert.Equal((int)SiloStatus.Dead, await Members("silo-2"));
    }

    [Fact]
    public async Task Health_and_metrics_answer_over_http()
    {
        using var silo = SiloProcess.Start(postgres.ConnectionString, "silo-3");
        await Eventually.True(async () => (await silo.Get("/health/live")).Status == HttpStatusCode.OK, "it lives", TimeSpan.FromSeconds(60));
        await silo.UntilReady();

        // How far behind a partition is shows once it is active, which may be a moment after the silo is ready.
        var (_, health) = await silo.Get("/health/ready");
        var (status, metrics) = await silo.Get("/metrics");
        await Eventually.True(
            async () => ((status, metrics) = await silo.Get("/metrics")).metrics.Contains("crm_lag_seconds", StringComparison.Ordinal),
            "the lag of a partition is measured");

        Assert.Equal("""{"status":"ok","reasons":[]}""", health);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Contains("orleans_catalog_activations", metrics, StringComparison.Ordinal);
        Assert.Contains("dotnet_gc_collections_total", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain("orleans_messaging_sent", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_database_a_silo_lives_but_is_not_ready()
    {
        using var silo = SiloProcess.Start("Host=127.0.0.1;Port=1;Username=nobody;Database=nothing", "silo-4");

        await Eventually.True(async () => (await silo.Get("/health/live")).Status == HttpStatusCode.OK, "it lives", TimeSpan.FromSeconds(60));
        var (status, body) = await silo.Get("/health/ready");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Contains("database", body, StringComparison.Ordinal);
        await silo.Stop();
    }

    private Task<int> Members(string name) =>
        postgres.Source.Ask<int>($"select status from orleans_membership where silo_name = '{name}' order by start_time desc limit 1");
}
