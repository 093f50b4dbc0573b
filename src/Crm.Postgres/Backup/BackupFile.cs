using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;

namespace Crm.Backup;

/// <summary>A backup that cannot be made or restored, in words for whoever asked.</summary>
public sealed class BackupException(string message) : IOException(message);

/// <summary>
/// A file of parts: the mark, a header, for each table its beginning, compressed bytes of PostgreSQL's binary COPY and its end, a trailer,
/// and the SHA-256 of all that. A part is a letter, its length (4 bytes, little end first) and its bytes.
/// </summary>
internal static class BackupFile
{
    public const byte Header = (byte)'H';
    public const byte Table = (byte)'T';
    public const byte Data = (byte)'D';
    public const byte End = (byte)'E';
    public const byte Trailer = (byte)'Z';

    /// <summary>Longest part, in bytes.</summary>
    public const int MaxPart = 16 * 1024 * 1024;

    public const int HeadBytes = 5;
    public static readonly byte[] Mark = "CRMBACK1"u8.ToArray();
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);
}

/// <summary>What a backup says of itself.</summary>
/// <param name="Scripts">Scripts of the schema that had run, by name.</param>
/// <param name="HistoryMonths">Months of the history that have a table of their own, as <c>2026_05</c>.</param>
public sealed record BackupHeader(
    string Product, int Format, DateTimeOffset TakenAt, string Postgres, IReadOnlyList<string> Scripts, IReadOnlyList<string> HistoryMonths);

internal sealed record TableBeginning(string Name, IReadOnlyList<string> Columns);

/// <param name="Sha256">Of the bytes before they were compressed.</param>
internal sealed record TableEnd(long Rows, long Bytes, string Sha256);

internal sealed record SequenceValue(string Name, long Value, bool IsCalled);

internal sealed record BackupTrailer(IReadOnlyList<SequenceValue> Sequences, IReadOnlyDictionary<string, long> Rows);

/// <summary>Writes parts, hashing as it goes.</summary>
internal sealed class PartWriter(Stream file) : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public async Task Begin(CancellationToken stop) => await Write(BackupFile.Mark, stop);

    public Task Say<T>(byte kind, T content, CancellationToken stop) => Part(kind, JsonSerializer.SerializeToUtf8Bytes(content, BackupFile.Json), stop);

    public async Task Part(byte kind, ReadOnlyMemory<byte> content, CancellationToken stop)
    {
        var head = new byte[BackupFile.HeadBytes];
        head[0] = kind;
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(1), content.Length);
        await Write(head, stop);
        await Write(content, stop);
    }

    public async Task Finish(CancellationToken stop) => await file.WriteAsync(_hash.GetHashAndReset(), stop);

    public void Dispose() => _hash.Dispose();

    private async Task Write(ReadOnlyMemory<byte> bytes, CancellationToken stop)
    {
        _hash.AppendData(bytes.Span);
        await file.WriteAsync(bytes, stop);
    }
}

/// <summary>Reads parts of a file that was verified whole.</summary>
internal sealed class PartReader(FileStream file)
{
    private const int BufferBytes = 1024 * 1024;

    /// <summary>Reads the file to its end and says what is wrong with it.</summary>
    /// <exception cref="BackupException">It is no backup, or not as it was written.</exception>
    public async Task<BackupHeader> Verify(CancellationToken stop)
    {
        var content = file.Length - SHA256.HashSizeInBytes;
        var mark = new byte[BackupFile.Mark.Length];
        file.Position = 0;
        if (content < mark.Length || await file.ReadAtLeastAsync(mark, mark.Length, false, stop) < mark.Length || !mark.AsSpan().SequenceEqual(BackupFile.Mark))
            throw new BackupException($"{file.Name} is no backup of this product.");
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(mark);
        var buffer = new byte[BufferBytes];
        for (var left = content - mark.Length; left > 0;)
        {
            var read = await file.ReadAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)), stop);
            if (read == 0) throw Altered();
            hash.AppendData(buffer.AsSpan(0, read));
            left -= read;
        }

        var written = new byte[SHA256.HashSizeInBytes];
        await file.ReadExactlyAsync(written, stop);
        if (!hash.GetHashAndReset().AsSpan().SequenceEqual(written)) throw Altered();
        file.Position = mark.Length;
        return Read<BackupHeader>(await Expect(BackupFile.Header, stop));
    }

    /// <summary>The next part.</summary>
    public async Task<(byte Kind, byte[] Content)> Next(CancellationToken stop)
    {
        var head = new byte[BackupFile.HeadBytes];
        await file.ReadExactlyAsync(head, stop);
        var length = BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(1));
        if (length is < 0 or > BackupFile.MaxPart || length > file.Length - file.Position) throw Altered();
        var content = new byte[length];
        await file.ReadExactlyAsync(content, stop);
        return (head[0], content);
    }

    public async Task<byte[]> Expect(byte kind, CancellationToken stop)
    {
        var (found, content) = await Next(stop);
        return found == kind ? content : throw Altered();
    }

    public static T Read<T>(byte[] content) => JsonSerializer.Deserialize<T>(content, BackupFile.Json) ?? throw new BackupException("A part of the backup is empty.");

    private BackupException Altered() => new($"{file.Name} was altered or cut off after it was written: its hash does not fit. Nothing was restored.");
}
