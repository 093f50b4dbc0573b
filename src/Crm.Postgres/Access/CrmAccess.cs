using Crm.Clickstream;
using Crm.Hosting;
using Crm.Records;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Crm.Access;

/// <summary>Registers sources, keys, data plans, dead letters and the watch over the server.</summary>
public static class CrmAccess
{
    /// <summary>Key look-ups are cached and dead letters are written one statement at a time: few connections do.</summary>
    private const int MaxConnections = 3;

    /// <summary>A look-up that takes longer would hold up requests; the caller is told to come again.</summary>
    private const int TimeoutSeconds = 3;

    /// <summary>
    /// Adds <see cref="ApiKeys"/>, <see cref="Sources"/>, <see cref="Users"/> and what belongs to them, <see cref="DataPlans"/>, <see cref="IDeadLetters"/>,
    /// <see cref="DeadLetterStore"/>, <see cref="IdempotentAnswers"/> and <see cref="PostgresProbe"/>. Nothing connects before its
    /// first use.
    /// </summary>
    public static IServiceCollection AddCrmAccess(this IServiceCollection services, string connectionString)
    {
        services.AddKeyedSingleton(typeof(CrmAccess), (_, _) => Pool(connectionString, "crm access", MaxConnections));
        services.AddOnPool<ApiKeys>();
        services.AddOnPool<Sources>();
        services.AddOnPool<Users>();
        services.AddOnPool<Roles>();
        services.AddOnPool<Sessions>();
        services.AddOnPool<UserTokens>();
        services.AddOnPool<OneTimeLinks>();
        services.AddOnPool<PlainNumbers>();
        services.AddOnPool<DataPlans>();
        services.AddOnPool<Demo.DemoStands>();
        services.AddOnPool<IdempotentAnswers>();
        services.AddOnPool<DeadLetterStore>();
        services.AddOnPool<InstallationStatus>();
        services.AddOnPool<InboundDeadLetters>();
        services.AddSingleton<IDeadLetters>(all => all.GetRequiredService<InboundDeadLetters>());
        services.AddHostedService(all => all.GetRequiredService<InboundDeadLetters>());
        services.AddHostedService<DeadLetterKeeper>();
        services.AddSingleton(_ => new PostgresProbe(Pool(connectionString, "crm probe", 1)));
        return services;
    }

    private static void AddOnPool<T>(this IServiceCollection services)
        where T : class => services.AddSingleton(all =>
            ActivatorUtilities.CreateInstance<T>(all, all.GetRequiredKeyedService<NpgsqlDataSource>(typeof(CrmAccess))));

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
