using System.Net;
using Crm.Clickstream;
using Crm.Clustering;
using Crm.Segments;
using Orleans.Configuration;

namespace Crm.Hosting;

/// <summary>What makes an Orleans silo a CRM silo. The same in the product and in tests.</summary>
internal static class CrmSilo
{
    /// <summary>Longest message between processes, in bytes. Far above a batch of the largest events, far below what hurts.</summary>
    private const int MaxMessageBytes = 32 * 1024 * 1024;

    /// <summary>Calls that may wait for one grain; beyond it a caller is refused at once. A grain that far behind helps nobody.</summary>
    private const int MaxWaitingCalls = 10_000;

    private const int MissedProbes = 3;
    private static readonly TimeSpan s_slowestProbe = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan s_tableRefresh = TimeSpan.FromSeconds(2);

    /// <summary>Adds grains, storage, streams and the limits that hold whatever the cluster is.</summary>
    public static ISiloBuilder AddCrmSilo(this ISiloBuilder silo, SiloOptions options)
    {
        silo.Services.AddSingleton(options);
        silo.Services.AddSchemaGate(options.Postgres);
        silo.Services.AddCrmPostgres(options.Postgres, log => log.Partitions = options.Partitions ?? log.Partitions);
        silo.Services.AddCrmGrains();
        silo.AddClickstream();
        silo.AddSegmentStream();
        silo.AddDatabaseDocuments(options.Postgres);
        silo.AddConsistentDirectory();
        silo.Configure<SiloMessagingOptions>(messaging =>
        {
            // Longer than a silo's death takes to be noticed, so that a caller hears of that and not of a timeout.
            messaging.ResponseTimeout = TimeSpan.FromSeconds(15);
            messaging.MaxMessageBodySize = MaxMessageBytes;
            messaging.MaxEnqueuedRequestsHardLimit = MaxWaitingCalls;
        });
        silo.Configure<GrainCollectionOptions>(collection =>
        {
            // Idle customers leave by their own bound well before this one; it is for the rest.
            collection.CollectionAge = TimeSpan.FromMinutes(10);
            collection.CollectionQuantum = TimeSpan.FromSeconds(30);
        });
        return silo;
    }

    /// <summary>Makes the silo a member of the cluster that is kept in the database.</summary>
    public static ISiloBuilder JoinCluster(this ISiloBuilder silo, SiloOptions options)
    {
        silo.UseDatabaseMembership(options.Postgres);
        silo.Configure<ClusterOptions>(cluster =>
        {
            cluster.ClusterId = options.Cluster;
            cluster.ServiceId = OrleansDatabase.ServiceId;
        });
        silo.Configure<Orleans.Configuration.SiloOptions>(named => named.SiloName = options.Name);
        var address = options.Address();
        silo.ConfigureEndpoints(address, options.SiloPort, options.GatewayPort, listenOnAnyHostAddress: !IPAddress.IsLoopback(address));
        return silo.Configure<ClusterMembershipOptions>(NoticeDeathsSoon);
    }

    // A killed silo is noticed after three missed probes: in about 4 s, under heavy load (probes are given more time) in 12 s.
    // Of two silos one vote is enough: there is nobody else to ask.
    private static void NoticeDeathsSoon(ClusterMembershipOptions membership)
    {
        membership.ProbeTimeout = TimeSpan.FromSeconds(2);
        membership.MaxProbeTimeout = s_slowestProbe;
        membership.NumMissedProbesLimit = MissedProbes;
        membership.TableRefreshTimeout = s_tableRefresh;

        // After three missed heartbeats a dead silo no longer hinders one that joins, when all were killed at once.
        membership.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(2);
        membership.NumMissedTableIAmAliveLimit = 3;
    }

    private static void AddConsistentDirectory(this ISiloBuilder silo)
    {
        // The default directory may know two activations of a grain after a membership change. This one does not; that it is
        // marked experimental means that its API may change, not that its state is at risk: it is rebuilt from the silos.
#pragma warning disable ORLEANSEXP003
        silo.AddDistributedGrainDirectory();
#pragma warning restore ORLEANSEXP003

        // After a death the dead silo's grains may not live again at once, in case it is not dead but cut off: it finds its own
        // death in the table within a refresh. Orleans takes the time in which a death is noticed off what is set here. That
        // this is short makes old answers possible where a silo hangs for longer; a second writer is fenced by its storage.
        silo.Configure<GrainDirectoryOptions>(directory =>
            directory.RangeLeaseDuration = (s_slowestProbe * MissedProbes) + s_tableRefresh + TimeSpan.FromSeconds(1));
    }
}
