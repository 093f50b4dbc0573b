namespace Crm.Customers;

/// <summary>
/// The orders of a customer and what was paid back. The newest are kept one by one, so that copies, updates and refunds find
/// theirs, whichever arrives first; older ones are summed up by currency (sums stay exact; a copy that comes so late counts again).
/// </summary>
internal sealed partial class Orders
{
    /// <summary>Orders kept one by one: more than people make in years; some 30 KB stored at the most for a reseller.</summary>
    public const int MaxRecords = 1_000;

    /// <summary>Lines of orders kept one by one, of the newest orders. Older ones are in the sums by product.</summary>
    public const int MaxLines = 200;

    private readonly Keyed<OrderRecord> _records = new(1);
    private readonly List<OldOrders> _old = [];
    private int _oldCount;
    private long _oldFirstMs;
    private long _oldLastMs;
    private int _lines;

    /// <summary>Completed orders, each id once.</summary>
    public int Count { get; private set; }

    /// <summary>Refunds, each one.</summary>
    public int Refunds { get; private set; }

    public void Completed(string id, long atMs, in OrderAmounts amounts, IReadOnlyList<OrderLine> lines, Products products)
    {
        var record = Record(id);
        if (!record.Completed) Count++;
        record.Complete(atMs);
        record.Offer(amounts, atMs);
        _lines -= record.Lines?.Count ?? 0;
        record.Offer(lines, atMs);
        _lines += record.Lines?.Count ?? 0;
        Bound(products);
    }

    /// <summary>An item that comes as an event of its own, before or after its order.</summary>
    public void ItemAdded(string id, OrderLine line, Products products)
    {
        var record = Record(id);
        if (record.LinesSettled) products.Purchased(line.ProductId, line.Quantity, record.OrderMs);
        else if (record.Add(line)) _lines++;
        Bound(products);
    }

    public void Updated(string id, long atMs, in OrderAmounts amounts, Products products)
    {
        if (!amounts.Any) return;
        Record(id).Offer(amounts, atMs);
        Bound(products);
    }

    public void Cancelled(string id, Products products)
    {
        Record(id).Cancel();
        Bound(products);
    }

    /// <summary>A refund whose amount is unknown counts, without money.</summary>
    public void Refunded(string id, long atMs, RefundAmount refund, Products products, ref int faults)
    {
        Refunds++;
        if (refund.Whole)
        {
            Record(id).RefundAll(atMs);
        }
        else if (refund is { Currency: { } currency, Amount: { } amount })
        {
            var sum = default(ExactSum);
            sum.Add(Math.Abs(amount));
            if (!Record(id).AddRefund(currency, sum, atMs)) faults++;
        }

        Bound(products);
    }

    public void Absorb(Orders other, Products products)
    {
        Refunds += other.Refunds;
        for (var at = 0; at < other._records.Count; at++) Record(other._records.Key(at)).Absorb(other._records[at]);
        if (other._oldCount > 0) Old(other._oldCount, other._oldFirstMs, other._oldLastMs);
        foreach (var old in other._old) Old(old.Currency).Add(old);
        Count = _oldCount;
        _lines = 0;
        for (var at = 0; at < _records.Count; at++)
        {
            if (_records[at].Completed) Count++;
            _lines += _records[at].Lines?.Count ?? 0;
        }

        Bound(products);
    }

    private OrderRecord Record(string id)
    {
        ref var record = ref _records.Get(id, out _);
        return record ??= new OrderRecord();
    }

    private void Bound(Products products)
    {
        while (_lines > MaxLines)
        {
            Settle(_records[Oldest(withLines: true)], products);
        }

        while (_records.Count > MaxRecords)
        {
            var oldest = Oldest(withLines: false);
            var record = _records[oldest];
            Settle(record, products);
            if (record.Completed)
            {
                Old(1, record.OrderMs, record.OrderMs);
                if (record.Amounts.Any) Old(record.Amounts.Currency).Add(record.Amounts, record.OrderMs);
            }

            foreach (var refund in record.Refunds()) Old(refund.Currency).Add(refund, record.AtMs);
            _records.RemoveAt(oldest);
        }
    }

    private void Settle(OrderRecord record, Products products)
    {
        if (record.Lines is null) return;
        _lines -= record.Lines.Count;
        foreach (var line in record.SettleLines()) products.Purchased(line.ProductId, line.Quantity, record.OrderMs);
    }

    private int Oldest(bool withLines)
    {
        var oldest = -1;
        for (var at = 0; at < _records.Count; at++)
        {
            if (withLines && _records[at].Lines is null) continue;
            if (oldest < 0 || _records[at].AtMs < _records[oldest].AtMs
                || (_records[at].AtMs == _records[oldest].AtMs && string.CompareOrdinal(_records.Key(at), _records.Key(oldest)) < 0))
                oldest = at;
        }

        return oldest;
    }

    private void Old(int count, long firstMs, long lastMs)
    {
        _oldFirstMs = _oldCount == 0 ? firstMs : Math.Min(_oldFirstMs, firstMs);
        _oldLastMs = _oldCount == 0 ? lastMs : Math.Max(_oldLastMs, lastMs);
        _oldCount += count;
    }

    private OldOrders Old(string currency)
    {
        var found = _old.Find(old => old.Currency == currency);
        if (found is null) _old.Add(found = new OldOrders(currency));
        return found;
    }
}

/// <summary>What a refund says: an amount in a currency, the whole order, or (both null) nothing readable.</summary>
internal readonly record struct RefundAmount(string? Currency, decimal? Amount, bool Whole);
