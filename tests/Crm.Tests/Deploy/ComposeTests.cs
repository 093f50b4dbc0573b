using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace Crm.Deploy;

/// <summary>compose.yaml and the files beside it name only what exists.</summary>
public sealed partial class ComposeTests
{
    private static readonly string s_text = File.ReadAllText(Source.Path("deploy", "compose.yaml"));

    private static readonly Dictionary<string, object> s_file = new DeserializerBuilder().Build()
        .Deserialize<Dictionary<string, object>>(new MergingParser(new Parser(new StringReader(s_text))));

    private static readonly Dictionary<string, string> s_projects = new() { ["silo"] = "Crm.Silo", ["api"] = "Crm.Api", ["cli"] = "Crm.Cli" };

    [Fact]
    public void It_starts_a_database_two_silos_and_two_apis()
    {
        var targets = Built().Select(service => service.Target).CountBy(target => target).ToDictionary();

        Assert.Equal(new() { ["silo"] = 2, ["api"] = 2, ["cli"] = 1 }, targets);
        Assert.Equal("postgres:15", Services()["postgres"]["image"]);
    }

    [Fact]
    public void Images_are_built_from_stages_that_exist()
    {
        foreach (var (_, service, target) in Built())
        {
            var build = Map(service["build"]);
            var context = Path.GetFullPath(Path.Combine(Source.Path("deploy"), (string)build["context"]));
            Assert.Equal(Path.GetFullPath(Source.Path()), Path.TrimEndingDirectorySeparator(context) + (Source.Path().EndsWith('/') ? "/" : ""));
            Dockerfile.Read(Path.Combine(context, (string)build["dockerfile"])).Named(target);
        }
    }

    [Fact]
    public void Variables_are_read_by_the_process_they_are_given_to()
    {
        // The command line opens the database as every process does.
        foreach (var (name, service, target) in Built())
        {
            var known = Source.Variables(s_projects[target]).Concat(target == "cli" ? Source.Variables("Crm.Api") : []).ToHashSet();
            Assert.All(Map(service["environment"]).Keys, variable => Assert.True(known.Contains(variable), $"{name}: {variable}"));
        }
    }

    [Fact]
    public void Silos_are_reached_by_the_name_of_their_service()
    {
        foreach (var (name, service, _) in Built().Where(service => service.Target == "silo"))
        {
            var environment = Map(service["environment"]);
            Assert.Equal((name, name), (environment["CRM_HOST"], environment["CRM_NAME"]));
        }

        Assert.All(Built(), service => Assert.Contains("Host=postgres;", (string)Map(service.Fields["environment"])["CRM_POSTGRES"], StringComparison.Ordinal));
    }

    [Fact]
    public void Published_ports_lead_to_the_port_that_the_api_listens_on()
    {
        var mappings = Services().Values.Where(service => service.ContainsKey("ports"))
            .SelectMany(service => (List<object>)service["ports"]).Select(port => ((string)port).Split(':')).ToArray();

        Assert.Equal(2, mappings.Length);
        Assert.Equal(mappings.Length, mappings.Select(parts => parts[1]).Distinct().Count());
        Assert.All(mappings, parts => Assert.Equal(DockerfileTests.Api.Port, int.Parse(parts[2], CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void What_a_service_waits_for_or_mounts_is_declared()
    {
        var services = Services();
        foreach (var service in services.Values)
        {
            if (service.TryGetValue("depends_on", out var waits)) Assert.All(Map(waits).Keys, other => Assert.True(services[other].ContainsKey("healthcheck"), other));
            if (service.TryGetValue("volumes", out var mounts)) Assert.All((List<object>)mounts, mount => Assert.Contains(((string)mount).Split(':')[0], Map(s_file["volumes"]).Keys));
        }
    }

    [Fact]
    public void Settings_of_the_env_file_are_those_that_are_asked_for_and_no_secret_is_in_clear()
    {
        var offered = File.ReadLines(Source.Path("deploy", ".env.example")).Where(line => line.Contains('=') && line[0] != '#').Select(line => line.Split('=')[0]);
        var asked = Placeholder().Matches(s_text).Select(match => match.Groups[1].Value).Distinct();

        Assert.Equal(asked.Order(), offered.Order());
        Assert.All(
            s_text.Split('\n').Where(line => line.Contains("password", StringComparison.OrdinalIgnoreCase) || line.Contains("token", StringComparison.OrdinalIgnoreCase)),
            line => Assert.Contains("${", line, StringComparison.Ordinal));
    }

    private static Dictionary<string, Dictionary<string, object>> Services() =>
        Map(s_file["services"]).ToDictionary(service => service.Key, service => Map(service.Value));

    private static IEnumerable<(string Name, Dictionary<string, object> Fields, string Target)> Built() =>
        from service in Services()
        where service.Value.ContainsKey("build")
        select (service.Key, service.Value, (string)Map(service.Value["build"])["target"]);

    private static Dictionary<string, object> Map(object? node) =>
        node is Dictionary<object, object> map ? map.ToDictionary(entry => (string)entry.Key, entry => entry.Value) : [];

    [GeneratedRegex(@"\$\{([A-Z_]+)")]
    private static partial Regex Placeholder();
}
