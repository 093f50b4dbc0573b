using System.Globalization;

namespace Crm.Seeding;

/// <summary>Shows what is being seeded and how fast: a bar that moves on a terminal, a line every 10 s in a log.</summary>
internal sealed class SeedBar(TextWriter to, bool terminal, TimeProvider clock)
{
    private const int BarWidth = 30;
    private const int LineWidth = 100;
    private static readonly TimeSpan s_inLog = TimeSpan.FromSeconds(10);

    private readonly Dictionary<string, long> _done = [];
    private readonly long _started = clock.GetTimestamp();
    private string _what = "";
    private long _begun;
    private TimeSpan _shown = -s_inLog;

    /// <summary>Takes a line of the program: what, done, of how much.</summary>
    public void Show(string line)
    {
        if (line.Split('\t') is not [var what, var doneText, var ofText]) return;
        var (done, of) = (long.Parse(doneText, CultureInfo.InvariantCulture), long.Parse(ofText, CultureInfo.InvariantCulture));
        if (what != _what) (_what, _begun) = (what, clock.GetTimestamp());
        if (done > 0) _done[what] = done;
        var now = clock.GetElapsedTime(_started);
        if (!terminal && now - _shown < s_inLog) return;
        _shown = now;
        var full = of == 0 ? BarWidth : (int)(done * BarWidth / of);
        var rate = done / Math.Max(0.001, clock.GetElapsedTime(_begun).TotalSeconds);
        var text = string.Create(
            CultureInfo.InvariantCulture, $"[{new string('#', full)}{new string('.', BarWidth - full)}] {what,-10} {done,11:N0} of {of,11:N0}  {rate,9:N0}/s");
        if (terminal) to.Write("\r" + text.PadRight(LineWidth));
        else to.WriteLine(text);
        to.Flush();
    }

    /// <summary>Ends the bar's line.</summary>
    public void End()
    {
        if (terminal) to.Write("\r" + new string(' ', LineWidth) + "\r");
    }

    /// <summary>What was made.</summary>
    public string Said()
    {
        var rows = _done.Where(d => d.Key != "indexes").ToArray();
        var seconds = clock.GetElapsedTime(_started).TotalSeconds;
        return string.Create(
            CultureInfo.InvariantCulture, $"{string.Join(", ", rows.Select(r => $"{r.Value:N0} {r.Key}"))} in {seconds:N1} s ({rows.Sum(r => r.Value) / Math.Max(0.001, seconds):N0}/s)");
    }
}
