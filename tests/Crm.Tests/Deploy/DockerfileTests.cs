using System.Text.RegularExpressions;
using Crm.Hosting;
using Xunit;

namespace Crm.Deploy;

/// <summary>The Dockerfile names only what exists.</summary>
public sealed partial class DockerfileTests
{
    private static readonly Dockerfile s_file = Dockerfile.Read(Source.Path("deploy", "Dockerfile"));

    internal static SiloOptions Silo { get; } = new() { Postgres = "" };

    internal static ApiOptions Api { get; } = new() { Postgres = "" };

    [Fact]
    public void Everything_copied_from_the_repository_is_there()
    {
        var copied = s_file.Stages.SelectMany(stage => stage.All("COPY")).Where(copy => !copy.StartsWith("--from", StringComparison.Ordinal))
            .SelectMany(copy => copy.Split(' ')[..^1]).ToArray();

        Assert.NotEmpty(copied);
        Assert.All(copied, path => Assert.True(System.IO.Path.Exists(Source.Path(path)), path));
    }

    [Theory]
    [InlineData("silo", "Crm.Silo")]
    [InlineData("api", "Crm.Api")]
    [InlineData("cli", "Crm.Cli")]
    public void Each_image_runs_the_program_that_was_published_for_it(string image, string project)
    {
        var published = PublishStep().Matches(string.Join(' ', s_file.Named("build").All("RUN")))
            .ToDictionary(match => match.Groups[2].Value, match => match.Groups[1].Value);
        var stage = s_file.Named(image);
        var from = stage.All("COPY").Single().Split(' ');

        Assert.Equal("--from=build", from[0]);
        Assert.Equal($"src/{project}", published[from[1]]);
        Assert.Equal(["dotnet", Source.Dll(project)], stage.Entry);
        Assert.Contains(s_file.Stages, other => other.Name == stage.From && other.All("USER").Any());
    }

    [Fact]
    public void Ports_and_health_checks_are_those_of_the_processes()
    {
        Assert.Equal([Silo.SiloPort, Silo.GatewayPort, Silo.HttpPort], s_file.Named("silo").Exposed);
        Assert.Equal([Api.Port], s_file.Named("api").Exposed);
        Checked("silo", "Crm.Silo", Silo.HttpPort);
        Checked("api", "Crm.Api", Api.Port);
    }

    [Fact]
    public void Variables_that_are_set_are_read()
    {
        var known = Source.Variables("Crm.Silo").Concat(Source.Variables("Crm.Api")).ToHashSet();
        var set = CrmVariable().Matches(string.Join(' ', s_file.Stages.SelectMany(stage => stage.All("ENV")))).Select(match => match.Value);

        Assert.All(set, name => Assert.Contains(name, known));
    }

    private static void Checked(string image, string project, int port)
    {
        var url = new Uri(s_file.Named(image).All("HEALTHCHECK").Single().Split(' ')[^1]);

        Assert.Equal(port, url.Port);
        Assert.Contains(url.AbsolutePath, Source.Urls(project));
    }

    [GeneratedRegex(@"dotnet publish (\S+) -c Release -o (\S+)")]
    private static partial Regex PublishStep();

    [GeneratedRegex("CRM_[A-Z_]+")]
    private static partial Regex CrmVariable();
}
