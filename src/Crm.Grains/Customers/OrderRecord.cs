namespace Crm.Customers;

/// <summary>Pieces of a product in an order.</summary>
internal readonly record struct OrderLine(string ProductId, int Quantity);

/// <summary>Money refunded of one order in one currency. The earliest refund dates it while its order is unknown.</summary>
internal readonly record struct Refund(string Currency, ExactSum Amount, long EarliestMs);

/// <summary>
/// What is known of one order, from all events that name it, in whatever order they came: its earliest completion dates it, its
/// latest completion or update gives the amounts, refunds add up beside it.
/// </summary>
internal sealed partial class OrderRecord
{
    /// <summary>Currencies that refunds of one order may come in; a real one has one.</summary>
    private const int MaxRefundCurrencies = 8;

    /// <summary>Stands for the time of lines that came one by one: before that of any list of them, which wins.</summary>
    private const long ItemsMs = ProfileTime.MinMs - 1;

    private long _amountsMs;
    private long _linesMs;
    private List<Refund>? _refunds;
    private long _wholeRefundMs;
    private long? _firstRefundMs;

    public bool Completed { get; private set; }

    public bool Cancelled { get; private set; }

    /// <summary>Its products were added to the customer's and are not kept here any more: a copy of the order must not count again.</summary>
    public bool LinesSettled { get; private set; }

    /// <summary>A refund named no amount and no products: the whole order was paid back.</summary>
    public bool WholeRefunded { get; private set; }

    /// <summary>Its earliest completion.</summary>
    public long OrderMs { get; private set; }

    public OrderAmounts Amounts { get; private set; } = new(Company.Currencies.Missing, null, null);

    public IReadOnlyList<OrderLine>? Lines { get; private set; }

    /// <summary>When it counts: at its completion, else at its first refund; at the least time when only marks are known.</summary>
    public long AtMs => Completed ? OrderMs : _firstRefundMs ?? long.MinValue;

    public void Complete(long atMs)
    {
        OrderMs = Completed ? Math.Min(OrderMs, atMs) : atMs;
        Completed = true;
    }

    public void Cancel() => Cancelled = true;

    public void Offer(in OrderAmounts amounts, long atMs)
    {
        if (!amounts.Any || (Amounts.Any && atMs < _amountsMs)) return;
        Amounts = amounts;
        _amountsMs = atMs;
    }

    public void Offer(IReadOnlyList<OrderLine> lines, long atMs)
    {
        if (LinesSettled || lines.Count == 0 || (Lines is not null && atMs < _linesMs)) return;
        Lines = lines;
        _linesMs = atMs;
    }

    /// <summary>Adds a line that comes by itself; false where a list of them is known.</summary>
    public bool Add(OrderLine line)
    {
        if (Lines is not null && _linesMs != ItemsMs) return false;
        Lines = [.. Lines ?? [], line];
        _linesMs = ItemsMs;
        return true;
    }

    /// <summary>Hands out the products for good.</summary>
    public IReadOnlyList<OrderLine> SettleLines()
    {
        var lines = Lines ?? [];
        Lines = null;
        LinesSettled = true;
        return lines;
    }

    public void RefundAll(long atMs)
    {
        _wholeRefundMs = WholeRefunded ? Math.Min(_wholeRefundMs, atMs) : atMs;
        WholeRefunded = true;
        Dated(atMs);
    }

    /// <summary>False when it would be the refund in one currency too many.</summary>
    public bool AddRefund(string currency, in ExactSum amount, long atMs)
    {
        Dated(atMs);
        _refunds ??= new List<Refund>(1);
        var at = _refunds.FindIndex(refund => refund.Currency == currency);
        if (at < 0)
        {
            if (_refunds.Count >= MaxRefundCurrencies) return false;
            _refunds.Add(new Refund(currency, amount, atMs));
            return true;
        }

        var sum = _refunds[at].Amount;
        sum.Add(amount);
        _refunds[at] = new Refund(currency, sum, Math.Min(_refunds[at].EarliestMs, atMs));
        return true;
    }

    /// <summary>
    /// The money refunded. A refund of the whole order is worth what its other refunds leave of the total, as far as that is known.
    /// </summary>
    public IEnumerable<Refund> Refunds() => _refunds is null && !WholeRefunded ? [] : AllRefunds();

    private IEnumerable<Refund> AllRefunds()
    {
        var rest = WholeRefunded && Completed ? Amounts.Total : null;
        foreach (var refund in _refunds ?? [])
        {
            if (rest is { } total && refund.Currency == Amounts.Currency)
            {
                rest = null;
                if (refund.Amount.Value < total)
                {
                    var whole = default(ExactSum);
                    whole.Add(total);
                    yield return refund with { Amount = whole };
                    continue;
                }
            }

            yield return refund;
        }

        if (rest is not > 0) yield break;
        var all = default(ExactSum);
        all.Add(rest.Value);
        yield return new Refund(Amounts.Currency, all, _wholeRefundMs);
    }

    public void Absorb(OrderRecord other)
    {
        if (other.Completed) Complete(other.OrderMs);
        Cancelled |= other.Cancelled;
        Offer(other.Amounts, other._amountsMs);
        if (other.LinesSettled) LinesSettled = true;
        if (LinesSettled) Lines = null;
        if (Lines is not null && _linesMs == ItemsMs && other._linesMs == ItemsMs) Lines = [.. Lines, .. other.Lines ?? []];
        else Offer(other.Lines ?? [], other._linesMs);
        if (other.WholeRefunded) RefundAll(other._wholeRefundMs);
        if (other._refunds is null) return;
        foreach (var refund in other._refunds) AddRefund(refund.Currency, refund.Amount, refund.EarliestMs);
    }

    private void Dated(long refundMs) => _firstRefundMs = Math.Min(_firstRefundMs ?? refundMs, refundMs);
}
