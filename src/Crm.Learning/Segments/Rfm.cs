namespace Crm.Segments;

/// <summary>What a customer bought, in three numbers (Hughes 1994, Strategic Database Marketing).</summary>
/// <param name="Customer">The id.</param>
/// <param name="RecencyDays">Whole days since the last order.</param>
/// <param name="Frequency">Orders.</param>
/// <param name="Monetary">Money spent.</param>
public sealed record Rfm(string Customer, int RecencyDays, int Frequency, decimal Monetary)
{
    /// <summary>As a point to be clustered: logarithms, since all three are skewed; of money the sign stays.</summary>
    public double[] Point()
    {
        var money = (double)Monetary;
        return [Math.Log(1 + Math.Max(0, RecencyDays)), Math.Log(1 + Frequency), Math.Sign(money) * Math.Log(1 + Math.Abs(money))];
    }
}
