namespace Crm.Replay;

/// <summary>The lines of one order as they gather over the file.</summary>
internal sealed class Order(string number, string customer, string? currency, long firstRow)
{
    private readonly List<OrderLine> _lines = [];

    public string Number { get; } = number;

    public string Customer { get; } = customer;

    public string? Currency { get; } = currency;

    /// <summary>Row of its first line in the file.</summary>
    public long FirstRow { get; } = firstRow;

    /// <summary>Time of its earliest line.</summary>
    public long EarliestMs { get; private set; } = long.MaxValue;

    /// <summary>Exact sum of the lines' amounts.</summary>
    public decimal Amount { get; private set; }

    public IReadOnlyList<OrderLine> Lines => _lines;

    /// <summary>Properties of the order itself, from its first line.</summary>
    public IReadOnlyList<OrderProperty> Properties { get; init; } = [];

    /// <summary>Why it cannot be sent: one unreadable line makes its sum wrong.</summary>
    public string? Refused { get; set; }

    public void Add(OrderLine line, decimal amount, long atMs)
    {
        _lines.Add(line);
        Amount += amount;
        EarliestMs = Math.Min(EarliestMs, atMs);
    }
}

/// <summary>One line of an order.</summary>
internal readonly record struct OrderLine(string? Product, string? Name, decimal? Price, decimal? Quantity);

/// <summary>A property of an order: a number or a text.</summary>
internal readonly record struct OrderProperty(string Name, string Text, decimal? Number);
