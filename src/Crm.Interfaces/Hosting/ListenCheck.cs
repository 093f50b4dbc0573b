using System.Net;
using System.Net.Sockets;

namespace Crm.Hosting;

/// <summary>Whether a process may listen somewhere. Asked before anything is started, so that a refusal costs nothing.</summary>
public static class ListenCheck
{
    private const int FirstOpenPort = 1_024;

    /// <summary>True when this process could listen there now.</summary>
    public static bool IsFree(IPAddress address, int port) => Try(address, port) == SocketError.Success;

    /// <summary>What is in the way, and which setting to change, in words; null when this process could listen there now.</summary>
    /// <param name="address">An address of this machine, or "any".</param>
    /// <param name="port">1 to 65535.</param>
    /// <param name="portSetting">What the operator sets the port by, such as <c>--port</c>.</param>
    /// <param name="addressSetting">What the operator sets the address by.</param>
    public static string? Problem(IPAddress address, int port, string portSetting, string addressSetting) => Try(address, port) switch
    {
        SocketError.Success => null,
        SocketError.AddressAlreadyInUse => $"Port {port} on {address} is in use by another program. Choose another with {portSetting}.",
        SocketError.AddressNotAvailable => $"{address} is no address of this machine. Choose another with {addressSetting}, such as 127.0.0.1, or 0.0.0.0 for all.",
        SocketError.AccessDenied => $"Port {port} needs more rights than this account has. Choose one from {FirstOpenPort} up with {portSetting}.",
        var other => $"Port {port} on {address} cannot be listened on ({other}). Choose others with {portSetting} and {addressSetting}.",
    };

    private static SocketError Try(IPAddress address, int port)
    {
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);

            // As the web server does: every address of the one kind is every address of the other too.
            if (address.Equals(IPAddress.IPv6Any)) socket.DualMode = true;
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen();
            return SocketError.Success;
        }
        catch (SocketException refused)
        {
            return refused.SocketErrorCode;
        }
    }
}
