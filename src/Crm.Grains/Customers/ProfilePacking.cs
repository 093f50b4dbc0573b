namespace Crm.Customers;

/// <summary>
/// Writes the parts of a profile: times as the step from the time written before (what happened together is stored in few
/// bytes), and each shared text once, later as its number.
/// </summary>
internal sealed class ProfileWriter(PackWriter output)
{
    private readonly Keyed<int> _texts = new(8);
    private long _lastMs;

    public PackWriter Output { get; } = output;

    /// <summary>Begins another profile, whose first time is told from the given one.</summary>
    public void Begin(long newestMs)
    {
        _lastMs = newestMs;
        _texts.Clear();
    }

    public void Count(int value) => Output.Count(value);

    public void Number(long value) => Output.Number(value);

    /// <summary>A time; the reader must read the times in the same order.</summary>
    public void Time(long atMs)
    {
        Output.Number(_lastMs - atMs);
        _lastMs = atMs;
    }

    /// <summary>A text that stands in several places of a profile (0: null; 1: a new one follows; n: the one numbered n - 2).</summary>
    public void Shared(string? text)
    {
        if (text is null)
        {
            Output.Count(0);
            return;
        }

        ref var number = ref _texts.Get(text, out var added);
        if (!added)
        {
            Output.Count(number);
            return;
        }

        number = _texts.Count + 1;
        Output.Count(1);
        Output.Text(text);
    }

    public void Sum(in ExactSum sum)
    {
        Output.Decimal(sum.Whole);
        Output.Decimal(sum.Part);
    }
}

/// <summary>Reads what <see cref="ProfileWriter"/> wrote.</summary>
internal sealed class ProfileReader(long newestMs)
{
    private readonly List<string> _texts = [];
    private long _lastMs = newestMs;

    public long Time(ref PackReader input) => _lastMs -= input.Number();

    public string? Shared(ref PackReader input)
    {
        var number = input.Count();
        if (number == 0) return null;
        if (number > 1) return _texts[number - 2];
        var text = TextPool.Get(input.RequiredText());
        _texts.Add(text);
        return text;
    }

    public string RequiredShared(ref PackReader input) =>
        Shared(ref input) ?? throw new InvalidDataException("A shared text is missing in a stored customer.");

    public static ExactSum Sum(ref PackReader input) => new(input.Decimal(), input.Decimal());
}
