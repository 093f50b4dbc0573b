using System.Text.RegularExpressions;
using System.Xml.Linq;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Deploy;

/// <summary>What the source says that deployment files may name.</summary>
internal static partial class Source
{
    /// <summary>A path below the root of the repository.</summary>
    public static string Path(params string[] parts) => System.IO.Path.Combine([Repository.Root, .. parts]);

    /// <summary>The DLL that a project builds, by the project's folder below <c>src</c>.</summary>
    public static string Dll(string project)
    {
        var file = Path("src", project, project + ".csproj");
        Assert.True(File.Exists(file), $"there is no project {project}");
        return (XDocument.Load(file).Descendants("AssemblyName").FirstOrDefault()?.Value ?? project) + ".dll";
    }

    /// <summary>Variables that the code of a project reads.</summary>
    public static IReadOnlySet<string> Variables(string project) => Literals(project, VariableName());

    /// <summary>Paths that a project answers to a GET.</summary>
    public static IReadOnlySet<string> Urls(string project)
    {
        var urls = Literals(project, GetRoute()).ToHashSet();
        if (Repository.CSharp($"src/{project}").Any(file => file.Text.Contains("MapPrometheusScrapingEndpoint", StringComparison.Ordinal))) urls.Add("/metrics");
        return urls;
    }

    private static HashSet<string> Literals(string project, Regex pattern) =>
        [.. Repository.CSharp($"src/{project}").SelectMany(file => pattern.Matches(file.Text)).Select(match => match.Groups[1].Value)];

    [GeneratedRegex("\"((?:CRM|OTEL)_[A-Z_]+)\"")]
    private static partial Regex VariableName();

    [GeneratedRegex("MapGet\\(\\s*\"([^\"]+)\"")]
    private static partial Regex GetRoute();
}
