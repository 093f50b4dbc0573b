using System.Text.Json;
using System.Text.Json.Nodes;

namespace Crm.Segments;

/// <summary>A segment as the API shows it.</summary>
/// <param name="Definition">Who belongs to it, as text.</param>
/// <param name="Filter">The same as JSON.</param>
/// <param name="Flag">Under which name shops' pages may ask, as for a feature flag, whether somebody is in it; null where they may not.</param>
/// <param name="Version">Counts its definitions.</param>
/// <param name="RecordVersion">Counts its edits.</param>
/// <param name="Members">How many are in it; of those who may not see everybody, null: GET the members.</param>
internal sealed record SegmentView(
    string Id, string Name, string Description, string Definition, JsonObject? Filter, string? Flag, int Version, long RecordVersion, long? Members,
    DateTimeOffset CreatedAt, string CreatedBy, DateTimeOffset UpdatedAt);

/// <summary>All segments, and how far everybody was looked at by the newest definitions.</summary>
internal sealed record SegmentList(IReadOnlyList<SegmentView> Items, SegmentFillView Backfill);

/// <summary>How far all customers were looked at by the newest definitions.</summary>
/// <param name="Looked">Customers that were.</param>
/// <param name="Of">Customers that there are, about.</param>
/// <param name="Ended">All were: membership is exact.</param>
/// <param name="Paused">It waits until somebody lets it go on.</param>
internal sealed record SegmentFillView(long Looked, long Of, bool Ended, bool Paused);

/// <summary>What can be changed of the work on all customers.</summary>
internal sealed record SegmentFillChange(bool Paused);

/// <summary>What is sent of a segment. Of <c>definition</c> (text) and <c>filter</c> (JSON) one says who belongs to it.</summary>
internal sealed record SegmentChangeBody(string? Name, string? Description, string? Definition, JsonElement? Filter, string? Flag);

/// <summary>A definition to be looked at.</summary>
internal sealed record SegmentDraft(string? Definition, JsonElement? Filter);

/// <summary>A definition both ways.</summary>
internal sealed record SegmentText(string Definition, JsonObject Filter);

/// <summary>How many are in a segment.</summary>
internal sealed record SegmentCountView(long Count);

/// <summary>Earlier definitions.</summary>
internal sealed record SegmentVersionList(IReadOnlyList<SegmentVersion> Items);

/// <summary>What the last days did.</summary>
internal sealed record SegmentCurve(IReadOnlyList<SegmentDay> Items);

/// <summary>What a definition would do.</summary>
/// <param name="Count">How many would be in it; of more than were looked at, about.</param>
/// <param name="Of">Customers that there are, about.</param>
/// <param name="Looked">Customers that were looked at.</param>
/// <param name="IsExact">All of them were.</param>
/// <param name="Members">Some who would be in it.</param>
internal sealed record SegmentPreview(long Count, long Of, int Looked, bool IsExact, IReadOnlyList<PreviewMember> Members);

/// <summary>Somebody who would be in it.</summary>
internal sealed record PreviewMember(string Id, string? Name);

/// <summary>Why somebody is in a segment, or is not.</summary>
/// <param name="IsMember">Whether the customer is in it.</param>
/// <param name="Since">Since when.</param>
/// <param name="IsWhole">False while the customer's events cannot be read; then there are no conditions.</param>
/// <param name="Conditions">What the definition asks, one by one.</param>
internal sealed record SegmentReasonView(bool IsMember, DateTimeOffset? Since, bool IsWhole, IReadOnlyList<ReasonCondition> Conditions)
{
    public static SegmentReasonView Of(SegmentReason reason) => new(
        reason.IsIn, reason.IsIn ? DateTimeOffset.FromUnixTimeMilliseconds(reason.SinceMs) : null, reason.IsWhole,
        [.. reason.Parts.Select(p => new ReasonCondition(
            p.Condition, p.Holds, p.UntilMs is { } until ? DateTimeOffset.FromUnixTimeMilliseconds(until) : null,
            [.. p.Events.Select(e => new ReasonEventView(DateTimeOffset.FromUnixTimeMilliseconds(e.AtMs), e.Type, e.Name, e.MessageId))]))]);
}

/// <summary>A condition, whether it holds, when time alone may change that, and the newest events that it looks at.</summary>
internal sealed record ReasonCondition(string Condition, bool Holds, DateTimeOffset? Until, IReadOnlyList<ReasonEventView> Events);

/// <summary>An event that a condition looks at.</summary>
internal sealed record ReasonEventView(DateTimeOffset At, string Type, string? Name, string MessageId);
