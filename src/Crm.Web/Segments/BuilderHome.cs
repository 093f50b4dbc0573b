using System.Globalization;

namespace Crm.Segments;

/// <summary>What all parts of a builder share.</summary>
/// <param name="terms">What can be spoken of.</param>
/// <param name="changed">Writes the definition anew.</param>
internal sealed class BuilderHome(SegmentTerms terms, Func<Task> changed)
{
    private int _ids;

    public SegmentTerms Terms => terms;

    /// <summary>Whether it is only to be looked at.</summary>
    public bool IsFixed { get; set; }

    public Task Changed() => changed();

    /// <summary>An id that nothing else on the page has.</summary>
    public string NextId() => "built-" + (++_ids).ToString(CultureInfo.InvariantCulture);
}
