using System.IO.Hashing;
using System.Text;

namespace Crm.Clickstream;

/// <summary>Which partition of the log an id belongs to. Stored data depends on it: it never changes for a log.</summary>
public static class Partitioning
{
    /// <summary>
    /// Partitions of a log when nothing else is configured; fixed at its birth. Each has its own block in a commit, and its own round:
    /// on two cores an event that comes in small batches costs 30 % less with 8 than with 32, and as many silos can share the work.
    /// </summary>
    public const int DefaultCount = 8;

    /// <summary>Namespace of the streams <c>clickstream/0</c> ... <c>clickstream/(n-1)</c>.</summary>
    public const string StreamNamespace = "clickstream";

    /// <summary>Name of the stream provider on PostgreSQL.</summary>
    public const string StreamProvider = "clickstream";

    /// <summary>Partition of a customer id: XXH64 of its UTF-8 form, modulo the count.</summary>
    public static int Of(string lane, int count = DefaultCount)
    {
        ArgumentNullException.ThrowIfNull(lane);
        Span<byte> utf8 = lane.Length <= 170 ? stackalloc byte[512] : new byte[Encoding.UTF8.GetMaxByteCount(lane.Length)];
        var length = Encoding.UTF8.GetBytes(lane, utf8);
        return (int)(XxHash64.HashToUInt64(utf8[..length]) % (uint)count);
    }
}
