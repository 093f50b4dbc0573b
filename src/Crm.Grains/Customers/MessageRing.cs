using System.IO.Hashing;
using System.Text;

namespace Crm.Customers;

/// <summary>
/// The newest messages a customer has counted, as 64-bit hashes of their ids, oldest first. It drops what is older than
/// <see cref="WindowMs"/>, but for the newest <see cref="AlwaysKept"/>; what is younger and more than it may hold is taken from it
/// into <see cref="MessagePages"/>.
/// </summary>
internal sealed class MessageRing
{
    /// <summary>Kept whatever their age: a client that was offline for days sends its last batch again. 64 hashes are 0.6 KB of the stored row.</summary>
    public const int AlwaysKept = 64;

    /// <summary>The protocol's 24 hours by the time of receipt, and one more for clocks of servers that differ.</summary>
    public const long WindowMs = 25 * 3_600_000L;

    /// <summary>Places of a fresh ring: most visitors are gone after a few events.</summary>
    private const int FirstPlaces = 4;

    /// <summary>Places of a ring from which pages are taken; more are made only for what is merged in or was stored by an older build.</summary>
    private const int UsualPlaces = 192;

    // Hashes, then the times of receipt, in one array: a customer has one object for both.
    private ulong[] _ring = new ulong[2 * FirstPlaces];
    private int _first;
    private int _end;

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
        while (Count > AlwaysKept && (long)ReceivedAtMs(_first) < receivedAtMs - WindowMs) _first++;
    }

    /// <summary>Takes over what a merged customer counted, in the order of receipt.</summary>
    public void Absorb(MessageRing other)
    {
        var all = Live().Concat(other.Live()).OrderBy(e => e.ReceivedAtMs).ToArray();
        _first = _end = 0;
        foreach (var (hash, receivedAtMs) in all) Add(hash, receivedAtMs);
    }

    /// <summary>Takes the oldest out; <paramref name="newestMs"/> is the latest receipt among them.</summary>
    public ulong[] TakeOldest(int count, out long newestMs)
    {
        var taken = Hashes[..count].ToArray();
        newestMs = long.MinValue;
        for (var left = count; left > 0; left--) newestMs = Math.Max(newestMs, (long)ReceivedAtMs(_first++));
        if (Places > 2 * UsualPlaces && Count <= UsualPlaces) MoveTo(UsualPlaces + 1);
        return taken;
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
    private void MakeRoom() => MoveTo(
        _first >= Places / 4 && _first > 0 ? Places
        : Places < UsualPlaces ? Math.Min(2 * Places, UsualPlaces)
        : 2 * Places);

    private void MoveTo(int places)
    {
        var (old, first, count, oldPlaces) = (_ring, _first, Count, Places);
        if (places != oldPlaces) _ring = new ulong[2 * places];
        Array.Copy(old, first, _ring, 0, count);
        Array.Copy(old, oldPlaces + first, _ring, places, count);
        (_first, _end) = (0, count);
    }

    private IEnumerable<(ulong Hash, long ReceivedAtMs)> Live()
    {
        for (var at = _first; at < _end; at++) yield return (_ring[at], (long)ReceivedAtMs(at));
    }
}
