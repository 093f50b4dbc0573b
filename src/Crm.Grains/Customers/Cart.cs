namespace Crm.Customers;

/// <summary>Something put into the cart (or, with a negative quantity, taken out).</summary>
internal readonly record struct CartChange(long AtMs, string ProductId, int Quantity, decimal? Price, string Currency);

/// <summary>
/// The open cart. A removal takes at most what is there, so the order counts: the newest changes are kept apart in the order of
/// their times, and a late one takes its place among them; older ones are folded into lines. A completed order empties the cart of
/// all that happened at or before it, also of what arrives later.
/// </summary>
internal sealed class Cart
{
    /// <summary>Changes that a late one can still go before. A usual cart has fewer; the stored form takes some 10 bytes each.</summary>
    public const int MaxChanges = 64;

    private const byte HasCleared = 1;
    private const byte HasLines = 2;

    private readonly List<CartChange> _changes = [];
    private readonly CartLines _lines = new();
    private long? _linesToMs;
    private long? _clearedMs;

    public void Change(in CartChange change)
    {
        if (change.AtMs <= _clearedMs) return;
        if (change.AtMs < _linesToMs)
        {
            _lines.Apply(change);
            return;
        }

        var at = _changes.Count;
        while (at > 0 && _changes[at - 1].AtMs > change.AtMs) at--;
        _changes.Insert(at, change);
        if (_changes.Count <= MaxChanges) return;
        _linesToMs = _changes[0].AtMs;
        _lines.Apply(_changes[0]);
        _changes.RemoveAt(0);
    }

    public void Clear(long atMs)
    {
        if (atMs <= _clearedMs) return;
        _clearedMs = atMs;
        if (_changes.RemoveAll(change => change.AtMs <= atMs) > 0) _changes.TrimExcess();
        _lines.Clear(atMs);
        if (_linesToMs <= atMs) _linesToMs = null;
    }

    public void Absorb(Cart other)
    {
        if (other._clearedMs is { } cleared) Clear(cleared);
        foreach (var line in other._lines.Changes())
        {
            if (line.AtMs <= _clearedMs) continue;
            _lines.Apply(line);
            _linesToMs = Math.Max(_linesToMs ?? long.MinValue, other._linesToMs ?? line.AtMs);
        }

        foreach (var change in other._changes) Change(change);
    }

    /// <summary>The lines now; null for an empty cart.</summary>
    public CartView? View()
    {
        var lines = _lines.Copy();
        foreach (var change in _changes) lines.Apply(change);
        return lines.View(_changes.Count > 0 ? _changes[^1].AtMs : _linesToMs ?? 0);
    }

    public void Write(ProfileWriter output)
    {
        output.Output.Byte((byte)((_clearedMs is null ? 0 : HasCleared) | (_linesToMs is null ? 0 : HasLines)));
        if (_clearedMs is { } cleared) output.Time(cleared);
        if (_linesToMs is { } linesTo)
        {
            output.Time(linesTo);
            _lines.Write(output);
        }

        output.Count(_changes.Count);
        foreach (var change in _changes) WriteChange(output, change);
    }

    public static Cart Read(ProfileReader reader, ref PackReader input)
    {
        var cart = new Cart();
        var parts = input.Byte();
        if ((parts & HasCleared) != 0) cart._clearedMs = reader.Time(ref input);
        if ((parts & HasLines) != 0)
        {
            cart._linesToMs = reader.Time(ref input);
            cart._lines.Read(reader, ref input);
        }

        for (var left = input.Count(); left > 0; left--) cart._changes.Add(ReadChange(reader, ref input));
        return cart;
    }

    public static void WriteChange(ProfileWriter output, in CartChange change)
    {
        output.Time(change.AtMs);
        output.Shared(change.ProductId);
        output.Number(change.Quantity);
        output.Shared(change.Price is null ? null : change.Currency);
        if (change.Price is { } price) output.Output.Decimal(price);
    }

    public static CartChange ReadChange(ProfileReader reader, ref PackReader input)
    {
        var at = reader.Time(ref input);
        var product = reader.RequiredShared(ref input);
        var quantity = (int)input.Number();
        var currency = reader.Shared(ref input);
        return new CartChange(
            at, product, quantity, currency is null ? null : input.Decimal(), currency ?? Company.Currencies.Missing);
    }
}
