using System.Globalization;

namespace Crm.Bench;

/// <summary>CPU seconds used so far, by part of the product, and of the load generator; and of the whole machine.</summary>
internal sealed record CpuUse(double Api, double Silo, double Postgres, double Generator, double Supervisor, double Busy, double Elapsed)
{
    /// <summary>What was used since an earlier sample.</summary>
    public CpuUse Since(CpuUse earlier) => new(
        Api - earlier.Api, Silo - earlier.Silo, Postgres - earlier.Postgres, Generator - earlier.Generator,
        Supervisor - earlier.Supervisor, Busy - earlier.Busy, Elapsed - earlier.Elapsed);

    /// <summary>A table: microseconds an event, and cores, by part.</summary>
    public IEnumerable<string> Table(long events)
    {
        yield return "| CPU | API | silo | PostgreSQL | generator | product in all | machine busy (of 2 cores) |";
        yield return "|---|---|---|---|---|---|---|";
        yield return $"| us per event | {Us(Api, events)} | {Us(Silo, events)} | {Us(Postgres, events)} | {Us(Generator, events)} | {Us(Api + Silo + Postgres + Supervisor, events)} | {Us(Busy, events)} |";
        yield return $"| cores | {Api / Elapsed:0.00} | {Silo / Elapsed:0.00} | {Postgres / Elapsed:0.00} | {Generator / Elapsed:0.00} | {(Api + Silo + Postgres + Supervisor) / Elapsed:0.00} | {Busy / Elapsed:0.00} |";
    }

    private static string Us(double seconds, long events) => events == 0 ? "-" : $"{seconds * 1e6 / events:0.0}";
}

/// <summary>Memory in MB. PostgreSQL's is the sum of proportional sets, so that shared pages count once.</summary>
internal sealed record MemoryUse(double ApiMb, double SiloMb, double PostgresMb);

/// <summary>Reads /proc for the product's processes, found by the ids in its data folder.</summary>
internal sealed class ProcessSampler(string dataFolder)
{
    // USER_HZ is 100 on every Linux that .NET runs on.
    private const double TicksPerSecond = 100;

    /// <summary>CPU used so far.</summary>
    public CpuUse Cpu()
    {
        var all = ReadAll();
        return new CpuUse(
            OfTree(all, Pid("api"), children: false),
            SiloPids().Sum(pid => OfTree(all, pid, children: false)),
            OfTree(all, Pid("postgres"), children: true),
            OfTree(all, Environment.ProcessId, children: false),
            OfTree(all, Pid("run"), children: false),
            MachineBusy(),
            Clock.Seconds(Clock.Now));
    }

    /// <summary>Memory now.</summary>
    public MemoryUse Memory()
    {
        var postgres = Pid("postgres");
        var parts = ReadAll().Where(p => p.Id == postgres || p.Parent == postgres).Select(p => Field($"/proc/{p.Id}/smaps_rollup", "Pss:"));
        return new MemoryUse(Rss(Pid("api")), SiloPids().Sum(Rss), parts.Sum());
    }

    /// <summary>The process ids of the silos.</summary>
    public IEnumerable<int> SiloPids() =>
        Directory.EnumerateFiles(Path.Combine(dataFolder, "run"), "silo-*.pid").Select(f => int.Parse(File.ReadAllText(f), CultureInfo.InvariantCulture));

    /// <summary>The process id noted under a name; 0 when there is none.</summary>
    public int Pid(string name)
    {
        var file = Path.Combine(dataFolder, "run", $"{name}.pid");
        return File.Exists(file) ? int.Parse(File.ReadAllText(file), CultureInfo.InvariantCulture) : 0;
    }

    private static double Rss(int pid) => Field($"/proc/{pid}/status", "VmRSS:");

    /// <summary>A size in kB as MB; 0 for a process that has ended.</summary>
    private static double Field(string file, string name)
    {
        try
        {
            var line = File.ReadLines(file).FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal));
            return line is null ? 0 : double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    /// <summary>A process, and when it is a server of processes, those alive and those that have ended (their time is their parent's then).</summary>
    private static double OfTree(List<ProcessTimes> all, int root, bool children) =>
        all.Where(p => p.Id == root).Sum(p => p.Own + (children ? p.Ended : 0))
        + (children ? all.Where(p => p.Parent == root).Sum(p => p.Own) : 0);

    private static List<ProcessTimes> ReadAll()
    {
        var all = new List<ProcessTimes>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id)) continue;
            try
            {
                var stat = File.ReadAllText(folder + "/stat");
                var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
                all.Add(new ProcessTimes(id, int.Parse(fields[1]), Time(fields, 11), Time(fields, 13)));
            }
            catch (IOException)
            {
                // It ended meanwhile.
            }
        }

        return all;
    }

    private static double Time(string[] fields, int at) => (long.Parse(fields[at]) + long.Parse(fields[at + 1])) / TicksPerSecond;

    private static double MachineBusy()
    {
        var fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(long.Parse).ToArray();
        return (fields.Take(8).Sum() - fields[3] - fields[4]) / TicksPerSecond;
    }

    private readonly record struct ProcessTimes(int Id, int Parent, double Own, double Ended);
}
