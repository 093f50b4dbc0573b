using Crm.Clustering;
using Orleans.Configuration;

namespace Crm.Hosting;

/// <summary>This process as a client of the silos.</summary>
internal static class OrleansClientSetup
{
    /// <summary>How soon a silo that came or went is noticed.</summary>
    private static readonly TimeSpan s_gatewayRefresh = TimeSpan.FromSeconds(2);

    /// <summary>How long a grain may take to answer before its caller is told to come again.</summary>
    private static readonly TimeSpan s_responseTimeout = TimeSpan.FromSeconds(5);

    public static void AddOrleansClient(this WebApplicationBuilder builder, ApiOptions options)
    {
        builder.Services.AddSingleton<SiloLink>();
        builder.UseOrleansClient(client =>
        {
            client.UseDatabaseMembership(options.Postgres);
            client.Configure<ClusterOptions>(cluster =>
            {
                cluster.ClusterId = options.Cluster;
                cluster.ServiceId = OrleansDatabase.ServiceId;
            });
            client.Configure<GatewayOptions>(gateways => gateways.GatewayListRefreshPeriod = s_gatewayRefresh);
            client.Configure<ClientMessagingOptions>(messaging => messaging.ResponseTimeout = s_responseTimeout);
            client.UseConnectionRetryFilter<RetryForEver>();
        });
        builder.Services.AddSingleton<ILifecycleParticipant<IClusterClientLifecycle>>(all => all.GetRequiredService<SiloLink>());
        builder.Services.AddHostedService(all => all.GetRequiredService<SiloLink>());
    }
}

/// <summary>Keeps trying to reach a silo: none may be up yet, or the database may still be upgrading.</summary>
internal sealed partial class RetryForEver(TimeProvider clock, ILogger<RetryForEver> logger) : IClientConnectionRetryFilter
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);
    private bool _said;

    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        if (!_said) LogWaiting(exception.Message);
        _said = true;
        await Task.Delay(s_pause, clock, cancellationToken);
        return true;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Waiting for a silo; events are taken meanwhile ({Reason})")]
    private partial void LogWaiting(string reason);
}
