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

    /// <summary>Bound for the busiest customers: 32 KB of hashes.</summary>
    public const int MaxKept = 4_096;

    private readonly List<Entry> _entries = [];
    private readonly HashSet<ulong> _known = [];
    private int _first;

    private readonly record struct Entry(ulong Hash, long ReceivedAtMs);

    public int Count => _entries.Count - _first;

    public static ulong Hash(string messageId)
    {
        Span<byte> utf8 = stackalloc byte[512];
        if (Encoding.UTF8.TryGetBytes(messageId, utf8, out var length)) return XxHash64.HashToUInt64(utf8[..length]);
        return XxHash64.HashToUInt64(Encoding.UTF8.GetBytes(messageId));
    }

    public bool Contains(ulong hash) => _known.Contains(hash);

    public void Add(ulong hash, long receivedAtMs)
    {
        if (!_known.Add(hash)) return;
        _entries.Add(new Entry(hash, receivedAtMs));
        while (Count > AlwaysKept && (Count > MaxKept || _entries[_first].ReceivedAtMs < receivedAtMs - WindowMs))
            _known.Remove(_entries[_first++].Hash);
        if (_first <= 64 || _first * 2 < _entries.Count) return;
        _entries.RemoveRange(0, _first);
        _first = 0;
    }

    /// <summary>Takes over what a merged customer counted, in the order of receipt.</summary>
    public void Absorb(MessageRing other)
    {
        var all = Live().Concat(other.Live()).OrderBy(e => e.ReceivedAtMs).ToList();
        _entries.Clear();
        _known.Clear();
        _first = 0;
        foreach (var entry in all) Add(entry.Hash, entry.ReceivedAtMs);
    }

    public void Write(PackWriter output)
    {
        output.Count(Count);
        long last = 0;
        foreach (var entry in Live())
        {
            output.Fixed64(entry.Hash);
            output.Number(entry.ReceivedAtMs - last);
            last = entry.ReceivedAtMs;
        }
    }

    public static MessageRing Read(ref PackReader input)
    {
        var ring = new MessageRing();
        var count = input.Count();
        ring._entries.EnsureCapacity(count);
        long last = 0;
        for (var i = 0; i < count; i++)
        {
            var hash = input.Fixed64();
            last += input.Number();
            if (ring._known.Add(hash)) ring._entries.Add(new Entry(hash, last));
        }

        return ring;
    }

    private IEnumerable<Entry> Live() => _entries.Skip(_first);
}
