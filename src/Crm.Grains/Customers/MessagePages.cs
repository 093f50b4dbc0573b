using System.Runtime.InteropServices;

namespace Crm.Customers;

/// <summary>
/// The messages of the last day that do not fit into a customer's ring. They are stored as pages, written in the transaction of the
/// row that lets them go; the row names them, also those of the customers that were merged into this one. Before events are
/// folded, all of them are in memory: sorted runs of hashes, few and growing, so that a look is exact and costs a few searches.
/// </summary>
internal sealed class MessagePages
{
    /// <summary>Stands where the ring's count would: no ring is so long, so a build that knows no pages fails on it instead of misreading it.</summary>
    public const int Mark = int.MaxValue;

    /// <summary>Pages read at a time: 64 KB.</summary>
    private const int PagesAtATime = 64;

    /// <summary>Longest run that is merged with another: 512 KB are copied at most.</summary>
    private const int MaxRunHashes = 64 * 1024;

    /// <summary>Runs so far apart are not merged: the older one is to go earlier.</summary>
    private const long MaxRunMs = 4 * 3_600_000L;

    /// <summary>Hashes that weigh as much as a customer without pages: 4 KB.</summary>
    private const int HashesOfAWeight = 512;

    private readonly List<PageSet> _sets = [];
    private readonly List<Run> _runs = [];
    private readonly List<MessagePage> _unstored = [];

    private sealed record Run(ulong[] Sorted, long NewestMs);

    /// <summary>
    /// Pages of one customer, from the first that may still be needed to before the next. In memory are those before
    /// <see cref="Loaded"/>, and those from <see cref="Made"/> on, which this activation made itself.
    /// </summary>
    private struct PageSet
    {
        public string Owner;
        public int First;
        public int Loaded;
        public int Made;
        public int Next;
        public long NewestMs;
    }

    /// <summary>True when nothing is left: the next page would be the first.</summary>
    public bool IsEmpty => _sets.Count == 0 && _unstored.Count == 0;

    /// <summary>Hashes in memory.</summary>
    public int Hashes { get; private set; }

    /// <summary>How much memory it takes, in customers without pages.</summary>
    public int Weight => Hashes / HashesOfAWeight;

    /// <summary>Pages that no stored row has brought along yet; the next write must.</summary>
    public IReadOnlyList<MessagePage> Unstored => _unstored;

    /// <summary>The next pages to read, before anything may be asked or folded; null when all are in memory.</summary>
    public MessagePageRange? Missing
    {
        get
        {
            foreach (ref readonly var set in CollectionsMarshal.AsSpan(_sets))
            {
                if (set.Loaded < set.Made)
                    return new MessagePageRange(set.Owner, set.Loaded, Math.Min(PagesAtATime, set.Made - set.Loaded));
            }

            return null;
        }
    }

    /// <summary>All pages that the row names, for whoever looks at what is stored.</summary>
    public IEnumerable<MessagePageRange> Named => _sets.Select(s => new MessagePageRange(s.Owner, s.First, s.Next - s.First));

    public bool Contains(ulong hash)
    {
        foreach (var run in CollectionsMarshal.AsSpan(_runs))
            if (run.Sorted.AsSpan().BinarySearch(hash) >= 0) return true;
        return false;
    }

    /// <summary>Makes a page of what left the ring of a customer.</summary>
    public void Add(string owner, ulong[] hashes, long newestMs, int maxHashes)
    {
        ref var set = ref Set(owner);
        _unstored.Add(new MessagePage(owner, set.Next++, newestMs, hashes));
        set.NewestMs = Math.Max(set.NewestMs, newestMs);
        Hold(hashes, newestMs, maxHashes);
        Forget(newestMs - MessageRing.WindowMs);
    }

