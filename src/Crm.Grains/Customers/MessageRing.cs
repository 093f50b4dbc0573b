using System.IO.Hashing;
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

    // Hashes, then the times of receipt, in one array: a customer has one object for both.
    private ulong[] _ring = new ulong[2 * FirstPlaces];
    private int _first;
    private int _end;

    /// <summary>Places of a fresh ring: most visitors are gone after a few events.</summary>
    private const int FirstPlaces = 4;

    public int Count => _end - _first;

    private int Places => _ring.Length / 2;

    private ReadOnlySpan<ulong> Hashes => _ring.AsSpan(_first, Count);

    public static ulong Hash(string messageId)
    {
        Span<byte> utf8 = stackalloc byte[512];
        if (Encoding.UTF8.TryGetBytes(messageId, utf8, out var length)) return XxHash64.HashToUInt64(utf8[..length]);
        return XxHash64.HashToUInt64(Encoding.UTF8.GetBytes(messageId));
    }

    public bool Contains(ulong hash) => Hashes.Contains(hash);

    public void Add(ulong hash, long receivedAtMs)
    {
        if (_end == Places) MakeRoom();
        _ring[_end] = hash;
        ReceivedAtMs(_end++) = (ulong)receivedAtMs;
        while (Count > AlwaysKept && (Count > MaxKept || (long)ReceivedAtMs(_first) < receivedAtMs - WindowMs)) _first++;
    }

    /// <summary>Takes over what a merged customer counted, in the order of receipt.</summary>
    public void Absorb(MessageRing other)
    {
        var all = Live().Concat(other.Live()).OrderBy(e => e.ReceivedAtMs).ToArray();
        _first = _end = 0;
        foreach (var (hash, receivedAtMs) in all) Add(hash, receivedAtMs);
    }

    public void Write(PackWriter output)
    {
        output.Count(Count);
        long last = 0;
        for (var at = _first; at < _end; at++)
        {
            var receivedAtMs = (long)ReceivedAtMs(at);
            output.Fixed64(_ring[at]);
            output.Number(receivedAtMs - last);
            last = receivedAtMs;
        }
    }

    public static MessageRing Read(ref PackReader input)
    {
        var count = input.Count();
        var ring = new MessageRing { _ring = new ulong[2 * Math.Max(FirstPlaces, count + (count / 4))], _end = count };
        long last = 0;
        for (var at = 0; at < count; at++)
        {
            ring._ring[at] = input.Fixed64();
            ring.ReceivedAtMs(at) = (ulong)(last += input.Number());
        }

        return ring;
    }

    private ref ulong ReceivedAtMs(int at) => ref _ring[Places + at];

    // What left the front makes room as soon as it is a quarter; only then, and rarely, everything moves.
    private void MakeRoom()
    {
        var (old, first, count, places) = (_ring, _first, Count, Places);
        if (first < places / 4) _ring = new ulong[2 * Math.Min(2 * places, MaxKept + (MaxKept / 2))];
        Array.Copy(old, first, _ring, 0, count);
        Array.Copy(old, places + first, _ring, Places, count);
        (_first, _end) = (0, count);
    }

    private IEnumerable<(ulong Hash, long ReceivedAtMs)> Live()
    {
        for (var at = _first; at < _end; at++) yield return (_ring[at], (long)ReceivedAtMs(at));
    }
}
