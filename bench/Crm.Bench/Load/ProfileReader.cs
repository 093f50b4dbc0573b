using System.Text;

namespace Crm.Bench;

/// <summary>Reads profiles on a fixed schedule.</summary>
/// <param name="customers">Whom it reads.</param>
internal sealed class ProfileReader(RunningProduct product, LoadOptions load, ICustomerChoice customers, double perSecond)
{
    // As many as ask at once when an answer takes 50 ms: with fewer, reads would wait for each other here.
    private const int Connections = 64;
    private long _failed, _unknown;

    /// <summary>From the moment a read was due to its answer.</summary>
    public Latencies Took { get; } = new();

    /// <summary>Reads that were not answered 200 or 404.</summary>
    public long Failed => _failed;

    /// <summary>Reads answered 404: the customer has had no event yet.</summary>
    public long Unknown => _unknown;

    /// <summary>Reads for the load's time.</summary>
    public Task Run()
    {
        if (perSecond <= 0) return Task.CompletedTask;
        var random = Enumerable.Range(0, Connections).Select(i => new SplitMix(load.Seed * 77 + (ulong)i)).ToArray();
        return OpenLoop.Run(product.Api, perSecond, load.Duration, Connections, async (connection, worker, due) =>
        {
            var customer = new int[1];
            customers.Choose(customer, ref random[worker]);
            try
            {
                var answer = await connection.Send(Request(product.ServerKey, ShopEvents.CustomerId(customer[0])));
                if (answer.Status == 404) Interlocked.Increment(ref _unknown);
                else if (!answer.IsOk) Interlocked.Increment(ref _failed);
            }
            catch (IOException)
            {
                Interlocked.Increment(ref _failed);
            }

            Took.Since(due);
        });
    }

    /// <summary>A GET of a customer's profile.</summary>
    public static byte[] Request(string serverKey, string customer, string? minPosition = null)
    {
        var auth = Convert.ToBase64String(Encoding.ASCII.GetBytes(serverKey + ":"));
        var query = minPosition is null ? "" : $"?minPosition={minPosition}";
        return Encoding.ASCII.GetBytes($"GET /v1/customers/{Uri.EscapeDataString(customer)}{query} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {auth}\r\n\r\n");
    }
}