    /// <summary>Takes in what was read of a range. Pages that are not there were dropped for their age.</summary>
    public void Take(MessagePageRange range, IReadOnlyList<MessagePage> pages, int maxHashes)
    {
        ref var set = ref Set(range.Owner);
        if (set.Loaded != range.First || set.Made < range.First + range.Count) return;
        if (pages.Count == 0 && set.First == range.First) set.First = range.First + range.Count;
        set.Loaded = range.First + range.Count;
        foreach (var page in pages) Hold(page.Hashes, page.NewestMs, maxHashes);
        _sets.RemoveAll(s => s.First == s.Next);
    }

    /// <summary>A row that brought these along is stored.</summary>
    public void Stored(IReadOnlyList<MessagePage> pages) => _unstored.RemoveRange(0, pages.Count);

    /// <summary>Takes over the pages of a frozen customer, and of those that were merged into it; they stay where they are.</summary>
    public void Absorb(MessagePages frozen)
    {
        foreach (var other in frozen._sets)
        {
            ref var set = ref Set(other.Owner);
            var isNew = set.Next == 0;
            set.First = set.Loaded = isNew ? other.First : Math.Min(set.First, other.First);
            set.Made = Math.Max(set.Made, other.Next);
            set.Next = Math.Max(set.Next, other.Next);
            set.NewestMs = Math.Max(set.NewestMs, other.NewestMs);
        }
    }

    public void Write(PackWriter output)
    {
        output.Count(_sets.Count);
        foreach (ref readonly var set in CollectionsMarshal.AsSpan(_sets))
        {
            output.Text(set.Owner);
            output.Count(set.First);
            output.Count(set.Next - set.First);
            output.Number(set.NewestMs);
        }
    }

    public static MessagePages Read(ref PackReader input)
    {
        var pages = new MessagePages();
        for (var left = input.Count(); left > 0; left--)
        {
            var set = new PageSet { Owner = input.RequiredText(), First = input.Count() };
            set.Loaded = set.First;
            set.Made = set.Next = set.First + input.Count();
            set.NewestMs = input.Number();
            pages._sets.Add(set);
        }

        return pages;
    }

    private ref PageSet Set(string owner)
    {
        var at = _sets.FindIndex(s => s.Owner == owner);
        if (at < 0)
        {
            at = _sets.Count;
            _sets.Add(new PageSet { Owner = owner, NewestMs = long.MinValue });
        }

        return ref CollectionsMarshal.AsSpan(_sets)[at];
    }

    /// <summary>Adds a run, and merges it with those before it that are no longer: so there are few, and each hash moves a few times.</summary>
    private void Hold(ulong[] hashes, long newestMs, int maxHashes)
    {
        var sorted = (ulong[])hashes.Clone();
        Array.Sort(sorted);
        var run = new Run(sorted, newestMs);
        while (_runs.Count > 0 && CanMerge(_runs[^1], run))
        {
            run = new Run(Merged(_runs[^1].Sorted, run.Sorted), Math.Max(_runs[^1].NewestMs, run.NewestMs));
            _runs.RemoveAt(_runs.Count - 1);
        }

        _runs.Add(run);
        Hashes += hashes.Length;
        while (Hashes > maxHashes) Drop(_runs.MinBy(r => r.NewestMs)!);
    }

    private static bool CanMerge(Run before, Run after) =>
        before.Sorted.Length <= after.Sorted.Length && before.Sorted.Length + after.Sorted.Length <= MaxRunHashes
        && Math.Abs(before.NewestMs - after.NewestMs) <= MaxRunMs;

    private static ulong[] Merged(ulong[] left, ulong[] right)
    {
        var merged = new ulong[left.Length + right.Length];
        for (int at = 0, l = 0, r = 0; at < merged.Length; at++)
            merged[at] = r == right.Length || (l < left.Length && left[l] <= right[r]) ? left[l++] : right[r++];
        return merged;
    }

    private void Forget(long oldestMs)
    {
        foreach (var run in _runs.Where(r => r.NewestMs < oldestMs).ToArray()) Drop(run);
        _sets.RemoveAll(s => s.NewestMs < oldestMs);
    }

    private void Drop(Run run)
    {
        _runs.Remove(run);
        Hashes -= run.Sorted.Length;
    }
}
