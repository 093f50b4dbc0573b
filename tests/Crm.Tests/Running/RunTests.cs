using System.Diagnostics;
using System.Net;
using Crm.Embedded;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Running;

/// <summary>Tests that start the whole product: one after the other, and with the machine to themselves.</summary>
[CollectionDefinition(nameof(WholeProduct), DisableParallelization = true)]
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1052", Justification = "xunit names a collection by a type.")]
public sealed class WholeProduct;

/// <summary>The whole product on one machine, started, hurt and stopped as real processes.</summary>
[Collection(nameof(WholeProduct))]
public sealed class RunTests : IDisposable
{
    private static readonly TimeSpan LongestEnd = TimeSpan.FromSeconds(10);

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task It_starts_refuses_a_second_run_restarts_what_dies_and_ends_on_CtrlC()
    {
        await using var run = await RunProcess.Start(_folder.Path);
        Assert.Equal(HttpStatusCode.OK, await run.Get("/health/ready"));
        Assert.Equal(run.Self.Id, run.Child("run").Id);

        await SecondRunIsRefused(run);
        foreach (var name in new[] { "silo-1", "api", "postgres" })
        {
            var dead = run.Child(name);
            dead.Signal(UnixProcess.SigKill);
            await run.Successor(name, dead);
        }

        await Eventually.True(async () => await run.Get("/health/ready") == HttpStatusCode.OK, "all is well again", TimeSpan.FromSeconds(60));

        UnixProcess[] all = [run.Child("silo-1"), run.Child("api"), run.Child("postgres")];
        run.Self.Signal(UnixProcess.SigInt);
        Assert.Equal(0, await run.ExitCode(LongestEnd));
        Assert.DoesNotContain(all, process => process.IsAlive);
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_folder.Path, "run"), "*.pid"));
    }

    [Fact]
    public async Task After_a_kill_of_the_run_the_next_one_adopts_the_database_and_ends_the_rest()
    {
        UnixProcess silo, api, postgres;
        await using (var killed = await RunProcess.Start(_folder.Path))
        {
            (silo, api, postgres) = (killed.Child("silo-1"), killed.Child("api"), killed.Child("postgres"));
            killed.Self.Signal(UnixProcess.SigKill);
            await killed.ExitCode(LongestEnd);
        }

        Assert.True(postgres.IsAlive);
        await using var next = await RunProcess.Start(_folder.Path, "--silos", "2");

        Assert.Equal(postgres, next.Child("postgres"));
        Assert.False(silo.IsAlive);
        Assert.False(api.IsAlive);
        Assert.True(next.Child("silo-2").IsAlive);
    }

    [Fact]
    public async Task CtrlC_ends_it_even_when_a_script_started_it_in_the_background()
    {
        // A shell tells what it starts in the background to ignore SIGINT.
        await using var run = RunProcess.LaunchInBackground(_folder.Path);
        await Eventually.True(() => EmbeddedServer.FindRunning(_folder.Path) is not null, "PostgreSQL starts");

        run.Self.Signal(UnixProcess.SigInt);

        Assert.Equal(0, await run.ExitCode(LongestEnd));
        Assert.Null(EmbeddedServer.FindRunning(_folder.Path));
    }

    [Fact]
    public async Task A_fresh_start_deletes_the_data_and_only_data()
    {
        var data = Path.Combine(_folder.Path, "data");
        var server = await EmbeddedServer.Start(
            new EmbeddedServerOptions { Folder = data }, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, CancellationToken.None);
        var file = Path.Combine(data, "postgres", "old");
        await File.WriteAllTextAsync(file, "");

        await using (await RunProcess.Start(data, "--fresh"))
        {
            Assert.False(File.Exists(file));
            Assert.False(server.Process.IsAlive);
        }
    }

    [Fact]
    public async Task A_fresh_start_leaves_other_peoples_folders_alone()
    {
        var precious = Path.Combine(_folder.Path, "precious");
        await File.WriteAllTextAsync(precious, "");

        await using var run = RunProcess.Launch(_folder.Path, port: null, "--fresh");

        Assert.Equal(1, await run.ExitCode(LongestEnd));
        Assert.Contains("leaves it alone", run.Said, StringComparison.Ordinal);
        Assert.Equal([precious], Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task A_taken_port_is_named_before_anything_starts()
    {
        using var taken = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        taken.Start();

        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        await using var run = RunProcess.Launch(_folder.Path, port);

        Assert.Equal(1, await run.ExitCode(LongestEnd));
        Assert.Equal($"crm run: Port {port} on 127.0.0.1 is in use by another program. Choose another with --port.", run.Said);
        Assert.False(Directory.Exists(Path.Combine(_folder.Path, "postgres")));
    }

    [Fact]
    public async Task A_fresh_start_that_cannot_be_deletes_nothing()
    {
        using var taken = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var data = Path.Combine(_folder.Path, "data");
        RunFolder.Create(data);
        var file = Path.Combine(data, "precious");
        await File.WriteAllTextAsync(file, "");

        await using var run = RunProcess.Launch(data, ((IPEndPoint)taken.LocalEndpoint).Port, "--fresh");

        Assert.Equal(1, await run.ExitCode(LongestEnd));
        Assert.True(File.Exists(file));
    }

    [Fact]
    public async Task An_address_that_is_not_this_machines_is_named_before_anything_starts()
    {
        await using var run = RunProcess.Launch(_folder.Path, port: null, "--listen", "192.0.2.1");

        Assert.Equal(1, await run.ExitCode(LongestEnd));
        Assert.StartsWith("crm run: 192.0.2.1 is no address of this machine. Choose another with --listen", run.Said, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_folder.Path, "postgres")));
    }

    [Fact]
    public async Task The_command_for_a_key_names_the_data_folder()
    {
        await using var run = await RunProcess.Start(_folder.Path);

        Assert.Contains($"./crm keys create --kind server --name me --data {_folder.Path}", run.Said, StringComparison.Ordinal);
        Assert.Matches(@"/sign-in\?setup=ot_[A-Za-z0-9_-]{43}", run.Said);
    }

    [Theory]
    [InlineData("postgres.new", "the database is being made")]
    [InlineData("postgres/postmaster.pid", "PostgreSQL starts")]
    [InlineData("run/silo-1.pid", "the silo starts")]
    public async Task An_end_while_it_starts_leaves_nothing_running(string sign, string moment)
    {
        await using var run = RunProcess.Launch(_folder.Path);
        await Eventually.True(() => Path.Exists(Path.Combine(_folder.Path, sign)), moment);

        run.Self.Signal(UnixProcess.SigTerm);

        await run.ExitCode(LongestEnd);
        Assert.DoesNotContain(UnixProcess.All(), p => p.CommandLine.Any(word => word.StartsWith(_folder.Path, StringComparison.Ordinal)));
        Assert.DoesNotContain(UnixProcess.All(), p => p.Environment.Contains($"CRM_SUPERVISED_DATA={_folder.Path}"));
    }

    private static async Task SecondRunIsRefused(RunProcess first)
    {
        var before = File.GetLastWriteTimeUtc(Path.Combine(first.Data, "run", "run.pid"));

        await using var second = RunProcess.Launch(first.Data);

        Assert.Equal(1, await second.ExitCode(LongestEnd));
        Assert.Contains($"process {first.Self.Id}", second.Said, StringComparison.Ordinal);
        Assert.Equal(before, File.GetLastWriteTimeUtc(Path.Combine(first.Data, "run", "run.pid")));
        Assert.True(first.Child("postgres").IsAlive);
    }
}
