using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace Crm.Bench;

/// <summary>
/// Makes another .NET process collect its garbage, over the runtime's diagnostics socket, so that what it still holds can be
/// measured. The process needs no code for it.
/// </summary>
internal static class Heap
{
    private const ulong CollectKeyword = 0x800001;
    private const int HeaderBytes = 20;

    /// <summary>One full, blocking collection; returns when it is over.</summary>
    public static async Task Collect(int pid)
    {
        var path = Directory.EnumerateFiles(Path.GetTempPath(), $"dotnet-diagnostic-{pid}-*-socket").Single();
        using var session = await Open(path);
        await session.SendAsync(Message(3, StartPayload()));
        var answer = new byte[HeaderBytes + 8];
        await Fill(session, answer);
        var id = BinaryPrimitives.ReadUInt64LittleEndian(answer.AsSpan(HeaderBytes));
        var drained = Drain(session);

        // The collection runs within the start of the session, which was just answered.
        using var stop = await Open(path);
        var payload = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(payload, id);
        await stop.SendAsync(Message(1, payload));
        await Fill(stop, answer);
        await drained;
    }

    private static async Task<Socket> Open(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        return socket;
    }

    /// <summary>A command of the EventPipe set (2): magic, size, set, command, reserved, payload.</summary>
    private static byte[] Message(byte command, byte[] payload)
    {
        var message = new byte[HeaderBytes + payload.Length];
        "DOTNET_IPC_V1\0"u8.CopyTo(message);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(14), (ushort)message.Length);
        message[16] = 2;
        message[17] = command;
        payload.CopyTo(message, HeaderBytes);
        return message;
    }

    /// <summary>CollectTracing2: buffer MB, format, rundown, one provider with keywords, level, name, no filter.</summary>
    private static byte[] StartPayload()
    {
        using var memory = new MemoryStream();
        using var writer = new BinaryWriter(memory);
        writer.Write(1u);
        writer.Write(1u);
        writer.Write(false);
        writer.Write(1u);
        writer.Write(CollectKeyword);
        writer.Write(4u);
        const string provider = "Microsoft-Windows-DotNETRuntime\0";
        writer.Write((uint)provider.Length);
        writer.Write(Encoding.Unicode.GetBytes(provider));
        writer.Write(0u);
        return memory.ToArray();
    }

    private static async Task Fill(Socket socket, byte[] buffer)
    {
        for (var have = 0; have < buffer.Length;)
        {
            var got = await socket.ReceiveAsync(buffer.AsMemory(have));
            if (got == 0) throw new IOException("The diagnostics socket ended early.");
            have += got;
        }
    }

    private static async Task Drain(Socket socket)
    {
        var buffer = new byte[64 * 1024];
        while (await socket.ReceiveAsync(buffer) > 0)
        {
        }
    }
}
