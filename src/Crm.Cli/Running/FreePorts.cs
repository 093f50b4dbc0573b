using System.Net;
using System.Security.Cryptography;
using Crm.Hosting;

namespace Crm.Running;

/// <summary>Ports for the processes of one run.</summary>
internal static class FreePorts
{
    // Below the range that the kernel takes for outgoing connections (32768 and up), so that a kept port stays free.
    private const int Lowest = 11_000;
    private const int Highest = 31_999;

    /// <summary>So many free ports of the loopback address. They start at random, so that two runs at one time seldom meet.</summary>
    public static IReadOnlyList<int> Pick(int count)
    {
        var start = RandomNumberGenerator.GetInt32(Lowest, Highest);
        var circle = Enumerable.Range(0, Highest - Lowest).Select(i => Lowest + ((start - Lowest + i) % (Highest - Lowest)));
        return circle.Where(port => ListenCheck.IsFree(IPAddress.Loopback, port)).Take(count).ToArray();
    }
}
