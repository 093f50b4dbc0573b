using Crm.Clickstream;
using Crm.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Crm.Hosting;

/// <summary>The retention is run by a reminder that outlives every silo.</summary>
public sealed class MaintenanceTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task A_silos_start_sets_the_reminder_and_runs_the_retention_once()
    {
        var retention = new Counting();
        await using var silo = await TestSilo.Start(
            postgres.ConnectionString, configure: s => s.Services.AddSingleton<IRetention>(retention));

        await Eventually.True(() => retention.Runs == 1, "the retention ran");
        await silo.Grains.Maintenance().Start();

        Assert.Equal(1, retention.Runs);
        Assert.Equal(1L, await postgres.Source.Ask<long>("select count(*) from orleans_reminder where reminder_name = 'hourly' and period_ms = 3600000"));
    }

    private sealed class Counting : IRetention
    {
        private int _runs;

        public int Runs => Volatile.Read(ref _runs);

        public Task<RetentionReport> Run(RetentionOptions options, CancellationToken stop = default)
        {
            Interlocked.Increment(ref _runs);
            return Task.FromResult(new RetentionReport(0, 0, 0));
        }
    }
}
