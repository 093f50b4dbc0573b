namespace Crm.Segments;

/// <summary>Brings each column to mean 0 and standard deviation 1 (of the whole population). A column without any spread becomes 0.</summary>
public sealed class Scaling
{
    private readonly double[] _mean;
    private readonly double[] _deviation;

    private Scaling(double[] mean, double[] deviation) => (_mean, _deviation) = (mean, deviation);

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
        for (var column = 0; column < point.Length; column++)
            scaled[column] = _deviation[column] > 0 ? (point[column] - _mean[column]) / _deviation[column] : 0;
        return scaled;
    }
}
