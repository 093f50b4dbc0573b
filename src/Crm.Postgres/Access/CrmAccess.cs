using Crm.Clickstream;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Crm.Access;

/// <summary>Registers the clients' keys, the dead letters of the accept path and the watch over the server.</summary>
public static class CrmAccess
{
    /// <summary>Key look-ups are cached and dead letters are written one statement at a time: few connections do.</summary>
    private const int MaxConnections = 3;

    /// <summary>A look-up that takes longer would hold up requests; the caller is told to come again.</summary>
    private const int TimeoutSeconds = 3;

    /// <summary>Adds <see cref="ApiKeys"/>, <see cref="IDeadLetters"/> and <see cref="PostgresProbe"/>. Nothing connects before its first use.</summary>
    public static IServiceCollection AddCrmAccess(this IServiceCollection services, string connectionString)
    {
        services.AddKeyedSingleton(typeof(CrmAccess), (_, _) => Pool(connectionString, "crm access", MaxConnections));
        services.AddSingleton(all => ActivatorUtilities.CreateInstance<ApiKeys>(all, Source(all)));
        services.AddSingleton(all => ActivatorUtilities.CreateInstance<InboundDeadLetters>(all, Source(all)));
        services.AddSingleton<IDeadLetters>(all => all.GetRequiredService<InboundDeadLetters>());
        services.AddHostedService(all => all.GetRequiredService<InboundDeadLetters>());
        services.AddSingleton(_ => new PostgresProbe(Pool(connectionString, "crm probe", 1)));
        return services;
    }

    private static NpgsqlDataSource Source(IServiceProvider all) => all.GetRequiredKeyedService<NpgsqlDataSource>(typeof(CrmAccess));

    private static NpgsqlDataSource Pool(string connectionString, string name, int connections) =>
        NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString)
        {
            ApplicationName = name,
            MaxPoolSize = connections,
            MinPoolSize = 0,
            Timeout = TimeoutSeconds,
            CommandTimeout = TimeoutSeconds,
        });
}
