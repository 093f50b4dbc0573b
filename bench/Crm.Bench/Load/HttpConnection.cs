using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;

namespace Crm.Bench;

/// <summary>An answer. The body is valid until the next call on its connection.</summary>
internal readonly record struct HttpAnswer(int Status, ReadOnlyMemory<byte> Body, int RetryAfterSeconds = 0)
{
    public bool IsOk => Status == 200;
}

/// <summary>
/// One kept-alive HTTP/1.1 connection, one request at a time, with the least work a request: the generator shares the machine
/// with what it measures. Connects when it has to.
/// </summary>
internal sealed class HttpConnection(IPEndPoint endpoint) : IDisposable
{
    private byte[] _buffer = new byte[64 * 1024];
    private Socket? _socket;

    /// <summary>Sends a request and reads its answer.</summary>
    /// <exception cref="IOException">Not sent or not answered; whether it took effect is unknown.</exception>
    public async ValueTask<HttpAnswer> Send(ReadOnlyMemory<byte> request, CancellationToken stop = default)
    {
        try
        {
            if (_socket is null)
            {
                _socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await _socket.ConnectAsync(endpoint, stop);
            }

            for (var sent = 0; sent < request.Length;) sent += await _socket.SendAsync(request[sent..], stop);
            return await Receive(stop);
        }
        catch (SocketException broken)
        {
            Close();
            throw new IOException(broken.Message, broken);
        }
        catch
        {
            Close();
            throw;
        }
    }

    public void Dispose() => Close();

    private async ValueTask<HttpAnswer> Receive(CancellationToken stop)
    {
        var have = 0;
        while (true)
        {
            if (have == _buffer.Length) Array.Resize(ref _buffer, _buffer.Length * 2);
            var got = await _socket!.ReceiveAsync(_buffer.AsMemory(have), stop);
            if (got == 0) throw new IOException("The connection ended before the answer.");
            have += got;
            if (TryRead(_buffer.AsSpan(0, have), out var status, out var start, out var length, out var close))
            {
                var retryAfter = status == 200 ? 0 : RetryAfter(_buffer.AsSpan(0, start));
                if (close) Close();
                return new HttpAnswer(status, _buffer.AsMemory(start, length), retryAfter);
            }
        }
    }

    /// <summary>True when the whole answer is there. A chunked body is joined in place.</summary>
    private static bool TryRead(Span<byte> answer, out int status, out int start, out int length, out bool close)
    {
        (status, start, length, close) = (0, 0, 0, false);
        var head = answer.IndexOf("\r\n\r\n"u8);
        if (head < 0) return false;
        start = head + 4;
        if (!Utf8Parser.TryParse(answer[9..12], out status, out _)) throw new IOException("The answer is not HTTP.");
        var chunked = false;
        var known = -1;
        for (var rest = answer[..(head + 2)]; ;)
        {
            var end = rest.IndexOf("\r\n"u8);
            if (end < 0) break;
            var line = rest[..end];
            rest = rest[(end + 2)..];
            if (HasName(line, "content-length:"u8)) known = Utf8Parser.TryParse(line[15..].TrimStart((byte)' '), out int bytes, out _) ? bytes : -1;
            else if (HasName(line, "transfer-encoding:"u8)) chunked = true;
            else if (HasName(line, "connection:"u8)) close = line.EndsWith("close"u8);
        }

        if (chunked) return TryJoin(answer[start..], out length);
        length = Math.Max(known, 0);
        return answer.Length >= start + length;
    }

    /// <summary>Joins the chunks once the last one is there.</summary>
    private static bool TryJoin(Span<byte> body, out int length) => Walk(body, join: false, out length) && Walk(body, join: true, out length);

    private static bool Walk(Span<byte> body, bool join, out int length)
    {
        length = 0;
        for (var at = 0; ;)
        {
            var line = body[at..].IndexOf("\r\n"u8);
            if (line < 0 || !Utf8Parser.TryParse(body[at..], out int chunk, out _, 'x')) return false;
            at += line + 2;
            if (body.Length < at + chunk + 2) return false;
            if (chunk == 0) return true;
            if (join) body.Slice(at, chunk).CopyTo(body[length..]);
            length += chunk;
            at += chunk + 2;
        }
    }

    private static int RetryAfter(ReadOnlySpan<byte> head)
    {
        foreach (var range in head.Split("\r\n"u8))
        {
            var line = head[range];
            if (HasName(line, "retry-after:"u8) && Utf8Parser.TryParse(line[12..].TrimStart((byte)' '), out int seconds, out _)) return seconds;
        }

        return 0;
    }

    private static bool HasName(ReadOnlySpan<byte> line, ReadOnlySpan<byte> lowerName)
    {
        if (line.Length < lowerName.Length) return false;
        for (var i = 0; i < lowerName.Length; i++)
            if ((line[i] | 0x20) != (lowerName[i] | 0x20)) return false;
        return true;
    }

    private void Close()
    {
        _socket?.Dispose();
        _socket = null;
    }
}
