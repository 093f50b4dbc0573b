using HdrHistogram;

namespace Crm.Bench;

/// <summary>Durations of many requests, to three digits, from a microsecond to two minutes. Any thread records.</summary>
internal sealed class Latencies
{
    private const long MostMicroseconds = 120_000_000;

    private readonly LongConcurrentHistogram _microseconds = new(1, MostMicroseconds, 3);

    /// <summary>How many were recorded.</summary>
    public long Count => _microseconds.TotalCount;

    /// <summary>Records what took from a timestamp until now.</summary>
    public void Since(long timestamp) =>
        _microseconds.RecordValue(Math.Clamp((long)(Clock.SecondsSince(timestamp) * 1e6), 1, MostMicroseconds));

    /// <summary>Milliseconds that so many percent did not exceed.</summary>
    public double Ms(double percentile) => Count == 0 ? 0 : _microseconds.GetValueAtPercentile(percentile) / 1000.0;

    /// <summary>Cells of a table's row: p50, p95, p99, p99.9 and the longest, in milliseconds.</summary>
    public string Cells() =>
        $"{Ms(50):0.00} | {Ms(95):0.00} | {Ms(99):0.00} | {Ms(99.9):0.0} | {Ms(100):0.0}";
}
