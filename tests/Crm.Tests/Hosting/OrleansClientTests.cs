using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using Orleans.Configuration;
using Xunit;

namespace Crm.Hosting;

public sealed class OrleansClientTests
{
    [Fact]
    public void The_api_looks_for_silos_by_a_small_pool_of_its_own()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.AddOrleansClient(new ApiOptions { Postgres = "Host=x;Database=crm;Maximum Pool Size=100" });
        using var services = builder.Services.BuildServiceProvider();

        var pool = new NpgsqlConnectionStringBuilder(services.GetRequiredService<IOptions<AdoNetClusteringClientOptions>>().Value.ConnectionString);

        Assert.Equal(("x", "crm", "crm orleans"), (pool.Host, pool.Database, pool.ApplicationName));
        Assert.InRange(pool.MaxPoolSize, 1, 10);
        Assert.InRange(pool.CommandTimeout, 1, 5);
    }
}
