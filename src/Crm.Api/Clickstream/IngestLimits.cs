namespace Crm.Clickstream;

/// <summary>What one request may hold. The numbers are the tracking protocol's own: its clients cut their batches to them.</summary>
internal static class IngestLimits
{
    /// <summary>Longest event, in bytes, as received and also with the batch's context merged in.</summary>
    public const int EventBytes = 32 * 1024;

    /// <summary>Longest body, in bytes after decompression.</summary>
    public const int BatchBytes = 500 * 1024;

    /// <summary>Most events of one batch.</summary>
    public const int BatchEvents = 2_500;

    /// <summary>
    /// Longest sum of a batch's events after its context was merged into each, in bytes: a small body with a long context must
    /// not become a hundred megabytes of events.
    /// </summary>
    public const int MergedBytes = 8 * BatchBytes;

    /// <summary>Deepest nesting that is parsed; clients are promised 100.</summary>
    public const int Depth = 256;

    /// <summary>Deeper than any body can be nested: to find where a hostile element of a batch ends. A level costs the reader a bit.</summary>
    public const int AnyDepth = BatchBytes;
}
