using System.Net.Sockets;
using Crm.Schema;
using Npgsql;

namespace Crm.Hosting;

/// <summary>
/// The first step of a silo's start: brings the database's schema up to this build, and waits while there is no server yet.
/// </summary>
internal sealed partial class SchemaGate(string connectionString, TimeProvider clock, ILogger<SchemaGate> logger)
    : ILifecycleParticipant<ISiloLifecycle>
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    /// <summary>True once the schema is there.</summary>
    public bool Open { get; private set; }

    public void Participate(ISiloLifecycle observer) =>
        observer.Subscribe(nameof(SchemaGate), ServiceLifecycleStage.First, Upgrade);

    private async Task Upgrade(CancellationToken stop)
    {
        var said = false;
        while (true)
        {
            try
            {
                await SchemaUpgrade.Run(connectionString, logger, stop);
                Open = true;
                return;
            }
            catch (Exception exception) when (exception is NpgsqlException { IsTransient: true } or SocketException or TimeoutException)
            {
                if (!said) LogWaiting(exception.Message);
                said = true;
                await Task.Delay(s_pause, clock, stop);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Waiting for PostgreSQL ({Reason})")]
    private partial void LogWaiting(string reason);
}

internal static class SchemaGateHosting
{
    public static void AddSchemaGate(this IServiceCollection services, string connectionString)
    {
        services.AddSingleton(all => ActivatorUtilities.CreateInstance<SchemaGate>(all, connectionString));
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(all => all.GetRequiredService<SchemaGate>());
    }
}
