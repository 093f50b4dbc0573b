using System.Globalization;

namespace Crm.Bench;

/// <summary>Times of what somebody did on a page, in milliseconds.</summary>
internal sealed class PageTimes
{
    private readonly List<double> _ms = [];

    public int Count => _ms.Count;

    public void Add(double ms) => _ms.Add(ms);

    /// <summary>What so many percent did not exceed.</summary>
    public double Ms(double percentile)
    {
        if (_ms.Count == 0) return 0;
        var sorted = _ms.Order().ToArray();
        return sorted[Math.Clamp((int)Math.Ceiling(percentile / 100 * sorted.Length) - 1, 0, sorted.Length - 1)];
    }

    /// <summary>Cells of a table's row.</summary>
    public string Cells() => string.Create(CultureInfo.InvariantCulture, $"{Ms(50):0} | {Ms(95):0} | {Ms(100):0} | {Count}");
}
