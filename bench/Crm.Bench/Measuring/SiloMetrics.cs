using System.Globalization;

namespace Crm.Bench;

/// <summary>Garbage collections of the silos by generation, their pauses, and what was allocated.</summary>
internal sealed record GcUse(double Gen0, double Gen1, double Gen2, double PauseSeconds, double AllocatedMb)
{
    /// <summary>What was used since an earlier sample, in words.</summary>
    public string Since(GcUse earlier, long events, double seconds) =>
        $"Silo's garbage collections: {Gen0 - earlier.Gen0:0} of generation 0, {Gen1 - earlier.Gen1:0} of 1, {Gen2 - earlier.Gen2:0} of 2; paused {(PauseSeconds - earlier.PauseSeconds) / seconds:P1} of the time; "
        + $"allocated {(AllocatedMb - earlier.AllocatedMb) * 1024 / Math.Max(1, events):0.0} KB an event.";
}

/// <summary>Reads the silos' Prometheus pages, found by the addresses noted in the data folder.</summary>
internal sealed class SiloMetrics(string dataFolder) : IDisposable
{
    private readonly HttpClient _http = new();

    /// <summary>What garbage collection has cost so far.</summary>
    public async Task<GcUse> Gc() => new(
        await Sum("dotnet_gc_collections", "gen0"), await Sum("dotnet_gc_collections", "gen1"), await Sum("dotnet_gc_collections", "gen2"),
        await Sum("dotnet_gc_pause_time"), await Sum("dotnet_gc_heap_total_allocated") / (1 << 20));

    /// <summary>Sum over silos and labels of what begins with a name; 0 when a silo does not answer.</summary>
    public async Task<double> Sum(string name, string label = "")
    {
        var sum = 0.0;
        foreach (var file in Directory.EnumerateFiles(Path.Combine(dataFolder, "run"), "silo-*.url"))
        {
            try
            {
                var page = await _http.GetStringAsync(new Uri(new Uri((await File.ReadAllTextAsync(file)).Trim()), "/metrics"));
                sum += page.Split('\n').Where(line => Names(line, name) && line.Contains(label, StringComparison.Ordinal)).Sum(Value);
            }
            catch (HttpRequestException)
            {
                // It is down, which some questions want.
            }
        }

        return sum;
    }

    public void Dispose() => _http.Dispose();

    // The exporter appends a unit and "_total", which differ by its version.
    private static bool Names(string line, string name) =>
        line.StartsWith(name, StringComparison.Ordinal)
        && line.Length > name.Length && line[name.Length] is '{' or ' ' or '_'
        && !line.AsSpan(name.Length).StartsWith("_bucket", StringComparison.Ordinal);

    private static double Value(string line)
    {
        var words = line[(line.LastIndexOf('}') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return double.Parse(line.Contains('}', StringComparison.Ordinal) ? words[0] : words[1], CultureInfo.InvariantCulture);
    }
}
