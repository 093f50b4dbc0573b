namespace Crm.Segments;

/// <summary>Somebody entered a segment, or left it, as programs follow it.</summary>
/// <param name="Number">Grows by one with each; of an erased customer's there are none.</param>
/// <param name="Segment">The segment's id.</param>
/// <param name="Customer">The customer's.</param>
/// <param name="Entered">Entered, or left.</param>
/// <param name="Version">Of the definition by which; 0 where the segment was deleted, or the customer became a part of another.</param>
/// <param name="At">When.</param>
[GenerateSerializer, Immutable, Alias("crm.segment-news")]
public sealed record SegmentNewsItem(
    [property: Id(0)] long Number, [property: Id(1)] string Segment, [property: Id(2)] string Customer, [property: Id(3)] bool Entered, [property: Id(4)] int Version, [property: Id(5)] DateTimeOffset At);

/// <summary>Who entered and left which segment, in an order that can be followed: whoever has read up to a number has missed none below it.</summary>
public interface ISegmentNews
{
    /// <summary>Gives numbers to some of those who have none; answers the last number that was given.</summary>
    Task<long> Number(CancellationToken stop = default);

    /// <summary>The last number that was given.</summary>
    Task<long> Last(CancellationToken stop = default);

    /// <summary>What came after a number, in order.</summary>
    Task<IReadOnlyList<SegmentNewsItem>> After(long number, int max, CancellationToken stop = default);
}
