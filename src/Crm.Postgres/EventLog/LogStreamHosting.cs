using Orleans.Hosting;
using Orleans.Streams;

namespace Crm.Clickstream;

/// <summary>Puts the stream provider on PostgreSQL into a silo.</summary>
public static class LogStreamHosting
{
    /// <summary>
    /// Adds the streams <c>clickstream/0</c>, <c>clickstream/1</c>, ... over the log, with implicit subscribers only.
    /// Needs the services of <c>AddCrmPostgres</c>.
    /// </summary>
    public static ISiloBuilder AddClickstream(this ISiloBuilder silo) => silo.AddPersistentStreams(
        Partitioning.StreamProvider,
        LogStreamAdapter.Create,
        streams =>
        {
            streams.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly);
            streams.UseConsistentRingQueueBalancer();

            // The receiver waits for a signal by itself; this is only the pause between two waits.
            streams.ConfigurePullingAgent(agent => agent.Configure(o => o.GetQueueMsgsTimerPeriod = TimeSpan.FromMilliseconds(5)));
        });
}
