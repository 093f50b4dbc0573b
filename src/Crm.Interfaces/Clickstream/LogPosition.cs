using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Crm.Clickstream;

/// <summary>
/// How far a log was written when a call was answered: the log's identity and, by partition, the number of the last event.
/// Opaque to callers; a position of another log (after a restore or failover) is told apart.
/// </summary>
[GenerateSerializer, Immutable, Alias("crm.log-position")]
public sealed record LogPosition([property: Id(0)] string LogId, [property: Id(1)] IReadOnlyList<PartitionSeq> Seqs)
{
    /// <summary>The text that callers hand back: <c>logId.partition-seq.partition-seq...</c>.</summary>
    public override string ToString() =>
        string.Join('.', [LogId, .. Seqs.Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Partition}-{s.Seq}"))]);

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out LogPosition? position)
    {
        position = null;
        if (text is null || text.Length > 4_000) return false;
        var parts = text.Split('.');
        if (parts.Length < 2 || parts[0].Length == 0) return false;
        var seqs = new PartitionSeq[parts.Length - 1];
        for (var i = 1; i < parts.Length; i++)
        {
            var dash = parts[i].IndexOf('-', StringComparison.Ordinal);
            if (dash <= 0
                || !ushort.TryParse(parts[i].AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out var partition)
                || !long.TryParse(parts[i].AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var seq))
                return false;
            seqs[i - 1] = new PartitionSeq(partition, seq);
        }

        position = new LogPosition(parts[0], seqs);
        return true;
    }
}

/// <summary>A partition and a number in it.</summary>
[GenerateSerializer, Immutable, Alias("crm.partition-seq")]
public readonly record struct PartitionSeq([property: Id(0)] int Partition, [property: Id(1)] long Seq);
