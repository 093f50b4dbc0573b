using System.Security.Cryptography;
using System.Text;
using Crm.Customers;

namespace Crm.Clickstream;

/// <summary>The rules that hold for events of every protocol: required fields, identity, messageId, time. Pure.</summary>
internal static class Admission
{
    /// <summary>Longest messageId, in characters.</summary>
    public const int MaxMessageIdLength = 100;

    public const string NeedsIdentity =
        "It needs a userId or an anonymousId: not empty, at most 256 characters, no placeholder such as null, undefined, anonymous, -1 or 0.";

    public const string AliasNeedsIds = "An alias needs a userId and a previousId, both usable as ids.";
    public const string TrackNeedsName = "A track call needs the name of the event in \"event\".";
    public const string GroupNeedsId = "A group call needs a groupId.";

    /// <summary>The event to log, or null and the reason why it is refused.</summary>
    public static BehaviourEvent? Admit(in IncomingEvent incoming, string source, DateTimeOffset receivedAt, out string? refusal, bool fromServer = false)
    {
        var userId = Identity.IsUsable(incoming.UserId) ? incoming.UserId : null;
        var anonymousId = Identity.IsUsable(incoming.AnonymousId) ? incoming.AnonymousId : null;
        var previousId = Identity.IsUsable(incoming.PreviousId) ? incoming.PreviousId : null;
        refusal = Refusal(incoming, userId, anonymousId, previousId);
        if (refusal is not null) return null;

        var faults = incoming.Faults;
        var receivedAtMs = receivedAt.ToUnixTimeMilliseconds();
        return new BehaviourEvent
        {
            Lane = userId is not null ? CustomerId.User(userId) : CustomerId.Visitor(anonymousId!),
            Type = incoming.Type,
            MessageId = MessageId(incoming.MessageId, receivedAt, ref faults),
            Source = source,
            TimestampMs = Timestamp(incoming, receivedAtMs, ref faults),
            ReceivedAtMs = receivedAtMs,
            Name = incoming.Type is EventType.Track or EventType.Page or EventType.Screen ? incoming.Name : null,
            UserId = userId,
            AnonymousId = anonymousId,
            PreviousId = incoming.Type == EventType.Alias || (incoming.Type == EventType.Identify && userId is not null) ? previousId : null,
            Faults = faults,
            FromServer = fromServer,
            Body = incoming.Body,
        };
    }

    /// <summary>
    /// When it happened: receivedAt - (sentAt - original), so that a wrong clock of the client cancels out. Without sentAt as
    /// given; without any readable time, or far outside of life, the time of receipt.
    /// </summary>
    public static long Timestamp(in IncomingEvent incoming, long receivedAtMs, ref EventFaults faults)
    {
        if (Unreadable(incoming.Final) || Unreadable(incoming.Original) || Unreadable(incoming.SentAt))
            faults |= EventFaults.Timestamp;
        long timestamp;
        if (incoming.Final.Readable) timestamp = incoming.Final.UnixMs;
        else if (!incoming.Original.Readable) return receivedAtMs;
        else if (!incoming.SentAt.Readable) timestamp = incoming.Original.UnixMs;
        else timestamp = receivedAtMs - (incoming.SentAt.UnixMs - incoming.Original.UnixMs);

        if (LenientTime.IsSane(timestamp)) return timestamp;
        faults |= EventFaults.Timestamp;
        return receivedAtMs;
    }

    private static bool Unreadable(ClientTime time) => time is { Given: true, Readable: false };

    private static string? Refusal(in IncomingEvent incoming, string? userId, string? anonymousId, string? previousId) => incoming.Type switch
    {
        EventType.Alias when userId is null || previousId is null => AliasNeedsIds,
        _ when userId is null && anonymousId is null => NeedsIdentity,
        EventType.Track when string.IsNullOrWhiteSpace(incoming.Name) => TrackNeedsName,
        EventType.Group when !incoming.HasGroupId => GroupNeedsId,
        _ => null,
    };

    /// <summary>
    /// As given; a new one where it is missing. One that is too long is replaced by its hash, so that a retry is still known.
    /// </summary>
    private static string MessageId(string? given, DateTimeOffset receivedAt, ref EventFaults faults)
    {
        if (given is { Length: > 0 and <= MaxMessageIdLength }) return given;
        faults |= EventFaults.MessageId;
        return string.IsNullOrEmpty(given)
            ? Guid.CreateVersion7(receivedAt).ToString()
            : "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(given)));
    }
}
