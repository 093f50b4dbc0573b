using System.Text;
using System.Threading.Channels;

namespace Crm.Live;

/// <inheritdoc cref="ILivePulse"/>
internal sealed class LivePulse(LiveFeed feed) : ILivePulse
{
    public IDisposable? Follow(Action<Pulse> beat)
    {
        if (feed.Watch() is not { } watcher) return null;
        _ = Read(watcher.Reader, beat);
        return new Watching(feed, watcher);
    }

    private static async Task Read(ChannelReader<LiveFrame> frames, Action<Pulse> beat)
    {
        await foreach (var frame in frames.ReadAllAsync())
        {
            beat(new Pulse(
                frame.Rate, frame.Logged, frame.LagMs,
                [.. frame.Newest.Select(e => new NewestEvent(e.Id, e.Type, e.Name, DateTimeOffset.FromUnixTimeMilliseconds(e.At)))],
                [.. frame.Active.Select(a => new BusyCustomer(a.Id, a.Events))]));
        }
    }

    private sealed class Watching(LiveFeed feed, Channel<LiveFrame> watcher) : IDisposable
    {
        public void Dispose()
        {
            feed.Leave(watcher);
            watcher.Writer.TryComplete();
        }
    }
}
