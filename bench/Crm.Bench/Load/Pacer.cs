using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace Crm.Bench;

/// <summary>
/// Hands out the moments at which something is to be sent, on a fixed schedule that does not wait for answers (open loop): who
/// measures from the moment handed out also counts the time that a request had to wait for its turn.
/// </summary>
internal sealed class Pacer : IDisposable
{
    // An hour's waiting at most rates; when even this is full the schedule itself would be what is measured.
    private const int MostWaiting = 4_000_000;

    private readonly Channel<long> _due = Channel.CreateBounded<long>(new BoundedChannelOptions(MostWaiting) { SingleWriter = true });
    private readonly Thread _thread;
    private readonly double _perSecond;
    private readonly long _count;
    private volatile bool _stopped;

    public Pacer(double perSecond, TimeSpan duration)
    {
        _perSecond = perSecond;
        _count = (long)(perSecond * duration.TotalSeconds);
        _thread = new Thread(Hand) { IsBackground = true, Name = "pacer" };
        _thread.Start();
    }

    /// <summary>The moments, as timestamps of <see cref="Clock"/>; ends with the schedule.</summary>
    public ChannelReader<long> Due => _due.Reader;

    public void Dispose() => _stopped = true;

    private void Hand()
    {
        var start = Clock.Now;
        for (long i = 0; i < _count && !_stopped; i++)
        {
            var due = start + (long)(i / _perSecond * Clock.TicksPerSecond);
            SleepUntil(due);
            if (!_due.Writer.TryWrite(due)) break;
        }

        _due.Writer.Complete();
    }

    private static void SleepUntil(long due)
    {
        var wait = Clock.Seconds(due - Clock.Now);
        if (wait <= 0) return;
        var time = new TimeSpec { Seconds = (long)wait, Nanoseconds = (long)(wait % 1 * 1e9) };
        _ = NanoSleep(ref time, 0);
    }

    // The runtime's own waits are rounded to milliseconds, which is what is to be measured here.
    [DllImport("libc", EntryPoint = "nanosleep")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int NanoSleep(ref TimeSpec time, nint remaining);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
