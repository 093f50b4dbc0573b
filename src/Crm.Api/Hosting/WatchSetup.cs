using System.Security.Cryptography;
using Crm.Clickstream;

namespace Crm.Hosting;

/// <summary>What runs beside the requests: the schema's upgrade at the start, and the watches over server and disk.</summary>
internal static class WatchSetup
{
    public static void AddWatches(this IServiceCollection services)
    {
        services.AddHosted<SchemaStep>();
        services.AddHosted<PostgresWatch>();
        services.AddHosted<DiskWatch>();
        services.AddHosted<LogIdentity>();
        services.AddSingleton<IngestGate>();
    }

    /// <summary>The gate before floods of single customers.</summary>
    public static void AddFloodGate(this IServiceCollection services, ApiOptions options) => services.AddSingleton(all => new FloodGate(
        options.CustomerEventsPerMinute,
        all.GetRequiredService<TimeProvider>(),
        BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)))));

    /// <summary>A background service that others may ask.</summary>
    public static void AddHosted<TService>(this IServiceCollection services)
        where TService : class, IHostedService
    {
        services.AddSingleton<TService>();
        services.AddHostedService(all => all.GetRequiredService<TService>());
    }
}
