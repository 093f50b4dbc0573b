using System.Text.Json;
using Crm.Access;

namespace Crm.Clickstream;

/// <summary>The protocols that are spoken.</summary>
internal static class Protocols
{
    /// <summary>A batch of the tracking protocol; the body may hold <c>writeKey</c>.</summary>
    public static readonly Protocol SegmentBatch = new()
    {
        Read = (_, body) => SegmentAdapter.ReadBatch(body),
        Key = (_, body) => TopKey(body),
    };

    public static readonly Protocol PostHog = new()
    {
        Read = (_, body) => PostHogAdapter.Read(PostHogBody.Unwrap(body)),
        Key = (_, body) => PostHogBody.Key(PostHogBody.Unwrap(body)),
    };

    /// <summary>Snowplow's trackers know no key: an app id that is one serves as such.</summary>
    public static readonly Protocol Snowplow = new()
    {
        Read = (_, body) => SnowplowAdapter.Read(body),
        Key = (_, body) => Shaped(SnowplowAdapter.Key(body)),
        MayLackKey = true,
    };

    public static readonly Protocol SnowplowPixel = new()
    {
        Read = (request, _) => SnowplowAdapter.Read(request.Query),
        Key = (request, _) => Shaped(request.Query["aid"].ToString()),
        MayLackKey = true,
    };

    public static readonly Protocol CloudEvents = new()
    {
        Read = CloudEventsAdapter.Read,
        Key = (_, _) => null,
        MayLackKey = true,
    };

    /// <summary>One call of the tracking protocol.</summary>
    public static Protocol SegmentCall(EventType type) => new()
    {
        Read = (_, body) => SegmentAdapter.ReadSingle(body, type),
        Key = (_, body) => TopKey(body),
    };

    private static string? Shaped(string? text) => text is not null && ApiKeySecret.LooksLikeOne(text) ? text : null;

    private static string? TopKey(ReadOnlyMemory<byte> body)
    {
        if (body.Span.StartsWith("\uFEFF"u8)) body = body[3..];
        var ignored = false;
        string? key = null;
        var walk = new JsonWalk(body.Span, IngestLimits.AnyDepth);
        while (walk.NextMember())
        {
            if (walk.Name.SequenceEqual("writeKey"u8)) key = walk.Value.Text(ref ignored);
        }

        walk.Finish();
        return key;
    }
}
