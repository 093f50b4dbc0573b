using System.Globalization;

namespace Crm.Bench;

/// <summary>What was asked for on the command line: <c>--name value</c>, and <c>--name</c> alone.</summary>
internal sealed class BenchOptions
{
    private readonly Dictionary<string, string> _given = [];

    public BenchOptions(IEnumerable<string> words)
    {
        string? name = null;
        foreach (var word in words)
        {
            if (word.StartsWith("--", StringComparison.Ordinal)) _given[name = word[2..]] = "";
            else if (name is null) throw new ArgumentException($"Give \"--name value\", not \"{word}\".");
            else (_given[name], name) = (word, null);
        }
    }

    /// <summary>True when it was given, with a value or without.</summary>
    public bool Has(string name) => _given.ContainsKey(name);

    /// <summary>The data folder of the product under test; emptied by most questions.</summary>
    public string Data => Path.GetFullPath(Text("data", Path.Combine(Path.GetTempPath(), "crm-bench")));

    /// <summary>The port of the product under test.</summary>
    public int Port => Whole("port", 18_080);

    /// <summary>Silos of the product under test.</summary>
    public int Silos => Whole("silos", 1);

    /// <summary>Customers of the load.</summary>
    public int Customers => Whole("customers", 100_000);

    /// <summary>Seconds of load before the measurement: the first seconds of a process run at half speed (JIT).</summary>
    public TimeSpan WarmUp => TimeSpan.FromSeconds(Number("warmup", 15));

    /// <summary>Folder for the result.</summary>
    public string Out => Path.GetFullPath(Text("out", Path.Combine(Repository.Root, "bench", "results")));

    /// <summary>A text, or its default.</summary>
    public string Text(string name, string otherwise) => _given.GetValueOrDefault(name, otherwise);

    /// <summary>A number, or its default.</summary>
    public double Number(string name, double otherwise) =>
        _given.TryGetValue(name, out var text) ? double.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    /// <summary>A whole number, or its default.</summary>
    public int Whole(string name, int otherwise) => (int)Number(name, otherwise);

    /// <summary>Seconds, or their default.</summary>
    public TimeSpan Seconds(string name, double otherwise) => TimeSpan.FromSeconds(Number(name, otherwise));
}
