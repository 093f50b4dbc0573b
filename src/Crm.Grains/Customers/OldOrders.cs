namespace Crm.Customers;

/// <summary>Sums, in one currency, of orders that are not kept one by one any more. Their newest date converts them.</summary>
internal sealed class OldOrders(string currency)
{
    private ExactSum _revenue;
    private ExactSum _total;
    private ExactSum _refunded;

    public string Currency { get; } = currency;

    public ExactSum Revenue => _revenue;

    public ExactSum Total => _total;

    public ExactSum Refunded => _refunded;

    public long NewestMs { get; private set; } = long.MinValue;

    public void Add(in OrderAmounts amounts, long atMs)
    {
        if (amounts.Revenue is { } revenue) _revenue.Add(revenue);
        if (amounts.Total is { } total) _total.Add(total);
        NewestMs = Math.Max(NewestMs, atMs);
    }

    public void Add(in Refund refund, long atMs)
    {
        _refunded.Add(refund.Amount);
        NewestMs = Math.Max(NewestMs, atMs);
    }

    public void Add(OldOrders other)
    {
        _revenue.Add(other._revenue);
        _total.Add(other._total);
        _refunded.Add(other._refunded);
        NewestMs = Math.Max(NewestMs, other.NewestMs);
    }

    public void Write(ProfileWriter output)
    {
        output.Shared(Currency);
        output.Sum(_revenue);
        output.Sum(_total);
        output.Sum(_refunded);
        output.Time(NewestMs);
    }

    public static OldOrders Read(ProfileReader reader, ref PackReader input) => new(reader.RequiredShared(ref input))
    {
        _revenue = ProfileReader.Sum(ref input),
        _total = ProfileReader.Sum(ref input),
        _refunded = ProfileReader.Sum(ref input),
        NewestMs = reader.Time(ref input),
    };
}
