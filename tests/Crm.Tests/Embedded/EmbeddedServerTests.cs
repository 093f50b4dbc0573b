using Crm.Infrastructure;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Xunit;

namespace Crm.Embedded;

public sealed class EmbeddedServerTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly TempFolder _folder = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (EmbeddedServer.FindRunning(_folder.Path) is { } left)
        {
            left.Signal(UnixProcess.SigQuit);
            await left.WaitForExit(Patience, TimeProvider.System);
        }

        _folder.Dispose();
    }

    [Fact]
    public async Task It_starts_answers_by_socket_only_and_stops()
    {
        var server = await Start();

        Assert.Equal("", await Ask(server, "show listen_addresses"));
        Assert.Equal("UTF8", await Ask(server, "show server_encoding"));
        Assert.Equal("on", await Ask(server, "show synchronous_commit"));
        await server.Stop(Patience);
        Assert.False(server.Process.IsAlive);
    }

    [Fact]
    public async Task A_running_server_is_adopted_and_ends_with_its_last_user()
    {
        var first = await Start();
        await Ask(first, "create table kept (x int)");
        var second = await Start();
        Assert.True(second.WasRunning);
        Assert.Equal(first.Process, second.Process);

        await first.DisposeAsync();
        Assert.Equal("0", await Ask(second, "select count(*)::text from kept"));

        await second.DisposeAsync();
        Assert.False(second.Process.IsAlive);
    }

    [Fact]
    public async Task A_server_that_was_made_to_stay_stays()
    {
        var command = await Start();
        await using (await Start(_folder.Path, stays: true))
        {
            await command.DisposeAsync();
        }

        Assert.True(command.Process.IsAlive);
    }

    [Fact]
    public async Task Starters_at_one_time_get_one_server()
    {
        var servers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(Start)));

        Assert.Single(servers.Select(s => s.Process).Distinct());
        Assert.Single(servers, s => !s.WasRunning);
        await servers[0].Stop(Patience);
        await servers[1].DisposeAsync();
        await servers[2].DisposeAsync();
    }

    [Fact]
    public async Task After_a_kill_it_starts_again_with_what_was_committed()
    {
        var first = await Start();
        await Ask(first, "create table kept as select 1 as x");
        first.Process.Signal(UnixProcess.SigKill);

        await using var second = await Start();

        Assert.NotEqual(first.Process, second.Process);
        Assert.Equal("1", await Ask(second, "select count(*)::text from kept"));
        await second.Stop(Patience);
    }

    [Fact]
    public async Task A_stale_pid_file_whose_number_is_now_another_programs_does_not_stand_in_the_way()
    {
        var first = await Start();
        first.Process.Signal(UnixProcess.SigKill);
        await Eventually.True(() => !UnixProcess.All().Any(p => p.CommandLine.Any(w => w.Contains(_folder.Path, StringComparison.Ordinal))), "the server is gone");
        var file = Path.Combine(_folder.Path, "postgres", "postmaster.pid");
        await Eventually.True(() => !UnixProcess.All().Any(p => p.WorkingDirectory == Path.GetDirectoryName(file)), "its children are gone");
        var lines = await File.ReadAllLinesAsync(file);
        lines[0] = $"{Environment.ProcessId}";
        await File.WriteAllLinesAsync(file, lines);

        var second = await Start();

        Assert.False(second.WasRunning);
        await second.Stop(Patience);
    }

    [Fact]
    public async Task A_folder_too_deep_for_a_socket_works_too()
    {
        var deep = Directory.CreateDirectory(Path.Combine(_folder.Path, new string('d', 120))).FullName;

        var server = await Start(deep);

        Assert.StartsWith("/tmp/crm-", server.SocketFolder, StringComparison.Ordinal);
        Assert.Equal("1", await Ask(server, "select '1'"));
        await server.Stop(Patience);
        Directory.Delete(server.SocketFolder, recursive: true);
    }

    [Fact]
    public async Task A_data_folder_behind_a_link_is_the_same_data_folder()
    {
        var link = Path.Combine(_folder.Path, "link");
        Directory.CreateDirectory(Path.Combine(_folder.Path, "real"));
        File.CreateSymbolicLink(link, Path.Combine(_folder.Path, "real"));
        var first = await Start(link);
        await using var second = await Start(Path.Combine(_folder.Path, "real"));

        Assert.Equal(first.Process, second.Process);
        await first.Stop(Patience);
    }

    [Fact]
    public async Task A_folder_that_the_servers_account_cannot_reach_works_too()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return; // An ordinary user's server runs as that user and reaches what he reaches.
        }

        File.SetUnixFileMode(_folder.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var data = Path.Combine(_folder.Path, "data");
        var server = await Start(data);
        await server.Stop(Patience);
        server = await Start(data);

        Assert.Equal("1", await Ask(server, "select '1'"));
        await server.Stop(Patience);
        Directory.Delete(server.SocketFolder, recursive: true);
        Directory.Delete(Path.GetDirectoryName(Directory.ResolveLinkTarget(Path.Combine(data, "postgres"), true)!.FullName)!, recursive: true);
    }

    [Fact]
    public async Task A_setting_of_a_persons_own_wins()
    {
        await (await Start()).Stop(Patience);
        await File.AppendAllTextAsync(Path.Combine(_folder.Path, "postgres", "postgresql.conf"), "work_mem = 7MB\n");

        var server = await Start();

        Assert.Equal("7MB", await Ask(server, "show work_mem"));
        await server.Stop(Patience);
    }

    private Task<EmbeddedServer> Start() => Start(_folder.Path);

    private static Task<EmbeddedServer> Start(string folder, bool stays = false) =>
        EmbeddedServer.Start(new EmbeddedServerOptions { Folder = folder, Stays = stays }, TimeProvider.System, NullLogger.Instance, CancellationToken.None);

    private static async Task<string?> Ask(EmbeddedServer server, string sql)
    {
        await using var connection = new NpgsqlConnection(server.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (await command.ExecuteScalarAsync())?.ToString();
    }
}
