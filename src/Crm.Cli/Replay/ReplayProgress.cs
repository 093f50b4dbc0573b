using System.Globalization;

namespace Crm.Replay;

/// <summary>Shows how far a replay is: a bar that moves on a terminal, a line every 10 s in a log.</summary>
internal sealed class ReplayProgress(TextWriter to, bool terminal, TimeProvider clock, ReplayCounts counts, Func<double> fraction)
{
    private const int BarWidth = 30;
    private static readonly TimeSpan InLog = TimeSpan.FromSeconds(10);

    private readonly long _started = clock.GetTimestamp();
    private TimeSpan _shown;
    private TimeSpan _lastAt;
    private long _lastSent;

    /// <summary>Seconds since the start.</summary>
    public double Seconds => clock.GetElapsedTime(_started).TotalSeconds;

    /// <summary>Called every second.</summary>
    public void Tick()
    {
        var now = clock.GetElapsedTime(_started);
        var sent = counts.Sent;
        var rate = (sent - _lastSent) / Math.Max(0.001, (now - _lastAt).TotalSeconds);
        if (!terminal && now - _shown < InLog) return;
        _shown = _lastAt = now;
        _lastSent = sent;
        var line = Line(Math.Clamp(fraction(), 0, 1), sent, rate);
        if (terminal) to.Write("\r" + line);
        else to.WriteLine(line);
        to.Flush();
    }

    /// <summary>Ends the bar's line.</summary>
    public void End()
    {
        if (terminal) to.Write("\r" + new string(' ', BarWidth + 50) + "\r");
    }

    private static string Line(double fraction, long sent, double rate)
    {
        var full = (int)(fraction * BarWidth);
        return string.Create(CultureInfo.InvariantCulture,
            $"[{new string('#', full)}{new string('.', BarWidth - full)}] {fraction * 100,3:N0} %  {sent,12:N0} events  {rate,9:N0}/s");
    }
}
