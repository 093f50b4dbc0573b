namespace Crm.Customers;

/// <summary>Counts by name. Names above the bound are counted together, under <see cref="Other"/>.</summary>
internal sealed class NameCounts
{
    /// <summary>Names of one customer: above every sensible tracking plan, below what a mistaken one (ids in names) makes.</summary>
    public const int MaxNames = 200;

    /// <summary>Longest name in characters; longer ones are cut.</summary>
    public const int MaxNameLength = 200;

    /// <summary>What the rest is counted under.</summary>
    public const string Other = "(other)";

    private readonly Keyed<long> _counts = new();

    public void Add(string name, long count = 1)
    {
        if (_counts.Count >= MaxNames && _counts.Find(name) < 0) name = Other;
        _counts.Get(name, out _) += count;
    }

    public void Absorb(NameCounts other)
    {
        for (var at = 0; at < other._counts.Count; at++) Add(other._counts.Key(at), other._counts[at]);
    }

    public Dictionary<string, long> View() => _counts.Sorted().ToDictionary(at => _counts.Key(at), at => _counts[at]);

    public void Write(ProfileWriter output)
    {
        output.Count(_counts.Count);
        for (var at = 0; at < _counts.Count; at++)
        {
            output.Shared(_counts.Key(at));
            output.Number(_counts[at]);
        }
    }

    public static NameCounts Read(ProfileReader reader, ref PackReader input)
    {
        var names = new NameCounts();
        for (var left = input.Count(); left > 0; left--)
            names._counts.Get(reader.RequiredShared(ref input), out _) = input.Number();
        return names;
    }
}

/// <summary>Counts by text with the time of the latest; above the bound the one that is longest ago goes.</summary>
internal sealed class RecentCounts(int max)
{
    private readonly Keyed<(long Count, long LastMs)> _counts = new();

    public void Add(string text, long atMs, long count = 1)
    {
        ref var entry = ref _counts.Get(text, out var added);
        entry = (entry.Count + count, added ? atMs : Math.Max(entry.LastMs, atMs));
        if (_counts.Count > max) _counts.RemoveAt(Oldest());
    }

    public void Absorb(RecentCounts other)
    {
        for (var at = 0; at < other._counts.Count; at++)
            Add(other._counts.Key(at), other._counts[at].LastMs, other._counts[at].Count);
    }

    public Dictionary<string, long> View() => NewestFirst().ToDictionary(at => _counts.Key(at), at => _counts[at].Count);

    public void Write(ProfileWriter output)
    {
        output.Count(_counts.Count);
        for (var at = 0; at < _counts.Count; at++)
        {
            output.Shared(_counts.Key(at));
            output.Number(_counts[at].Count);
            output.Time(_counts[at].LastMs);
        }
    }

    public static RecentCounts Read(int max, ProfileReader reader, ref PackReader input)
    {
        var counts = new RecentCounts(max);
        for (var left = input.Count(); left > 0; left--)
            counts._counts.Get(reader.RequiredShared(ref input), out _) = (input.Number(), reader.Time(ref input));
        return counts;
    }

    private IEnumerable<int> NewestFirst() => _counts.Sorted().OrderByDescending(at => _counts[at].LastMs);

    private int Oldest()
    {
        var oldest = 0;
        for (var at = 1; at < _counts.Count; at++)
        {
            var order = _counts[at].LastMs.CompareTo(_counts[oldest].LastMs);
            if (order < 0 || (order == 0 && string.CompareOrdinal(_counts.Key(at), _counts.Key(oldest)) > 0)) oldest = at;
        }

        return oldest;
    }
}

/// <summary>Ratings on a scale to 5: how many were given, how many with a readable number, and its sum.</summary>
internal sealed class Ratings
{
    private int _rated;
    private ExactSum _sum;

    public int Count { get; private set; }

    /// <summary>Adds one; null for a review without a rating.</summary>
    public void Add(decimal? rating)
    {
        Count++;
        if (rating is not { } given) return;
        _rated++;
        _sum.Add(given);
    }

    public void Absorb(Ratings other)
    {
        Count += other.Count;
        _rated += other._rated;
        _sum.Add(other._sum);
    }

    /// <summary>Mean of several, to four digits; null without ratings.</summary>
    public static decimal? Mean(params ReadOnlySpan<Ratings> all)
    {
        var rated = 0;
        var sum = default(ExactSum);
        foreach (var ratings in all)
        {
            rated += ratings._rated;
            sum.Add(ratings._sum);
        }

        return rated == 0 ? null : MoneyText.Trim(decimal.Round(sum.Value / rated, 4, MidpointRounding.AwayFromZero));
    }

    public RatingView View() => new(Count, Mean(this));

    public void Write(ProfileWriter output)
    {
        output.Count(Count);
        if (Count == 0) return;
        output.Count(_rated);
        output.Sum(_sum);
    }

    public static Ratings Read(ref PackReader input)
    {
        var ratings = new Ratings { Count = input.Count() };
        if (ratings.Count == 0) return ratings;
        ratings._rated = input.Count();
        ratings._sum = ProfileReader.Sum(ref input);
        return ratings;
    }
}
