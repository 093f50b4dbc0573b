using Crm.Clickstream;
using Crm.Customers;
using Orleans.Concurrency;

namespace Crm.Bench;

/// <summary>A customer that does nothing: what remains is the call itself.</summary>
[Alias("crm.bench.echo")]
public interface IEchoGrain : IGrainWithStringKey
{
    /// <summary>The signature of the product's apply.</summary>
    [Alias("apply")]
    Task<LaneAnswer> Apply(string lane, LaneEvent[] events, long after);
}

/// <summary>A partition that only routes: one call a lane.</summary>
[Alias("crm.bench.router")]
public interface IRouterGrain : IGrainWithIntegerKey
{
    /// <summary>Routes a block to its lanes' grains; answers when all have it.</summary>
    [Alias("route")]
    Task Route(LogBlock block);
}

internal sealed class EchoGrain : Grain, IEchoGrain
{
    private long _last;

    public Task<LaneAnswer> Apply(string lane, LaneEvent[] events, long after)
    {
        _last = events[^1].Seq;
        return Task.FromResult(_last < after ? LaneAnswer.Behind(_last) : LaneAnswer.Ok);
    }
}

[Reentrant]
internal sealed class RouterGrain : Grain, IRouterGrain
{
    public async Task Route(LogBlock block)
    {
        var lanes = new Dictionary<string, List<LaneEvent>>();
        foreach (var logged in block.Events())
        {
            var lane = System.Text.Encoding.UTF8.GetString(PackedEvent.Lane(logged.Packed.Span));
            if (!lanes.TryGetValue(lane, out var events)) lanes.Add(lane, events = []);
            events.Add(logged);
        }

        await Task.WhenAll(lanes.Select(l => GrainFactory.GetGrain<IEchoGrain>(l.Key).Apply(l.Key, [.. l.Value], 0)));
    }
}
