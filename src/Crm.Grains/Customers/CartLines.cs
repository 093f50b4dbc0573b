namespace Crm.Customers;

/// <summary>Lines of a cart: what all changes up to some time come to. A line with nothing left is gone.</summary>
internal sealed class CartLines
{
    /// <summary>More lines than a person fills a cart with; above it the line that was changed longest ago goes.</summary>
    public const int MaxLines = 256;

    /// <summary>Most pieces on a line, so that its value cannot overflow.</summary>
    private const int MaxPieces = ProductFields.MaxQuantity;

    private readonly List<CartChange> _lines = [];

    public int Count => _lines.Count;

    /// <summary>The lines, as the changes that would make them.</summary>
    public IReadOnlyList<CartChange> Changes() => _lines;

    public CartLines Copy()
    {
        var copy = new CartLines();
        copy._lines.AddRange(_lines);
        return copy;
    }

    public void Apply(in CartChange change)
    {
        var product = change.ProductId;
        var at = 0;
        while (at < _lines.Count && _lines[at].ProductId != product) at++;
        if (at < _lines.Count)
        {
            Change(at, change);
        }
        else if (change.Quantity > 0)
        {
            if (_lines.Count >= MaxLines) Evict();
            _lines.Add(change);
        }
    }

    public void Clear(long atMs) => _lines.RemoveAll(line => line.AtMs <= atMs);

    public CartView? View(long changedAtMs)
    {
        if (_lines.Count == 0) return null;
        var value = new SortedDictionary<string, ExactSum>(StringComparer.Ordinal);
        foreach (var line in _lines)
        {
            if (line.Price is not { } price) continue;
            var sum = value.GetValueOrDefault(line.Currency);
            sum.Add(price * line.Quantity);
            value[line.Currency] = sum;
        }

        return new CartView(
            [.. _lines.OrderBy(line => line.ProductId, StringComparer.Ordinal)
                .Select(line => new CartLineView(line.ProductId, line.Quantity, line.Price, line.Currency))],
            value.ToDictionary(part => part.Key, part => part.Value.Value),
            changedAtMs);
    }

    public void Write(ProfileWriter output)
    {
        output.Count(_lines.Count);
        foreach (var line in _lines) Cart.WriteChange(output, line);
    }

    public void Read(ProfileReader reader, ref PackReader input)
    {
        for (var left = input.Count(); left > 0; left--) _lines.Add(Cart.ReadChange(reader, ref input));
    }

    private void Change(int at, in CartChange change)
    {
        var line = _lines[at];
        var quantity = Math.Min(MaxPieces, (long)line.Quantity + change.Quantity);
        if (quantity <= 0)
        {
            _lines.RemoveAt(at);
            return;
        }

        _lines[at] = line with
        {
            AtMs = Math.Max(line.AtMs, change.AtMs),
            Quantity = (int)quantity,
            Price = change.Price ?? line.Price,
            Currency = change.Price is null ? line.Currency : change.Currency,
        };
    }

    private void Evict()
    {
        var oldest = 0;
        for (var at = 1; at < _lines.Count; at++)
        {
            if (_lines[at].AtMs < _lines[oldest].AtMs) oldest = at;
        }

        _lines.RemoveAt(oldest);
    }
}
