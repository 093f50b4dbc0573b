namespace Crm.Bench;

/// <summary>Whose events come next.</summary>
internal interface ICustomerChoice
{
    /// <summary>Fills in customers; answers how many, 0 when it is over. Any thread.</summary>
    int Choose(Span<int> into, ref SplitMix random);
}

/// <summary>Some customers much more often than others.</summary>
internal sealed class ZipfChoice(int customers, double s = 1.0) : ICustomerChoice
{
    private readonly ZipfSampler _zipf = new(customers, s);

    /// <summary>Share of the busiest customer's events.</summary>
    public double HottestShare => _zipf.HottestShare;

    public int Choose(Span<int> into, ref SplitMix random)
    {
        for (var i = 0; i < into.Length; i++) into[i] = _zipf.Draw(ref random);
        return into.Length;
    }
}

/// <summary>Each customer as likely as the others.</summary>
internal sealed class EvenChoice(int customers) : ICustomerChoice
{
    public int Choose(Span<int> into, ref SplitMix random)
    {
        for (var i = 0; i < into.Length; i++) into[i] = random.Below(customers);
        return into.Length;
    }
}

/// <summary>One customer after the other, each with the same number of events.</summary>
internal sealed class InARowChoice(int first, int customers, int eventsEach) : ICustomerChoice
{
    private long _next;

    public int Choose(Span<int> into, ref SplitMix random)
    {
        var total = (long)customers * eventsEach;
        var from = Interlocked.Add(ref _next, into.Length) - into.Length;
        var count = (int)Math.Clamp(total - from, 0, into.Length);
        for (var i = 0; i < count; i++) into[i] = first + (int)((from + i) / eventsEach);
        return count;
    }
}

/// <summary>A few customers, one after the other, without end.</summary>
internal sealed class RoundChoice(int first, int customers) : ICustomerChoice
{
    private int _next;

    public int Choose(Span<int> into, ref SplitMix random)
    {
        for (var i = 0; i < into.Length; i++) into[i] = first + (int)((uint)Interlocked.Increment(ref _next) % (uint)customers);
        return into.Length;
    }
}
