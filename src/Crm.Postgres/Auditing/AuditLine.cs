using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Crm.Privacy;
using Npgsql;

namespace Crm.Auditing;

/// <summary>A line of the audit as it is hashed. Every field stands behind its length, so that none can pass for another.</summary>
internal sealed record AuditLine(
    long Id, DateTimeOffset At, string By, string? Address, string Kind, string Record, string Action,
    string? Changes, byte[]? Salt, byte[]? ChangesHash, long? ChainSeq, byte[]? Chained)
{
    /// <summary>Columns in the order of <see cref="Read"/>. PostgreSQL writes the same jsonb as the same text.</summary>
    public const string Columns = "id, at, by_whom, address, kind, record, action, changes::text, salt, changes_hash, chain_seq, chained";

    /// <summary>What the first line stands behind.</summary>
    public static byte[] Beginning => new byte[SHA256.HashSizeInBytes];

    /// <summary>True when an erasure took away what the line said.</summary>
    public bool IsBlank => Changes is null && Salt is null;

    public static AuditLine Read(NpgsqlDataReader row) => new(
        row.GetInt64(0), row.GetFieldValue<DateTimeOffset>(1), row.GetString(2), row.IsDBNull(3) ? null : row.GetString(3),
        row.GetString(4), row.GetString(5), row.GetString(6), row.IsDBNull(7) ? null : row.GetString(7), Bytes(row, 8), Bytes(row, 9),
        row.IsDBNull(10) ? null : row.GetInt64(10), Bytes(row, 11));

    /// <summary>The hash of what the line says, with its salt.</summary>
    public byte[] HashOfChanges()
    {
        var bytes = new ArrayBufferWriter<byte>();
        bytes.Write(Salt);
        Text(bytes, Changes);
        return SHA256.HashData(bytes.WrittenSpan);
    }

    /// <summary>The line's link: it holds all lines before.</summary>
    public byte[] Link(byte[] previous, byte[] changesHash)
    {
        var bytes = new ArrayBufferWriter<byte>();
        bytes.Write(previous);
        Number(bytes, Id);
        Number(bytes, (At.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / TimeSpan.TicksPerMicrosecond);
        foreach (var text in (string?[])[By, Address, Kind, Record, Action]) Text(bytes, text);
        bytes.Write(changesHash);
        return SHA256.HashData(bytes.WrittenSpan);
    }

    /// <summary>The signature of the chain's end.</summary>
    public static byte[] SignHead(long seq, byte[] hash, InstallationSecret.Keys secret)
    {
        var bytes = new ArrayBufferWriter<byte>();
        bytes.Write("crm audit head 1"u8);
        Number(bytes, seq);
        bytes.Write(hash);
        return secret.Sign(bytes.WrittenSpan);
    }

    private static byte[]? Bytes(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetFieldValue<byte[]>(column);

    private static void Number(ArrayBufferWriter<byte> bytes, long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(bytes.GetSpan(sizeof(long)), value);
        bytes.Advance(sizeof(long));
    }

    // Nothing is not the same as an empty text.
    private static void Text(ArrayBufferWriter<byte> bytes, string? text)
    {
        Number(bytes, text is null ? -1 : Encoding.UTF8.GetByteCount(text));
        if (text is not null) bytes.Write(Encoding.UTF8.GetBytes(text));
    }
}
