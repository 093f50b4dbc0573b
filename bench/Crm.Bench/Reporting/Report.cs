using System.Globalization;
using System.Runtime;
using System.Runtime.InteropServices;

namespace Crm.Bench;

/// <summary>What a question found, as Markdown: on the console as it comes, and in a file at the end.</summary>
internal sealed class Report(BenchOptions options)
{
    private const string Judgement = "## What it means";

    private readonly List<string> _lines = [];

    /// <summary>One line, or a paragraph.</summary>
    public void Line(string text = "")
    {
        _lines.Add(text);
        Console.WriteLine(text);
    }

    /// <summary>Several lines that belong together, set apart by empty ones.</summary>
    public void Block(IEnumerable<string> lines)
    {
        Line();
        foreach (var line in lines) Line(line);
        Line();
    }

    /// <summary>Writes the file <c>DATE-NAME.md</c>. What a person wrote below "What it means" of the same file stays.</summary>
    public void Save(string name)
    {
        Directory.CreateDirectory(options.Out);
        var day = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var file = Path.Combine(options.Out, $"{day}-{name}.md");
        var judged = File.Exists(file) ? File.ReadLines(file).SkipWhile(l => l != Judgement).ToArray() : [];
        File.WriteAllLines(file, [.. _lines, .. judged is [] ? [Judgement, "", "(not judged yet)"] : judged]);
        Console.WriteLine($"Written to {file}");
    }

    /// <summary>Where and with what it was measured.</summary>
    public void Machine()
    {
        var cpu = File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim();
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1 << 30);
        Line($"{TimeProvider.System.GetUtcNow():yyyy-MM-dd HH:mm} UTC, commit {Repository.Commit}. Machine: {cpu}, {Environment.ProcessorCount} cores, {memory} GB; "
            + $"Linux {Environment.OSVersion.Version.ToString(3)}; {RuntimeInformation.FrameworkDescription}; load generator, API, silo and PostgreSQL share the cores. "
            + $"Generator: {(GCSettings.IsServerGC ? "server" : "workstation")} GC.");
        Line();
    }
}
