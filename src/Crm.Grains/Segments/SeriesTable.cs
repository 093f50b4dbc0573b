using Crm.Customers;

namespace Crm.Segments;

/// <summary>All that a customer remembers for definitions: few series, found by their keys.</summary>
internal sealed class SeriesTable
{
    private (ulong Key, Series Series)[] _all = [];

    public int Count => _all.Length;

    /// <summary>A series; null where there is none.</summary>
    public Series? this[ulong key]
    {
        get
        {
            var at = Find(key);
            return at < 0 ? null : _all[at].Series;
        }
    }

    /// <summary>The series of a condition; a new one where there is none.</summary>
    public Series Of(SeriesSpec spec)
    {
        var at = Find(spec.Key);
        if (at >= 0) return _all[at].Series;
        var series = spec.NewSeries();
        Insert(~at, spec.Key, series);
        return series;
    }

    /// <summary>Takes over what another customer remembers, as far as the plan knows it.</summary>
    public void Absorb(SeriesTable other, SegmentPlan plan)
    {
        foreach (var (key, series) in other._all)
            if (plan.Spec(key) is { } spec) Of(spec).Absorb(series);
    }

    /// <summary>Forgets what no definition looks at any more.</summary>
    public void Keep(SegmentPlan plan)
    {
        if (_all.All(e => plan.Spec(e.Key) is not null)) return;
        _all = [.. _all.Where(e => plan.Spec(e.Key) is not null)];
    }

    /// <summary>Forgets one.</summary>
    public void Remove(ulong key)
    {
        if (Find(key) >= 0) _all = [.. _all.Where(e => e.Key != key)];
    }

    public void Write(PackWriter output)
    {
        output.Count(_all.Length);
        foreach (var (key, series) in _all)
        {
            output.Fixed64(key);
            output.Byte((byte)series.Shape.Kind);
            output.Count(series.Shape.Capacity);
            output.Number(series.Shape.HorizonMs);
            series.Write(output);
        }
    }

    public static SeriesTable Read(ref PackReader input)
    {
        var table = new SeriesTable { _all = new (ulong, Series)[input.Count()] };
        for (var at = 0; at < table._all.Length; at++)
        {
            var key = input.Fixed64();
            var series = Series.New(new SeriesShape((SeriesKind)input.Byte(), input.Count(), input.Number()));
            series.Read(ref input);
            table._all[at] = (key, series);
        }

        return table;
    }

    private int Find(ulong key)
    {
        var (low, high) = (0, _all.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (_all[middle].Key == key) return middle;
            if (_all[middle].Key < key) low = middle + 1;
            else high = middle - 1;
        }

        return ~low;
    }

    private void Insert(int at, ulong key, Series series)
    {
        var all = new (ulong, Series)[_all.Length + 1];
        Array.Copy(_all, all, at);
        all[at] = (key, series);
        Array.Copy(_all, at, all, at + 1, _all.Length - at);
        _all = all;
    }
}
