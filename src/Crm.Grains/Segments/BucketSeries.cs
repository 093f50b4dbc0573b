using Crm.Customers;

namespace Crm.Segments;

/// <summary>Numbers and sums by day, or by month: those of the newest ones, oldest first.</summary>
internal sealed class BucketSeries(SeriesShape shape) : Series(shape)
{
    private readonly List<(int Bucket, long Count, decimal Sum)> _all = [];

    /// <summary>By the number of the day, or of the month, in the company's time zone.</summary>
    public IReadOnlyList<(int Bucket, long Count, decimal Sum)> All => _all;

    /// <summary>Of a bucket instead of a time.</summary>
    /// <inheritdoc cref="Series.Add"/>
    public override void Add(long atMs, decimal amount, ulong value) => Add((int)atMs, 1, amount);

    public override void Absorb(Series other)
    {
        foreach (var (bucket, count, sum) in ((BucketSeries)other)._all) Add(bucket, count, sum);
    }

    public override void Write(PackWriter output)
    {
        output.Count(_all.Count);
        var last = 0;
        foreach (var (bucket, count, sum) in _all)
        {
            output.Number(bucket - last);
            output.Number(count);
            output.Decimal(sum);
            last = bucket;
        }
    }

    public override void Read(ref PackReader input)
    {
        var buckets = input.Count();
        var last = 0;
        while (_all.Count < buckets)
        {
            last += (int)input.Number();
            _all.Add((last, input.Number(), input.Decimal()));
        }
    }

    private void Add(int bucket, long count, decimal sum)
    {
        var at = _all.Count;
        while (at > 0 && _all[at - 1].Bucket > bucket) at--;
        if (at > 0 && _all[at - 1].Bucket == bucket)
        {
            _all[at - 1] = (bucket, _all[at - 1].Count + count, Comparing.Added(_all[at - 1].Sum, sum));
            return;
        }

        if (_all.Count == Shape.Capacity)
        {
            if (at == 0) return;
            _all.RemoveAt(0);
            at--;
        }

        _all.Insert(at, (bucket, count, sum));
    }
}
