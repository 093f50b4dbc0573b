namespace Crm.Customers;

/// <summary>What the orders come to, and their stored form.</summary>
internal sealed partial class Orders
{
    public long? FirstOrderMs => Times().First;

    public long? LastOrderMs => Times().Last;

    /// <summary>Revenue, totals and refunds by currency, exact.</summary>
    public OrderSums Sums()
    {
        var sums = new OrderSums();
        foreach (var old in _old)
        {
            sums.Revenue.Add(old.Currency, old.Revenue);
            sums.Total.Add(old.Currency, old.Total);
            sums.Refunded.Add(old.Currency, old.Refunded);
        }

        for (var at = 0; at < _records.Count; at++)
        {
            var record = _records[at];
            if (record.Completed)
            {
                if (record.Amounts.Revenue is { } revenue) sums.Revenue.Add(record.Amounts.Currency, revenue);
                if (record.Amounts.Total is { } total) sums.Total.Add(record.Amounts.Currency, total);
            }

            foreach (var refund in record.Refunds()) sums.Refunded.Add(refund.Currency, refund.Amount);
        }

        return sums;
    }

    /// <summary>Revenue less refunds in the base currency, by the rates of the orders' days; null when one has no rate.</summary>
    public decimal? Net(CompanyMoney company)
    {
        var net = new NetSum(company);
        foreach (var old in _old)
        {
            net.Add(old.Revenue.Value, old.Currency, old.NewestMs);
            net.Add(-old.Refunded.Value, old.Currency, old.NewestMs);
        }

        for (var at = 0; at < _records.Count; at++)
        {
            var record = _records[at];
            if (record is { Completed: true, Amounts.Revenue: { } revenue }) net.Add(revenue, record.Amounts.Currency, record.OrderMs);
            foreach (var refund in record.Refunds()) net.Add(-refund.Amount.Value, refund.Currency, record.AtMs);
        }

        return net.Value;
    }

    /// <summary>Pieces bought in the orders that are kept one by one; the others are in the sums by product.</summary>
    public IEnumerable<OrderLine> OpenLines()
    {
        for (var at = 0; at < _records.Count; at++)
        {
            if (_records[at] is not { Completed: true, Lines: { } lines }) continue;
            foreach (var line in lines) yield return line;
        }
    }

    public void Write(ProfileWriter output)
    {
        output.Count(Refunds);
        output.Count(_records.Count);
        for (var at = 0; at < _records.Count; at++)
        {
            output.Output.Text(_records.Key(at));
            _records[at].Write(output);
        }

        output.Count(_oldCount);
        if (_oldCount > 0)
        {
            output.Time(_oldFirstMs);
            output.Time(_oldLastMs);
        }

        output.Count(_old.Count);
        foreach (var old in _old) old.Write(output);
    }

    public static Orders Read(ProfileReader reader, ref PackReader input)
    {
        var orders = new Orders { Refunds = input.Count() };
        for (var left = input.Count(); left > 0; left--)
        {
            ref var record = ref orders._records.Get(input.RequiredText(), out _);
            record = OrderRecord.Read(reader, ref input);
            if (record.Completed) orders.Count++;
            orders._lines += record.Lines?.Count ?? 0;
        }

        orders._oldCount = input.Count();
        orders.Count += orders._oldCount;
        if (orders._oldCount > 0)
        {
            orders._oldFirstMs = reader.Time(ref input);
            orders._oldLastMs = reader.Time(ref input);
        }

        for (var left = input.Count(); left > 0; left--) orders._old.Add(OldOrders.Read(reader, ref input));
        return orders;
    }

    private (long? First, long? Last) Times()
    {
        long? first = _oldCount > 0 ? _oldFirstMs : null;
        long? last = _oldCount > 0 ? _oldLastMs : null;
        for (var at = 0; at < _records.Count; at++)
        {
            if (_records[at] is not { Completed: true, OrderMs: var time }) continue;
            first = Math.Min(first ?? time, time);
            last = Math.Max(last ?? time, time);
        }

        return (first, last);
    }
}

/// <summary>Sums by currency.</summary>
internal sealed class MoneyByCurrency
{
    private readonly Keyed<ExactSum> _sums = new();

    public void Add(string currency, decimal amount) => _sums.Get(currency, out _).Add(amount);

    public void Add(string currency, in ExactSum amount) => _sums.Get(currency, out _).Add(amount);

    public Dictionary<string, decimal> ToDictionary() => _sums.Sorted().ToDictionary(at => _sums.Key(at), at => _sums[at].Value);
}

/// <summary>Sums of all orders.</summary>
internal sealed class OrderSums
{
    public MoneyByCurrency Revenue { get; } = new();

    public MoneyByCurrency Total { get; } = new();

    public MoneyByCurrency Refunded { get; } = new();
}
