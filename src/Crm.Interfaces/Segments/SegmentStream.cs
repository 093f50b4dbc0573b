namespace Crm.Segments;

/// <summary>The Orleans stream on which who entered and left segments is told.</summary>
public static class SegmentStream
{
    /// <summary>The stream provider.</summary>
    public const string Provider = "segments";

    /// <summary>The namespace that grains subscribe to.</summary>
    public const string Namespace = "segment-changes";
}
