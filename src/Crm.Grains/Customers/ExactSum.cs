namespace Crm.Customers;

/// <summary>
/// A sum of amounts that is exact in any order of adding: whole units and the part below one are summed apart, so neither loses
/// a digit (amounts have at most 28 significant digits) nor overflows (at most 10^15 each: more than 10^13 of them fit).
/// </summary>
internal struct ExactSum(decimal whole, decimal part)
{
    public decimal Whole { readonly get; private set; } = whole;

    public decimal Part { readonly get; private set; } = part;

    /// <summary>The sum, without trailing zeros; rounded only where it needs more than 28 digits.</summary>
    public readonly decimal Value => MoneyText.Trim(Whole + Part);

    public void Add(decimal amount)
    {
        var whole = decimal.Truncate(amount);
        Whole += whole;
        Part += amount - whole;
        Carry();
    }

    public void Add(in ExactSum other)
    {
        Whole += other.Whole;
        Part += other.Part;
        Carry();
    }

    private void Carry()
    {
        if (Part is > -1m and < 1m) return;
        var carried = decimal.Truncate(Part);
        Whole += carried;
        Part -= carried;
    }
}
