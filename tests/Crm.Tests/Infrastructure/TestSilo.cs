using Crm.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Crm.Infrastructure;

/// <summary>A silo of the product within this process, on a test's database.</summary>
internal sealed class TestSilo : IAsyncDisposable
{
    private readonly IHost _host;

    private TestSilo(IHost host) => _host = host;

    public IServiceProvider Services => _host.Services;

    public IGrainFactory Grains => Services.GetRequiredService<IGrainFactory>();

    /// <summary>What keeps it from being ready, in words.</summary>
    public Task<IReadOnlyList<string>> Missing() => Services.GetRequiredService<SiloHealth>().Missing();

    /// <summary>Starts one and waits until it can be used.</summary>
    public static async Task<TestSilo> Start(string connectionString, string name = "silo-1", Action<ISiloBuilder>? configure = null)
    {
        var silo = Build(connectionString, name, configure);
        try
        {
            await silo._host.StartAsync();
            await Eventually.True(async () => (await silo.Missing()).Count == 0, "the silo is ready", TimeSpan.FromSeconds(60));
            return silo;
        }
        catch
        {
            await silo.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes one without starting it: what it is made of can be used alone.</summary>
    public static TestSilo Build(string connectionString, string name = "silo-1", Action<ISiloBuilder>? configure = null)
    {
        var ports = Running.FreePorts.Pick(2);
        var options = new SiloOptions { Postgres = connectionString, Name = name, SiloPort = ports[0], GatewayPort = ports[1] };
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo =>
        {
            silo.AddCrmSilo(options).JoinCluster(options);
            configure?.Invoke(silo);
        });
        builder.Services.AddSingleton<SiloHealth>();
        return new TestSilo(builder.Build());
    }

    public Task Stop() => _host.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        await ((IAsyncDisposable)_host).DisposeAsync();
    }
}
