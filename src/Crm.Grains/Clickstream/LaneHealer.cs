using System.Text;

namespace Crm.Clickstream;

/// <summary>
/// Reads again from the log what customers lost with their activations. After a silo's death thousands of lanes are behind at
/// once: all that ask while a pass reads are served by the next one, so that the log is read a few times, not once a lane.
/// </summary>
internal sealed class LaneHealer(IEventLog log, int partition)
{
    /// <summary>Events read at a time.</summary>
    private const int ChunkEvents = 5_000;

    private readonly List<Request> _waiting = [];
    private Task? _pass;

    private sealed record Request(string Lane, long After, long UpTo, TaskCompletionSource<LaneEvent[]> Answer, List<LaneEvent> Found);

    /// <summary>The lane's events above <paramref name="after"/> up to <paramref name="upTo"/>, in order.</summary>
    public Task<LaneEvent[]> Read(string lane, long after, long upTo)
    {
        var request = new Request(lane, after, upTo, new TaskCompletionSource<LaneEvent[]>(), []);
        _waiting.Add(request);
        if (_pass is null || _pass.IsCompleted) _pass = Pass();
        return request.Answer.Task;
    }

    private async Task Pass()
    {
        // Let the other calls of the same round arrive first.
        await Task.Yield();
        while (_waiting.Count > 0)
        {
            var served = _waiting.ToArray();
            _waiting.Clear();
            try
            {
                await Serve(served);
                foreach (var request in served) request.Answer.SetResult([.. request.Found]);
            }
            catch (Exception failure)
            {
                foreach (var request in served) request.Answer.TrySetException(failure);
            }
        }
    }

    private async Task Serve(Request[] served)
    {
        var byLane = served.ToLookup(r => r.Lane, StringComparer.Ordinal);
        var after = served.Min(r => r.After);
        var upTo = served.Max(r => r.UpTo);
        while (after < upTo)
        {
            var blocks = await log.Read(partition, after, ChunkEvents);
            if (blocks.Count == 0) throw new LogUnavailableException($"Partition {partition} lacks events above {after} that were delivered.");
            foreach (var logged in blocks.SelectMany(b => b.Events()))
            {
                var lane = Encoding.UTF8.GetString(PackedEvent.Lane(logged.Packed.Span));
                foreach (var request in byLane[lane])
                    if (logged.Seq > request.After && logged.Seq <= request.UpTo) request.Found.Add(logged);
            }

            after = blocks[^1].LastSeq;
        }
    }
}
