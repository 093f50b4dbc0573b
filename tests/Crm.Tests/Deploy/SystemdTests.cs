using System.Diagnostics;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Deploy;

/// <summary>The systemd units name only what exists, are hardened, and are valid to systemd itself.</summary>
public sealed class SystemdTests
{
    public static TheoryData<string, string> Units => new() { { "silo", "Crm.Silo" }, { "api", "Crm.Api" } };

    [Theory]
    [MemberData(nameof(Units))]
    public void A_unit_starts_the_program_that_the_guide_publishes(string unit, string project)
    {
        var settings = Settings(unit);
        var folder = settings["WorkingDirectory"].Single();

        Assert.Equal($"/usr/bin/dotnet {folder}/{Source.Dll(project)}", settings["ExecStart"].Single());
        Assert.Contains($"dotnet publish src/{project} -c Release -o {folder}\n", Guide(), StringComparison.Ordinal);
        Assert.Contains($"crm-{unit}@.service", Guide(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Units))]
    public void Variables_are_read_by_the_program(string unit, string project)
    {
        var shared = Source.Variables("Crm.Silo").Concat(Source.Variables("Crm.Api")).ToHashSet();
        var own = Source.Variables(project);

        Assert.All(
            Settings(unit)["Environment"].Select(line => line.Split('=')[0]).Where(name => name.StartsWith("CRM_", StringComparison.Ordinal)),
            name => Assert.Contains(name, own));
        Assert.All(EnvironmentFile("crm.env"), name => Assert.Contains(name, shared));
        Assert.All(EnvironmentFile($"{unit}-2.env"), name => Assert.Contains(name, own));
    }

    [Theory]
    [MemberData(nameof(Units))]
    public void Settings_come_from_files_that_have_an_example(string unit, string project)
    {
        var files = Settings(unit)["EnvironmentFile"];

        Assert.Equal(["/etc/crm/crm.env", $"-/etc/crm/{unit}-%i.env"], files);
        Assert.Contains("/etc/crm/crm.env", Guide(), StringComparison.Ordinal);
        Assert.Contains($"{unit}-2.env.example", Guide(), StringComparison.Ordinal);
        Assert.NotEmpty(Source.Variables(project));
    }

    [Theory]
    [MemberData(nameof(Units))]
    public void A_unit_is_hardened_and_comes_back(string unit, string project)
    {
        var settings = Settings(unit);

        Assert.All(
            new[]
            {
                ("NoNewPrivileges", "yes"), ("ProtectSystem", "strict"), ("ProtectHome", "yes"), ("DynamicUser", "yes"), ("CapabilityBoundingSet", ""),
                ("PrivateTmp", "yes"), ("PrivateDevices", "yes"), ("Restart", "always"), ("StartLimitIntervalSec", "0"),
            },
            wanted => Assert.Equal(wanted.Item2, settings[wanted.Item1].Single()));
        Assert.DoesNotContain("Password", string.Join('\n', settings["Environment"]), StringComparison.OrdinalIgnoreCase);
        Assert.True(Directory.Exists(Source.Path("src", project)));
    }

    [SystemdTheory]
    [MemberData(nameof(Units))]
    public async Task Systemd_finds_nothing_wrong(string unit, string project)
    {
        // The SDK of this machine may lie elsewhere than a package puts it.
        using var folder = new TempFolder();
        var copy = Path.Combine(folder.Path, $"crm-{unit}@.service");
        await File.WriteAllTextAsync(copy, (await File.ReadAllTextAsync(UnitFile(unit))).Replace("/usr/bin/dotnet", Environment.ProcessPath, StringComparison.Ordinal));

        using var process = Process.Start(new ProcessStartInfo("systemd-analyze", ["verify", copy]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var said = await process.StandardError.ReadToEndAsync() + await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.Equal((0, ""), (process.ExitCode, said.Trim()));
        Assert.True(Directory.Exists(Source.Path("src", project)));
    }

    [Fact]
    public void The_guides_table_of_settings_is_what_the_programs_read()
    {
        var rows = Guide().Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal)).Select(line => line.Split('|', StringSplitOptions.TrimEntries));
        var told = rows.SelectMany(cells => cells[2].Split(", ").Select(reader => (Reader: reader, Name: cells[1].Trim('`'))));
        var read = new[] { ("silo", "Crm.Silo"), ("API", "Crm.Api") }.SelectMany(program => Source.Variables(program.Item2).Select(name => (Reader: program.Item1, Name: name)));

        Assert.Equal(read.Order(), told.Order());
    }

    private static string Guide() => File.ReadAllText(Source.Path("deploy", "README.md"));

    private static string UnitFile(string unit) => Source.Path("deploy", "systemd", $"crm-{unit}@.service");

    private static IEnumerable<string> EnvironmentFile(string name) =>
        File.ReadLines(Source.Path("deploy", "systemd", name + ".example")).Where(line => line.Contains('=') && line[0] != '#').Select(line => line.Split('=')[0]);

    private static ILookup<string, string> Settings(string unit) => File.ReadLines(UnitFile(unit))
        .Where(line => line.Contains('=')).Select(line => line.Split('=', 2)).ToLookup(pair => pair[0], pair => pair[1]);

    /// <summary>Needs systemd's own checker; skipped, visibly, where it is not installed.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    private sealed class SystemdTheoryAttribute : TheoryAttribute
    {
        public SystemdTheoryAttribute() => Skip =
            (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, "systemd-analyze")))
                ? null
                : "needs systemd-analyze: install systemd";
    }
}
