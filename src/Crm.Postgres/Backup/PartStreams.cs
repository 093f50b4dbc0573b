using System.Security.Cryptography;

namespace Crm.Backup;

/// <summary>What is written becomes parts of a table's data.</summary>
internal sealed class DataPartsOut(PartWriter parts) : Sink
{
    private const int PartBytes = 256 * 1024;
    private readonly byte[] _buffer = new byte[PartBytes];
    private int _filled;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            var taken = Math.Min(buffer.Length, _buffer.Length - _filled);
            buffer.Span[..taken].CopyTo(_buffer.AsSpan(_filled));
            (_filled, buffer) = (_filled + taken, buffer[taken..]);
            if (_filled == _buffer.Length) await Send(cancellationToken);
        }
    }

    /// <summary>Writes what is left.</summary>
    public async Task Send(CancellationToken stop)
    {
        if (_filled > 0) await parts.Part(BackupFile.Data, _buffer.AsMemory(0, _filled), stop);
        _filled = 0;
    }
}

/// <summary>The parts of a table's data as one stream, up to its end.</summary>
internal sealed class DataPartsIn(PartReader parts) : Source
{
    private byte[] _part = [];
    private int _read;

    /// <summary>The table's end, when it was reached.</summary>
    public TableEnd? End { get; private set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_read == _part.Length)
        {
            if (End is not null) return 0;
            var (kind, content) = await parts.Next(cancellationToken);
            if (kind == BackupFile.End) End = PartReader.Read<TableEnd>(content);
            else if (kind == BackupFile.Data) (_part, _read) = (content, 0);
            else throw new BackupException("A table of the backup has no end.");
        }

        var taken = Math.Min(buffer.Length, _part.Length - _read);
        _part.AsMemory(_read, taken).CopyTo(buffer);
        _read += taken;
        return taken;
    }
}

/// <summary>Copies a stream, counting and hashing it.</summary>
internal static class Hashing
{
    private const int BufferBytes = 128 * 1024;

    public static async Task<(long Bytes, string Sha256)> Copy(Stream from, Stream to, CancellationToken stop)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (buffer, bytes) = (new byte[BufferBytes], 0L);
        while (await from.ReadAsync(buffer, stop) is > 0 and var read)
        {
            hash.AppendData(buffer.AsSpan(0, read));
            await to.WriteAsync(buffer.AsMemory(0, read), stop);
            bytes += read;
        }

        return (bytes, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }
}

/// <summary>A stream that only takes.</summary>
internal abstract class Sink : Stream
{
    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public abstract override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    // Whole parts are written; the rest at the table's end.
    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>A stream that only gives.</summary>
internal abstract class Source : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public abstract override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Flush()
    {
    }
}
