using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Crm.CommandLine;

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
        return circle.Where(port => IsFree(IPAddress.Loopback, port)).Take(count).ToArray();
    }

    /// <exception cref="CommandFailedException">Another program listens there, or the address is not this machine's.</exception>
    public static void Require(IPAddress address, int port)
    {
        if (!IsFree(address, port))
        {
            throw new CommandFailedException($"cannot listen on {new IPEndPoint(address, port)}: another program does, or the address is not this machine's. Choose another port with --port.");
        }
    }

    /// <summary>True when this program could listen there now.</summary>
    public static bool IsFree(IPAddress address, int port)
    {
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
