using System.Globalization;

namespace Crm.Bench;

/// <summary>Reads the silos' Prometheus pages, found by the addresses noted in the data folder.</summary>
internal sealed class SiloMetrics(string dataFolder) : IDisposable
{
    private readonly HttpClient _http = new();

    /// <summary>Events that customers have taken since the silos' start.</summary>
    public async Task<long> Applied() => (long)await Sum("crm_applied");

    /// <summary>Sum over silos and labels of what begins with a name; 0 when a silo does not answer.</summary>
    public async Task<double> Sum(string name)
    {
        var sum = 0.0;
        foreach (var file in Directory.EnumerateFiles(Path.Combine(dataFolder, "run"), "silo-*.url"))
        {
            try
            {
                var page = await _http.GetStringAsync(new Uri(new Uri((await File.ReadAllTextAsync(file)).Trim()), "/metrics"));
                sum += page.Split('\n').Where(line => Names(line, name)).Sum(Value);
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
