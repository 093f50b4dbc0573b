using Crm.Clickstream;
using Crm.Embedded;
using Crm.Infrastructure;
using Crm.Schema;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Crm.Customers;

/// <summary>The database dies: what is in memory still answers.</summary>
public sealed class PostgresLossTests : IAsyncLifetime
{
    private static readonly TimeSpan s_long = TimeSpan.FromSeconds(20);

    private readonly TempFolder _folder = new();
    private EmbeddedServer? _server;

    public async Task InitializeAsync()
    {
        await Start();
        await SchemaUpgrade.Run(_server!.ConnectionString, NullLogger.Instance, CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await _server!.Stop(TimeSpan.FromSeconds(10));
        _folder.Dispose();
    }

    [Fact]
    public async Task A_customer_in_memory_that_was_never_read_answers_without_the_database()
    {
        await using var silo = await TestSilo.Start(_server!.ConnectionString);
        await using var stores = new Stores(_server.ConnectionString);
        const string Id = "u:kept";
        var seq = (await stores.Writer.Append([Stores.Event(Id, "m1") with { UserId = "kept" }])).Seqs.Single().Seq;
        var partition = silo.Grains.Partition(Partitioning.Of(Id));
        await Eventually.True(async () => (await partition.Progress(0, TimeSpan.Zero)).Checkpoint >= seq, "the event is applied and stored", s_long);

        _server.Process.Signal(UnixProcess.SigKill);
        await _server.Process.WaitForExit(TimeSpan.FromSeconds(10), TimeProvider.System);
        var reached = await partition.Reach(seq, Id, s_long);
        var answer = await silo.Grains.Customer(Id).View();
        await Start();

        Assert.NotNull(reached);
        Assert.False(answer.NotCurrent);
        Assert.Equal(1, answer.View!.CountsByEvent["Tested"]);
    }

    private async Task Start() => _server = await EmbeddedServer.Start(
        new EmbeddedServerOptions { Folder = _folder.Path, Durable = false }, TimeProvider.System, NullLogger.Instance, CancellationToken.None);
}
