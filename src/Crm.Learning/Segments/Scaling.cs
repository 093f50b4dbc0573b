namespace Crm.Segments;

/// <summary>Brings each column to mean 0 and standard deviation 1 (of the whole population). A column without any spread becomes 0.</summary>
/// <param name="mean">Of each column.</param>
/// <param name="deviation">Of each column.</param>
public sealed class Scaling(IReadOnlyList<double> mean, IReadOnlyList<double> deviation)
{
    /// <summary>The mean of each column.</summary>
    public IReadOnlyList<double> Mean => mean;

    /// <summary>The standard deviation of each column.</summary>
    public IReadOnlyList<double> Deviation => deviation;

    /// <summary>Means and deviations of points of equal length; at least one.</summary>
    public static Scaling Of(IReadOnlyList<double[]> points)
    {
        ArgumentNullException.ThrowIfNull(points);
        var columns = points[0].Length;
        var (mean, deviation) = (new double[columns], new double[columns]);
        for (var column = 0; column < columns; column++)
        {
            mean[column] = points.Average(p => p[column]);
            deviation[column] = Math.Sqrt(points.Average(p => (p[column] - mean[column]) * (p[column] - mean[column])));
        }

        return new Scaling(mean, deviation);
    }

    /// <summary>A point in these units.</summary>
    public double[] Apply(double[] point)
    {
        ArgumentNullException.ThrowIfNull(point);
        var scaled = new double[point.Length];
        for (var column = 0; column < point.Length; column++) scaled[column] = deviation[column] > 0 ? (point[column] - mean[column]) / deviation[column] : 0;
        return scaled;
    }

    /// <summary>A scaled point in its own units again.</summary>
    public double[] Undo(IReadOnlyList<double> scaled)
    {
        ArgumentNullException.ThrowIfNull(scaled);
        return [.. scaled.Select((value, column) => mean[column] + (value * deviation[column]))];
    }
}
