using System.Globalization;
using System.Net;
using Crm.CommandLine;
using Crm.Hosting;

namespace Crm.Running;

/// <summary>The processes of one run, and what each is told.</summary>
internal static class Fleet
{
    private const int PortsOfSilo = 3;

    /// <summary>The silos, on ports of their own.</summary>
    public static IReadOnlyList<ChildSpec> Silos(RunOptions options, RunFolder folder, string postgres)
    {
        return Enumerable.Range(1, options.Silos).Select(number => Silo($"silo-{number}")).ToArray();

        ChildSpec Silo(string name)
        {
            var own = Ports(folder, name);
            var environment = Shared(folder, postgres);
            environment["CRM_NAME"] = name;
            environment["CRM_HOST"] = "127.0.0.1";
            environment["CRM_SILO_PORT"] = Text(own[0]);
            environment["CRM_GATEWAY_PORT"] = Text(own[1]);
            environment["CRM_HTTP_PORT"] = Text(own[2]);
            return new ChildSpec(name, [Dotnet, Program("Crm.Silo", "Crm.Silo.dll")], environment, new Uri($"http://127.0.0.1:{own[2]}"));
        }
    }

    /// <summary>The API. With a key for the demo shop it also serves the shop's page.</summary>
    public static ChildSpec Api(RunOptions options, RunFolder folder, string postgres, string pageToken, string? shopKey)
    {
        var environment = Shared(folder, postgres);
        environment["CRM_LISTEN"] = options.Listen.ToString();
        environment["CRM_PORT"] = Text(options.Port);
        environment["CRM_PAGE_TOKEN"] = pageToken;
        environment["CRM_SHOP_KEY"] = shopKey;
        environment["CRM_FREE_DISK_PATH"] = options.ExternalPostgres is null ? folder.Data : null;
        return new ChildSpec("api", [Dotnet, Program("Crm.Api", "Crm.Api.dll")], environment, options.LocalUrl);
    }

    /// <summary>The demo shop's visitors.</summary>
    public static ChildSpec Demo(RunOptions options, RunFolder folder, string postgres, string writeKey)
    {
        var environment = Shared(folder, postgres);
        environment["CRM_API_URL"] = options.LocalUrl.GetLeftPart(UriPartial.Authority);
        environment["CRM_DEMO_KEY"] = writeKey;
        return new ChildSpec("demo", [Dotnet, Program("Crm.Cli", "crm.dll"), "demo", "run", "--data", folder.Data], environment, Url: null) { MayEnd = true };
    }

    // The same in every run: at its old address a silo is known for the successor of one that was killed, and takes
    // its place at once; elsewhere the others would first have to find out that the old one is dead.
    private static IReadOnlyList<int> Ports(RunFolder folder, string silo)
    {
        var kept = (folder.Read($"{silo}.ports") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(p => int.Parse(p, CultureInfo.InvariantCulture)).ToArray();
        if (kept.Length == PortsOfSilo && kept.All(port => ListenCheck.IsFree(IPAddress.Loopback, port)))
        {
            return kept;
        }

        var picked = FreePorts.Pick(PortsOfSilo);
        folder.Write($"{silo}.ports", string.Join(' ', picked));
        return picked;
    }

    /// <summary>The runtime that runs this program.</summary>
    public static string Dotnet =>
        Environment.ProcessPath is { } own && Path.GetFileName(own) == "dotnet" ? own : "dotnet";

    private static Dictionary<string, string?> Shared(RunFolder folder, string postgres) => new([Leftovers.Mark(folder)])
    {
        ["CRM_POSTGRES"] = postgres,
        ["DOTNET_gcServer"] = Set("DOTNET_gcServer", "0"),

        // Hexadecimal: 128 MB. With the default, a few per cent of this, every collection finds most of what is being handled still
        // in use and copies it; a third of the silo's time went into that.
        ["DOTNET_GCgen0size"] = Set("DOTNET_GCgen0size", "8000000"),

        // What was collected is soon used again: to give it back and fault it in anew costs more than it frees.
        ["DOTNET_GCRetainVM"] = "1",

        // Where the hosts listen is CRM_*'s to say.
        ["ASPNETCORE_URLS"] = null,
        ["ASPNETCORE_HTTP_PORTS"] = null,
    };

    /// <summary>What who starts the run has set for its processes wins.</summary>
    private static string Set(string variable, string otherwise) => Environment.GetEnvironmentVariable(variable) ?? otherwise;

    /// <summary>Where one of the product's programs lies.</summary>
    /// <exception cref="CommandFailedException">It is missing.</exception>
    // Published, all programs lie in one folder; built, each in its project's, which differ by the project's name alone.
    public static string Program(string project, string file)
    {
        var here = Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory);
        string[] places = [Path.Combine(here, file), Path.Combine(here.Replace("Crm.Cli", project, StringComparison.Ordinal), file)];
        return places.FirstOrDefault(File.Exists)
            ?? throw new CommandFailedException($"{file} is missing; build the whole solution: dotnet build -c Release.");
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
