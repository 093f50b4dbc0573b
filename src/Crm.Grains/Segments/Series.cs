using Crm.Customers;

namespace Crm.Segments;

/// <summary>How events are remembered for a definition.</summary>
internal enum SeriesKind : byte
{
    /// <summary>A number of them.</summary>
    Count = 1,

    /// <summary>A sum.</summary>
    Sum = 2,

    /// <summary>The earliest time.</summary>
    First = 3,

    /// <summary>The newest times.</summary>
    Times = 4,

    /// <summary>The newest times, each with a number.</summary>
    Amounts = 5,

    /// <summary>The newest different values, each with its last time.</summary>
    Values = 6,

    /// <summary>Numbers and sums by day.</summary>
    Days = 7,

    /// <summary>Numbers and sums by month.</summary>
    Months = 8,
}

/// <summary>What a series is, and how large it may become.</summary>
/// <param name="Kind">What it remembers.</param>
/// <param name="Capacity">How many times, values or buckets at most; of others 0.</param>
/// <param name="HorizonMs">Of amounts: how much older than the newest one they may be and still matter; of others 0.</param>
internal readonly record struct SeriesShape(SeriesKind Kind, int Capacity, long HorizonMs);

/// <summary>
/// What a customer remembers of the events that one condition looks at: as little as gives the exact answer, and bounded. It does not
/// depend on the order of arrival, and that of two customers together is that of all their events.
/// </summary>
internal abstract class Series(SeriesShape shape)
{
    /// <summary>What it is, and how large it may become.</summary>
    public SeriesShape Shape => shape;

    /// <summary>Adds an event, or what it said.</summary>
    /// <param name="atMs">When it happened.</param>
    /// <param name="amount">Of sums: how much.</param>
    /// <param name="value">Of different values: its hash.</param>
    public abstract void Add(long atMs, decimal amount, ulong value);

    /// <summary>Takes over what another customer remembers by the same condition.</summary>
    public abstract void Absorb(Series other);

    public abstract void Write(PackWriter output);

    public abstract void Read(ref PackReader input);

    /// <summary>An empty one.</summary>
    public static Series New(SeriesShape shape) => shape.Kind switch
    {
        SeriesKind.Count => new CountSeries(shape),
        SeriesKind.Sum => new SumSeries(shape),
        SeriesKind.First => new FirstSeries(shape),
        SeriesKind.Times => new TimeSeries(shape),
        SeriesKind.Amounts => new AmountSeries(shape),
        SeriesKind.Values => new ValueSeries(shape),
        SeriesKind.Days or SeriesKind.Months => new BucketSeries(shape),
        _ => throw new InvalidDataException($"There is no series of kind {shape.Kind}."),
    };
}

/// <summary>How many events there were.</summary>
internal sealed class CountSeries(SeriesShape shape) : Series(shape)
{
    public long Count { get; private set; }

    public override void Add(long atMs, decimal amount, ulong value) => Count++;

    public override void Absorb(Series other) => Count += ((CountSeries)other).Count;

    public override void Write(PackWriter output) => output.Number(Count);

    public override void Read(ref PackReader input) => Count = input.Number();
}

/// <summary>The sum over all events.</summary>
internal sealed class SumSeries(SeriesShape shape) : Series(shape)
{
    public decimal Sum { get; private set; }

    public override void Add(long atMs, decimal amount, ulong value) => Sum = Comparing.Added(Sum, amount);

    public override void Absorb(Series other) => Sum = Comparing.Added(Sum, ((SumSeries)other).Sum);

    public override void Write(PackWriter output) => output.Decimal(Sum);

    public override void Read(ref PackReader input) => Sum = input.Decimal();
}

/// <summary>The time of the first event.</summary>
internal sealed class FirstSeries(SeriesShape shape) : Series(shape)
{
    /// <summary>Null when there was none.</summary>
    public long? AtMs { get; private set; }

    public override void Add(long atMs, decimal amount, ulong value) => AtMs = Math.Min(AtMs ?? atMs, atMs);

    public override void Absorb(Series other)
    {
        if (((FirstSeries)other).AtMs is { } at) Add(at, 0, 0);
    }

    public override void Write(PackWriter output)
    {
        output.Byte(AtMs is null ? (byte)0 : (byte)1);
        if (AtMs is { } at) output.Number(at);
    }

    public override void Read(ref PackReader input) => AtMs = input.Byte() == 0 ? null : input.Number();
}

/// <summary>The newest times, oldest first.</summary>
internal sealed class TimeSeries(SeriesShape shape) : Series(shape)
{
    private long[] _times = [];
    private int _count;

    public ReadOnlySpan<long> All => _times.AsSpan(0, _count);

    /// <summary>Everything not younger than this may be missing; <see cref="long.MinValue"/> when nothing is.</summary>
    public long ForgottenMs { get; private set; } = long.MinValue;

