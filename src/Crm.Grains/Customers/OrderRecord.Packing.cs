namespace Crm.Customers;

/// <summary>The stored form of an order: a byte that says which parts follow, then those.</summary>
internal sealed partial class OrderRecord
{
    private const byte IsCompleted = 1;
    private const byte IsCancelled = 2;
    private const byte HasRevenue = 4;
    private const byte HasTotal = 8;
    private const byte HasLines = 16;
    private const byte AreLinesSettled = 32;
    private const byte HasRefunds = 64;
    private const byte IsWholeRefunded = 128;

    public void Write(ProfileWriter output)
    {
        output.Output.Byte((byte)(
            (Completed ? IsCompleted : 0) | (Cancelled ? IsCancelled : 0)
            | (Amounts.Revenue is null ? 0 : HasRevenue) | (Amounts.Total is null ? 0 : HasTotal)
            | (Lines is null ? 0 : HasLines) | (LinesSettled ? AreLinesSettled : 0)
            | (_refunds is null ? 0 : HasRefunds) | (WholeRefunded ? IsWholeRefunded : 0)));
        if (Completed) output.Time(OrderMs);
        if (Amounts.Any)
        {
            output.Time(_amountsMs);
            output.Shared(Amounts.Currency);
            if (Amounts.Revenue is { } revenue) output.Output.Decimal(revenue);
            if (Amounts.Total is { } total) output.Output.Decimal(total);
        }

        if (Lines is not null) WriteLines(output, Lines);
        if (_refunds is not null) WriteRefunds(output, _refunds);
        if (WholeRefunded) output.Time(_wholeRefundMs);
    }

    public static OrderRecord Read(ProfileReader reader, ref PackReader input)
    {
        var parts = input.Byte();
        var record = new OrderRecord
        {
            Completed = (parts & IsCompleted) != 0,
            Cancelled = (parts & IsCancelled) != 0,
            LinesSettled = (parts & AreLinesSettled) != 0,
            WholeRefunded = (parts & IsWholeRefunded) != 0,
        };
        if (record.Completed) record.OrderMs = reader.Time(ref input);
        if ((parts & (HasRevenue | HasTotal)) != 0)
        {
            record._amountsMs = reader.Time(ref input);
            var currency = reader.RequiredShared(ref input);
            decimal? revenue = (parts & HasRevenue) != 0 ? input.Decimal() : null;
            record.Amounts = new OrderAmounts(currency, revenue, (parts & HasTotal) != 0 ? input.Decimal() : null);
        }

        if ((parts & HasLines) != 0) record.ReadLines(reader, ref input);
        if ((parts & HasRefunds) != 0) record._refunds = ReadRefunds(reader, ref input);
        foreach (var refund in record._refunds ?? []) record.Dated(refund.EarliestMs);
        if (!record.WholeRefunded) return record;
        record._wholeRefundMs = reader.Time(ref input);
        record.Dated(record._wholeRefundMs);
        return record;
    }

    private void WriteLines(ProfileWriter output, IReadOnlyList<OrderLine> lines)
    {
        output.Time(_linesMs);
        output.Count(lines.Count);
        foreach (var line in lines)
        {
            output.Shared(line.ProductId);
            output.Count(line.Quantity);
        }
    }

    private void ReadLines(ProfileReader reader, ref PackReader input)
    {
        _linesMs = reader.Time(ref input);
        var lines = new OrderLine[input.Count()];
        for (var at = 0; at < lines.Length; at++) lines[at] = new OrderLine(reader.RequiredShared(ref input), input.Count());
        Lines = lines;
    }

    private static void WriteRefunds(ProfileWriter output, List<Refund> refunds)
    {
        output.Count(refunds.Count);
        foreach (var refund in refunds)
        {
            output.Shared(refund.Currency);
            output.Sum(refund.Amount);
            output.Time(refund.EarliestMs);
        }
    }

    private static List<Refund> ReadRefunds(ProfileReader reader, ref PackReader input)
    {
        var count = input.Count();
        var refunds = new List<Refund>(count);
        for (; count > 0; count--)
            refunds.Add(new Refund(reader.RequiredShared(ref input), ProfileReader.Sum(ref input), reader.Time(ref input)));
        return refunds;
    }
}
