using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;

namespace Crm.Customers;

/// <summary>
/// The messages a customer has counted, as 64-bit hashes of their ids, oldest first: the newest <see cref="AlwaysKept"/>, and
/// beyond them those received in the last <see cref="WindowMs"/>, but never more than <see cref="MaxKept"/>.
/// </summary>
internal sealed class MessageRing
{
    /// <summary>Kept whatever their age. 64 hashes are 0.5 KB of the stored row.</summary>
    public const int AlwaysKept = 64;

    /// <summary>Two minutes: longer than a sender's usual retries of what was in flight when a process died.</summary>
    public const long WindowMs = 120_000;

    /// <summary>Bound for the busiest customers: 32 KB of hashes. A look through all of them is well under a microsecond.</summary>
    public const int MaxKept = 4_096;

    private readonly List<ulong> _hashes = [];
    private readonly List<long> _receivedAtMs = [];
    private int _first;

    public int Count => _hashes.Count - _first;

    private ReadOnlySpan<ulong> Hashes => CollectionsMarshal.AsSpan(_hashes)[_first..];

    public static ulong Hash(string messageId)
    {
        Span<byte> utf8 = stackalloc byte[512];
        if (Encoding.UTF8.TryGetBytes(messageId, utf8, out var length)) return XxHash64.HashToUInt64(utf8[..length]);
        return XxHash64.HashToUInt64(Encoding.UTF8.GetBytes(messageId));
    }

    public bool Contains(ulong hash) => Hashes.Contains(hash);

    public void Add(ulong hash, long receivedAtMs)
    {
        _hashes.Add(hash);
        _receivedAtMs.Add(receivedAtMs);
        while (Count > AlwaysKept && (Count > MaxKept || _receivedAtMs[_first] < receivedAtMs - WindowMs)) _first++;
        if (_first <= AlwaysKept || _first * 2 < _hashes.Count) return;
        _hashes.RemoveRange(0, _first);
        _receivedAtMs.RemoveRange(0, _first);
        _first = 0;
    }

    /// <summary>Takes over what a merged customer counted, in the order of receipt.</summary>
    public void Absorb(MessageRing other)
    {
        var all = Live().Concat(other.Live()).OrderBy(e => e.ReceivedAtMs).ToArray();
        _hashes.Clear();
        _receivedAtMs.Clear();
        _first = 0;
        foreach (var (hash, receivedAtMs) in all) Add(hash, receivedAtMs);
    }

    public void Write(PackWriter output)
    {
        output.Count(Count);
        long last = 0;
        foreach (var (hash, receivedAtMs) in Live())
        {
            output.Fixed64(hash);
            output.Number(receivedAtMs - last);
            last = receivedAtMs;
        }
    }

    public static MessageRing Read(ref PackReader input)
    {
        var ring = new MessageRing();
        var count = input.Count();
        ring._hashes.EnsureCapacity(count);
        ring._receivedAtMs.EnsureCapacity(count);
        long last = 0;
        for (var i = 0; i < count; i++)
        {
            ring._hashes.Add(input.Fixed64());
            ring._receivedAtMs.Add(last += input.Number());
        }

        return ring;
    }

    private IEnumerable<(ulong Hash, long ReceivedAtMs)> Live() => _hashes.Zip(_receivedAtMs).Skip(_first);
}
