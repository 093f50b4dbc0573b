using Crm.Embedded;
using Crm.Infrastructure;
using Crm.Schema;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Crm.Clickstream;

/// <summary>The writer and its reader while their server dies and comes back; durable, with fsync.</summary>
public sealed class LogServerLossTests : IAsyncLifetime
{
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
    public async Task What_was_acknowledged_before_the_servers_death_is_in_the_log_and_later_calls_work_again()
    {
        await using var stores = new Stores(_server!.ConnectionString);
        var acked = new List<string>();
        var sent = new List<string>();
        using var stop = new CancellationTokenSource();
        var callers = Enumerable.Range(0, 8).Select(Call).ToArray();
        await Eventually.True(() => Count(acked) > 300, "a load is running");
        var tail = await Follow(stores);

        _server!.Process.Signal(UnixProcess.SigKill);
        await _server.Process.WaitForExit(TimeSpan.FromSeconds(10), TimeProvider.System);
        await stop.CancelAsync();
        await Task.WhenAll(callers);
        var refused = await Assert.ThrowsAsync<LogUnavailableException>(() => stores.Writer.Append([Stores.Event("u:1", "while down")]));
        Assert.NotNull(refused.InnerException);
        await Start();

        await Eventually.True(() => Works(stores), "the writer has found its server again");
        var logged = await Logged(stores);
        Assert.Equal(logged.Count, logged.Distinct().Count());
        Assert.Empty(acked.Except(logged));
        Assert.DoesNotContain(logged.Except(sent), id => !id.StartsWith("after", StringComparison.Ordinal));
        await Eventually.True(async () => (await tail()).Any(id => id.StartsWith("after", StringComparison.Ordinal)), "the tail reads on");

        async Task Call(int caller)
        {
            await Task.Yield();
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                var id = $"{caller}/{i}";
                lock (sent) sent.Add(id);
                try
                {
                    await stores.Writer.Append([Stores.Event("u:1", id)]);
                    lock (acked) acked.Add(id);
                }
                catch (LogUnavailableException)
                {
                    // Unknown: it may be in the log.
                }
            }
        }
    }

    private static int Count(List<string> list)
    {
        lock (list) return list.Count;
    }

    private static async Task<bool> Works(Stores stores)
    {
        try
        {
            await stores.Writer.Append([Stores.Event("u:1", "after " + Guid.NewGuid())]);
            return true;
        }
        catch (LogUnavailableException)
        {
            return false;
        }
    }

    private static async Task<List<string>> Logged(Stores stores) =>
        [.. (await stores.ReadAll(Partitioning.Of("u:1"))).Select(e => e.Event.MessageId)];

    private static async Task<Func<Task<IEnumerable<string>>>> Follow(Stores stores)
    {
        var partition = Partitioning.Of("u:1");
        stores.Tail.Subscribe(partition, await stores.Log.Head(partition));
        return async () =>
        {
            var blocks = await stores.Tail.Take(partition, 100, TimeSpan.FromMilliseconds(200));
            return blocks.SelectMany(b => b.Events()).Select(e => PackedEvent.Read(e.Packed).MessageId);
        };
    }

    private async Task Start() => _server = await EmbeddedServer.Start(
        new EmbeddedServerOptions { Folder = _folder.Path }, TimeProvider.System, NullLogger.Instance, CancellationToken.None);
}
