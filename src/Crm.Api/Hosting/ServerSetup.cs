namespace Crm.Hosting;

/// <summary>The web server.</summary>
internal static class ServerSetup
{
    /// <summary>
    /// Longest body that is taken from the wire. Twice what a batch may hold, so that one that is somewhat too long is told so
    /// in words instead of by a closed connection.
    /// </summary>
    private const int MaxBodyBytes = 1024 * 1024;

    /// <summary>Connections at a time; beyond, new ones wait in the system's queue.</summary>
    private const int MaxConnections = 10_000;

    /// <summary>Requests under way get this long to end.</summary>
    private static readonly TimeSpan s_shutdown = TimeSpan.FromSeconds(5);

    public static void AddServer(this WebApplicationBuilder builder, ApiOptions options)
    {
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(options.Listen, options.Port);
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
            kestrel.Limits.MaxConcurrentConnections = MaxConnections;
        });
        builder.Services.Configure<HostOptions>(host =>
        {
            // The Orleans client waits at its start until a silo is there. Events must be taken meanwhile.
            host.ServicesStartConcurrently = true;
            host.ServicesStopConcurrently = true;
            host.ShutdownTimeout = s_shutdown;
        });
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
        });
        builder.Logging.SetMinimumLevel(LogLevel.Information);
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        builder.Logging.AddFilter("Microsoft.Hosting", LogLevel.Warning);
        builder.Logging.AddFilter("Orleans", LogLevel.Warning);
        // While no silo is up it repeats itself every second; RetryForEver says it once.
        builder.Logging.AddFilter("Orleans.Messaging.GatewayManager", LogLevel.Error);
        // A line for each wrong key would let a guesser fill the disk; the metrics count them.
        builder.Logging.AddFilter("Crm.Access.ApiKeyHandler", LogLevel.Warning);
        // What pages carry is protected by keys of this process alone: that nobody stores them is meant so.
        builder.Logging.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);
        builder.Logging.AddFilter("Npgsql", LogLevel.Warning);
        builder.Services.AddSingleton(TimeProvider.System);
    }
}
