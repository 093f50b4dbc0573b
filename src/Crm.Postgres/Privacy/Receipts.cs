using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Crm.Privacy;

/// <summary>Signs receipts and checks them. Every field is signed behind its length, so that none can pass for another.</summary>
internal static class Receipts
{
    public static ErasureReceipt Of(Erasure erasure, IReadOnlyList<byte[]> keys, InstallationSecret.Keys secret)
    {
        if (erasure is not { Step: ErasureStep.Done, ErasedAt: { } erasedAt, FinishedAt: { } finishedAt })
            throw new InvalidOperationException("There is no receipt for an erasure that is not done.");
        var receipt = new ErasureReceipt
        {
            Id = erasure.Id,
            AskedAt = erasure.AskedAt,
            ErasedAt = erasedAt,
            FinishedAt = finishedAt,
            Reason = erasure.Reason,
            Suppressed = erasure.Suppress,
            Subjects = [.. keys.Select(Convert.ToHexStringLower).Order(StringComparer.Ordinal)],
            Erased = erasure.Counts,
            Signature = "",
        };
        return receipt with { Signature = Convert.ToHexStringLower(secret.Sign(Bytes(receipt))) };
    }

    public static bool IsValid(ErasureReceipt receipt, InstallationSecret.Keys secret) =>
        CryptographicOperations.FixedTimeEquals(
            Encoding.ASCII.GetBytes(Convert.ToHexStringLower(secret.Sign(Bytes(receipt)))), Encoding.UTF8.GetBytes(receipt.Signature));

    private static ReadOnlySpan<byte> Bytes(ErasureReceipt receipt)
    {
        var bytes = new ArrayBufferWriter<byte>();
        bytes.Write("crm receipt 1"u8);
        bytes.Write(receipt.Id.ToByteArray());
        foreach (var time in (DateTimeOffset[])[receipt.AskedAt, receipt.ErasedAt, receipt.FinishedAt]) Number(bytes, time.ToUnixTimeMilliseconds());
        Text(bytes, receipt.Reason);
        Number(bytes, receipt.Suppressed ? 1 : 0);
        Number(bytes, receipt.Subjects.Count);
        foreach (var subject in receipt.Subjects) Text(bytes, subject);
        Number(bytes, receipt.Erased.Count);
        foreach (var (table, count) in receipt.Erased.OrderBy(e => e.Key, StringComparer.Ordinal))
        {
            Text(bytes, table);
            Number(bytes, count);
        }

        return bytes.WrittenSpan;
    }

    private static void Number(ArrayBufferWriter<byte> bytes, long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(bytes.GetSpan(8), value);
        bytes.Advance(8);
    }

    private static void Text(ArrayBufferWriter<byte> bytes, string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        Number(bytes, utf8.Length);
        bytes.Write(utf8);
    }
}
