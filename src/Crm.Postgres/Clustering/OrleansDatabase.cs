using Npgsql;
using Orleans.Configuration;
using Orleans.Hosting;

namespace Crm.Clustering;

/// <summary>Orleans' own tables in our database: who is a member, reminders, and documents of low rate.</summary>
public static class OrleansDatabase
{
    /// <summary>Name of the grain storage for documents: settings, definitions, models.</summary>
    public const string Documents = "documents";

    /// <summary>Orleans' ServiceId. Reminders and documents are kept under it, so it never changes.</summary>
    public const string ServiceId = "crm";

    // Orleans loads the driver by this name.
    private const string Invariant = "Npgsql";

    // Heartbeats must not queue behind events: they have a pool of their own, and need few connections.
    private const int MaxConnections = 6;

    /// <summary>
    /// A server that hangs must not hang the silo's membership with it. In seconds; shorter than three missed heartbeats.
    /// </summary>
    private const int TimeoutSeconds = 5;

    /// <summary>Keeps the cluster's members in the database.</summary>
    public static ISiloBuilder UseDatabaseMembership(this ISiloBuilder silo, string connectionString) =>
        silo.UseAdoNetClustering(options =>
        {
            options.Invariant = Invariant;
            options.ConnectionString = OwnPool(connectionString);
        });

    /// <summary>Finds the cluster's gateways in the database.</summary>
    public static IClientBuilder UseDatabaseMembership(this IClientBuilder client, string connectionString) =>
        client.UseAdoNetClustering(options =>
        {
            options.Invariant = Invariant;
            options.ConnectionString = OwnPool(connectionString);
        });

    /// <summary>Keeps reminders and the storage <see cref="Documents"/> in the database.</summary>
    public static ISiloBuilder AddDatabaseDocuments(this ISiloBuilder silo, string connectionString) => silo
        .UseAdoNetReminderService(options =>
        {
            options.Invariant = Invariant;
            options.ConnectionString = OwnPool(connectionString);
        })
        .AddAdoNetGrainStorage(Documents, options => options.Configure(storage =>
        {
            storage.Invariant = Invariant;
            storage.ConnectionString = OwnPool(connectionString);
            storage.GrainStorageSerializer = new DocumentSerializer();
            storage.DeleteStateOnClear = true;
        }));

    private static string OwnPool(string connectionString) => new NpgsqlConnectionStringBuilder(connectionString)
    {
        ApplicationName = "crm orleans",
        MaxPoolSize = MaxConnections,
        Timeout = TimeoutSeconds,
        CommandTimeout = TimeoutSeconds,
    }.ConnectionString;
}
