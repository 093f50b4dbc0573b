using System.Threading.Channels;
using Crm.Sending;

namespace Crm.Demo;

/// <summary>Sends the shop's events in small batches, one after the other, so that they arrive in order.</summary>
internal static class DemoSending
{
    /// <summary>Events that wait while the API does not take any: a minute or so of a busy shop.</summary>
    public const int MostWaiting = 2_000;

    /// <summary>Tracking libraries send some twenty events at a time.</summary>
    private const int SmallBatch = 20;

    public static async Task Run(ChannelReader<byte[]> from, EventSender sender, CancellationToken stop)
    {
        var batch = new BatchBuffer();
        while (await from.WaitToReadAsync(stop))
        {
            // When many wait, after the API was away, the batches are full ones.
            var most = from.Count > 5 * SmallBatch ? BatchBuffer.MaxEvents : SmallBatch;
            while (batch.Count < most && from.TryPeek(out var next) && batch.TryAdd(next)) from.TryRead(out _);
            await sender.Send(batch.Complete(), stop);
            batch.Clear();
        }
    }
}
