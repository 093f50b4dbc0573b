using Orleans.Hosting;
using Orleans.Streams;

namespace Crm.Segments;

/// <summary>Puts the stream of segments into a silo.</summary>
public static class SegmentStreamHosting
{
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(250);

    /// <summary>Adds the stream, with implicit subscribers only. Needs the services of <c>AddCrmPostgres</c>.</summary>
    public static ISiloBuilder AddSegmentStream(this ISiloBuilder silo) => silo.AddPersistentStreams(
        SegmentStream.Provider,
        SegmentStreamAdapter.Create,
        streams =>
        {
            streams.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly);
            streams.UseConsistentRingQueueBalancer();
            streams.ConfigurePullingAgent(agent => agent.Configure(o => o.GetQueueMsgsTimerPeriod = s_poll));
        });
}
