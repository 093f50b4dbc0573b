using System.Net;

namespace Crm.Bench;

/// <summary>Runs something on a fixed schedule over a few connections.</summary>
internal static class OpenLoop
{
    /// <summary>Runs <paramref name="once"/> at each moment; it gets its connection, its worker's number and the moment.</summary>
    public static async Task Run(IPEndPoint api, double perSecond, TimeSpan duration, int connections, Func<HttpConnection, int, long, ValueTask> once)
    {
        using var pacer = new Pacer(perSecond, duration);
        await Task.WhenAll(Enumerable.Range(0, connections).Select(i => Task.Run(() => Work(i))));

        async Task Work(int worker)
        {
            using var connection = new HttpConnection(api);
            await foreach (var due in pacer.Due.ReadAllAsync()) await once(connection, worker, due);
        }
    }
}
