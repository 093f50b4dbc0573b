using Crm.Records;

namespace Crm.Segments;

/// <summary>All segments: what is changed of them goes through here.</summary>
[Alias("crm.segments")]
public interface ISegmentsGrain : IGrainWithIntegerKey
{
    /// <summary>Stores a segment, new, edited or deleted. Its definition is kept as it is written there: one condition has one text.</summary>
    /// <param name="segment">As it is to be; its record version is the one that was read, 0 for a new one.</param>
    /// <param name="cause">Who does it.</param>
    [Alias("save")]
    Task<SegmentAnswer> Save(Segment segment, ChangeCause cause);

    /// <summary>Looks at some more customers by the newest definitions, where that is not done. True when there is more to do at once.</summary>
    [Alias("fill")]
    Task<bool> Fill();

    /// <summary>Finds the scores and clusters of those who bought anew, if it is time.</summary>
    /// <param name="clusters">How many there are to be from now on; null for as many as before.</param>
    /// <param name="always">Also if it is not time.</param>
    [Alias("refit")]
    Task<RfmAnswer> Refit(int? clusters, bool always);

    /// <summary>Makes, once, the segments that an installation begins with; they can be edited and deleted like all others.</summary>
    [Alias("begin")]
    Task Begin();

    /// <summary>Looks at some of those of whom people wrote something new. True when there is more to do at once.</summary>
    [Alias("follow-cards")]
    Task<bool> FollowCards();
}
