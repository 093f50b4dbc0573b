using System.Net;

namespace Crm.Hosting;

/// <summary>The process around the silo: its small web server, its end, its log.</summary>
internal static class SiloServer
{
    /// <summary>For storing what is only in memory. Less than a supervisor waits before it kills.</summary>
    private static readonly TimeSpan s_shutdown = TimeSpan.FromSeconds(8);

    private static readonly string[] s_noisy =
    [
        "Orleans.Runtime.Silo", "Orleans.Runtime.Watchdog", "Orleans.Runtime.CallbackData", "Orleans.Messaging",
        "Orleans.Runtime.GrainDirectory.GrainDirectoryHandoffManager",
    ];

    public static void AddServer(this WebApplicationBuilder builder, SiloOptions options)
    {
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.IsLoopback(options.Address()) ? IPAddress.Loopback : IPAddress.Any, options.HttpPort);
            kestrel.AddServerHeader = false;
        });
        builder.Services.Configure<HostOptions>(host =>
        {
            // Health answers while the silo still waits for its database.
            host.ServicesStartConcurrently = true;
            host.ShutdownTimeout = s_shutdown;
        });
        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
        });
        builder.Logging.SetMinimumLevel(LogLevel.Warning);

        // What a silo that ends says of each call that finds no other: thousands of lines, and customers' ids in them. The callers know.
        builder.Logging.AddFilter("Polly", LogLevel.Critical);
        builder.Logging.AddFilter("Orleans.Messaging", LogLevel.Critical);
        builder.Logging.AddFilter("Crm", LogLevel.Information);

        // Advice about server GC, which we do without on purpose; a watchdog that barks once at every start; a line for every
        // call that was under way when a silo died, of which the caller is told anyway.
        foreach (var noisy in s_noisy) builder.Logging.AddFilter(noisy, LogLevel.Error);
        builder.Services.AddSingleton(TimeProvider.System);
    }
}