    public override void Add(long atMs, decimal amount, ulong value)
    {
        var at = _count;
        while (at > 0 && _times[at - 1] > atMs) at--;
        if (_count == Shape.Capacity)
        {
            if (at == 0)
            {
                Forget(atMs);
                return;
            }

            Forget(_times[0]);
            Array.Copy(_times, 1, _times, 0, at - 1);
            _times[at - 1] = atMs;
            return;
        }

        if (_count == _times.Length) Array.Resize(ref _times, Math.Min(Shape.Capacity, Math.Max(2, _count * 2)));
        Array.Copy(_times, at, _times, at + 1, _count - at);
        _times[at] = atMs;
        _count++;
    }

    public override void Absorb(Series other)
    {
        var series = (TimeSeries)other;
        Forget(series.ForgottenMs);
        foreach (var at in series.All) Add(at, 0, 0);
    }

    public override void Write(PackWriter output)
    {
        output.Byte(ForgottenMs == long.MinValue ? (byte)0 : (byte)1);
        if (ForgottenMs != long.MinValue) output.Number(ForgottenMs);
        output.Count(_count);
        var last = 0L;
        foreach (var at in All)
        {
            output.Number(at - last);
            last = at;
        }
    }

    public override void Read(ref PackReader input)
    {
        if (input.Byte() != 0) ForgottenMs = input.Number();
        _count = input.Count();
        _times = new long[_count];
        var last = 0L;
        for (var at = 0; at < _count; at++) last = _times[at] = last + input.Number();
    }

    private void Forget(long atMs) => ForgottenMs = Math.Max(ForgottenMs, atMs);
}

/// <summary>
/// The newest times, each with an amount. Of more than fit, those go that no window reaches any more; then the two that are nearest in time become one at the later of their times: a
/// sum stays whole, and some of it leaves a window a little late.
/// </summary>
internal sealed class AmountSeries(SeriesShape shape) : Series(shape)
{
    private readonly List<(long AtMs, decimal Amount)> _all = [];

    public IReadOnlyList<(long AtMs, decimal Amount)> All => _all;

    public override void Add(long atMs, decimal amount, ulong value)
    {
        var at = _all.Count;
        while (at > 0 && _all[at - 1].AtMs > atMs) at--;
        if (at > 0 && _all[at - 1].AtMs == atMs)
        {
            _all[at - 1] = (atMs, Comparing.Added(_all[at - 1].Amount, amount));
            return;
        }

        _all.Insert(at, (atMs, amount));
        if (_all.Count <= Shape.Capacity) return;
        var old = _all.FindIndex(e => e.AtMs > _all[^1].AtMs - Shape.HorizonMs);
        if (old > 0) _all.RemoveRange(0, old);
        else Join();
    }

    public override void Absorb(Series other)
    {
        foreach (var (at, amount) in ((AmountSeries)other)._all) Add(at, amount, 0);
    }

    public override void Write(PackWriter output)
    {
        output.Count(_all.Count);
        var last = 0L;
        foreach (var (at, amount) in _all)
        {
            output.Number(at - last);
            output.Decimal(amount);
            last = at;
        }
    }

    public override void Read(ref PackReader input)
    {
        var count = input.Count();
        var last = 0L;
        while (_all.Count < count)
        {
            last += input.Number();
            _all.Add((last, input.Decimal()));
        }
    }

    private void Join()
    {
        var nearest = 1;
        for (var at = 2; at < _all.Count; at++)
            if (_all[at].AtMs - _all[at - 1].AtMs < _all[nearest].AtMs - _all[nearest - 1].AtMs) nearest = at;
        _all[nearest] = (_all[nearest].AtMs, Comparing.Added(_all[nearest].Amount, _all[nearest - 1].Amount));
        _all.RemoveAt(nearest - 1);
    }
}

/// <summary>The newest different values by their last time, oldest first.</summary>
internal sealed class ValueSeries(SeriesShape shape) : Series(shape)
{
    private readonly List<(long AtMs, ulong Value)> _all = [];

    public IReadOnlyList<(long AtMs, ulong Value)> All => _all;

    public override void Add(long atMs, decimal amount, ulong value)
    {
        var known = _all.FindIndex(e => e.Value == value);
        if (known >= 0 && _all[known].AtMs >= atMs) return;
        if (known >= 0) _all.RemoveAt(known);
        var at = _all.Count;
        while (at > 0 && _all[at - 1].AtMs > atMs) at--;
        if (_all.Count == Shape.Capacity)
        {
            if (at == 0) return;
            _all.RemoveAt(0);
            at--;
        }

        _all.Insert(at, (atMs, value));
    }

    public override void Absorb(Series other)
    {
        foreach (var (at, value) in ((ValueSeries)other)._all) Add(at, 0, value);
    }

    public override void Write(PackWriter output)
    {
        output.Count(_all.Count);
        var last = 0L;
        foreach (var (at, value) in _all)
        {
            output.Number(at - last);
            output.Fixed64(value);
            last = at;
        }
    }

    public override void Read(ref PackReader input)
    {
        var count = input.Count();
        var last = 0L;
        while (_all.Count < count)
        {
            last += input.Number();
            _all.Add((last, input.Fixed64()));
        }
    }
}
