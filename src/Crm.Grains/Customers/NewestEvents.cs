using Crm.Clickstream;

namespace Crm.Customers;

/// <summary>One of the newest events, without its properties.</summary>
internal readonly record struct NewestEvent(long AtMs, EventType Type, string? Name, string? ProductId);

/// <summary>The newest events by their own time, oldest first.</summary>
internal sealed class NewestEvents
{
    /// <summary>Events kept: what a person or a model looks at first; the rest is in the history.</summary>
    public const int Max = 20;

    private const byte TypeBits = 0x3f;
    private const byte HasName = 0x40;
    private const byte HasProduct = 0x80;

    private NewestEvent[] _events = new NewestEvent[4];

    public int Count { get; private set; }

    public ReadOnlySpan<NewestEvent> All => _events.AsSpan(0, Count);

    public void Add(in NewestEvent happened)
    {
        if (Count == Max)
        {
            if (happened.AtMs < _events[0].AtMs) return;
            Count--;
            Array.Copy(_events, 1, _events, 0, Count);
        }
        else if (Count == _events.Length)
        {
            Array.Resize(ref _events, Math.Min(Max, Count * 2));
        }

        var at = Count;
        while (at > 0 && _events[at - 1].AtMs > happened.AtMs) at--;
        Array.Copy(_events, at, _events, at + 1, Count - at);
        _events[at] = happened;
        Count++;
    }

    public void Absorb(NewestEvents other)
    {
        foreach (ref readonly var happened in other.All) Add(happened);
    }

    public void Write(ProfileWriter output)
    {
        output.Count(Count);
        for (var at = Count - 1; at >= 0; at--)
        {
            ref readonly var happened = ref _events[at];
            output.Time(happened.AtMs);
            output.Output.Byte((byte)(
                (byte)happened.Type | (happened.Name is null ? 0 : HasName) | (happened.ProductId is null ? 0 : HasProduct)));
            if (happened.Name is not null) output.Shared(happened.Name);
            if (happened.ProductId is not null) output.Shared(happened.ProductId);
        }
    }

    public static NewestEvents Read(ProfileReader reader, ref PackReader input)
    {
        var count = input.Count();
        var newest = new NewestEvents { Count = count, _events = new NewestEvent[Math.Max(4, count)] };
        for (var at = count - 1; at >= 0; at--)
        {
            var time = reader.Time(ref input);
            var parts = input.Byte();
            newest._events[at] = new NewestEvent(
                time,
                (EventType)(parts & TypeBits),
                (parts & HasName) != 0 ? reader.Shared(ref input) : null,
                (parts & HasProduct) != 0 ? reader.Shared(ref input) : null);
        }

        return newest;
    }
}
