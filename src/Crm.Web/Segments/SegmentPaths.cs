namespace Crm.Segments;

/// <summary>Addresses of segments' pages.</summary>
internal static class SegmentPaths
{
    /// <summary>The page of a new segment that begins with this definition.</summary>
    public static string New(string definition) => "/segments/new?definition=" + Uri.EscapeDataString(definition);
}
