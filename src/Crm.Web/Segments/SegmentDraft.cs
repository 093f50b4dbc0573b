namespace Crm.Segments;

/// <summary>Where a segment is begun from something that is looked at.</summary>
internal static class SegmentDraft
{
    /// <summary>The page of a new segment with this definition.</summary>
    public static string Path(string definition) => "/segments/new?definition=" + Uri.EscapeDataString(definition);
}
