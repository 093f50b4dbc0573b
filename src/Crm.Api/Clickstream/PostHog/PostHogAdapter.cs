using System.Text.Json;

namespace Crm.Clickstream;

/// <summary>
/// PostHog's capture API: <c>{api_key, batch:[...], sent_at}</c>, one event, or a list of them. Its special events become the
/// calls that they are: <c>$pageview</c> a page, <c>$screen</c> a screen, <c>$identify</c> and <c>$set</c> an identify,
/// <c>$create_alias</c> an alias, <c>$groupidentify</c> a group; all else is a track call under its name.
/// </summary>
internal static class PostHogAdapter
{
    public const string NoPerson = "It is about a group and names nobody: give the distinctId of a person of the group.";

    /// <summary>Reads a body; <see cref="PostHogBody.Unwrap"/> comes before.</summary>
    public static IncomingBatch Read(ReadOnlyMemory<byte> body) => JsonBody.Read(body, (utf8, faults, result) => Read(utf8.Span, faults, result));

    private static void Read(ReadOnlySpan<byte> body, EventFaults faults, IncomingBatch result)
    {
        var walk = new JsonWalk(body, IngestLimits.AnyDepth);
        if (walk.Kind == JsonTokenType.StartArray)
        {
            walk.Finish();
            JsonBody.ReadElements(body, result, (element, into) => ReadEvent(element, default, faults, into));
            return;
        }

        var batch = default(JsonPart);
        var sentAt = default(ClientTime);
        while (walk.NextMember())
        {
            if (walk.Name.SequenceEqual("batch"u8)) batch = walk.Value;
            else if (walk.Name.SequenceEqual("sent_at"u8) || walk.Name.SequenceEqual("sentAt"u8)) sentAt = walk.Value.Time();
        }

        walk.Finish();
        if (walk.Kind != JsonTokenType.StartObject) result.Failure = JsonBody.NotAnObject;
        else if (batch.Kind == JsonTokenType.StartArray) JsonBody.ReadElements(batch.Raw, result, (element, into) => ReadEvent(element, sentAt, faults, into));
        else JsonBody.ReadSingle(body, result, (element, into) => ReadEvent(element, sentAt, faults, into));
    }

    private static string? ReadEvent(ReadOnlySpan<byte> json, ClientTime sentAt, EventFaults faults, IncomingBatch result)
    {
        var read = PostHogEvent.Read(json);
        if (read.Event == "$groupidentify" && read.DistinctId == $"${read.GroupType}_{read.GroupKey}") return NoPerson;
        var incoming = new IncomingEvent
        {
            Type = TypeOf(read.Event),
            MessageId = read.MessageId,
            Original = read.Timestamp.Time(),
            SentAt = sentAt,
            Faults = faults | (read.Repaired ? EventFaults.Text : EventFaults.None),
        };

        // A browser gives no time but how many milliseconds ago it was.
        if (!incoming.Original.Given && read.Offset.Kind == JsonTokenType.Number)
            (incoming.Original, incoming.SentAt) = (ClientTime.At(0), Milliseconds(read.Offset));
        incoming.Name = NameOf(incoming.Type, read);
        Identify(ref incoming, read);
        if (incoming.Type == EventType.Group)
        {
            read.GroupKey = GroupId(read);
            incoming.HasGroupId = Identity.IsUsable(read.GroupKey);
        }

        incoming.Body = Body(incoming, read);
        if (incoming.Body.Length > IngestLimits.EventBytes) return JsonBody.EventTooLong;
        result.Events.Add(incoming);
        if (incoming.Type != EventType.Identify && SetsTraits(read)) result.Events.Add(TraitsOf(incoming, read));
        return null;
    }

    private static EventType TypeOf(string? name) => name switch
    {
        "$pageview" => EventType.Page,
        "$screen" => EventType.Screen,
        "$identify" or "$set" => EventType.Identify,
        "$create_alias" or "$merge_dangerously" => EventType.Alias,
        "$groupidentify" => EventType.Group,
        _ => EventType.Track,
    };

    private static string? NameOf(EventType type, in PostHogEvent read) => type switch
    {
        EventType.Track => read.Event,
        EventType.Page => read.Title,
        EventType.Screen => read.Screen,
        _ => null,
    };

    /// <summary>
    /// PostHog has one kind of id. A visitor's becomes an anonymousId, any other a userId; what an alias or an identify names
    /// beside it may have been either, so it is linked as both.
    /// </summary>
    private static void Identify(ref IncomingEvent incoming, in PostHogEvent read)
    {
        if (incoming.Type == EventType.Alias)
        {
            // posthog-js names the visitor first and the user as its alias; servers the other way round.
            (incoming.UserId, incoming.PreviousId) = read.IsAnonymous ? (read.Alias, read.DistinctId) : (read.DistinctId, read.Alias);
            incoming.AnonymousId = incoming.UserId;
        }
        else if (read.Event == "$identify")
        {
            incoming.UserId = read.DistinctId;
            incoming.PreviousId = incoming.AnonymousId = read.AnonymousDistinctId == read.DistinctId ? null : read.AnonymousDistinctId;
        }
        else if (read.IsAnonymous)
        {
            incoming.AnonymousId = read.DistinctId;
        }
        else
        {
            incoming.UserId = read.DistinctId;
        }
    }

    /// <summary>The key alone for companies; groups of another type must not fall together with them.</summary>
    private static string? GroupId(in PostHogEvent read) =>
        read.GroupKey is null || read.GroupType is null or "company" ? read.GroupKey : $"{read.GroupType}:{read.GroupKey}";

    /// <summary>Any event may change the person. What browsers send with each of theirs (<c>$initial_referrer</c>, ...) does not count as that.</summary>
    private static bool SetsTraits(in PostHogEvent read) => HasOwn(read.Set) || HasOwn(read.SetOnce);

    private static bool HasOwn(JsonPart traits)
    {
        if (!traits.IsObject) return false;
        var walk = new JsonWalk(traits.Raw);
        while (walk.NextMember())
        {
            if (walk.Name.Length > 0 && walk.Name[0] != '$') return true;
        }

        return false;
    }

    private static IncomingEvent TraitsOf(IncomingEvent of, in PostHogEvent read)
    {
        of.Type = EventType.Identify;
        of.Name = null;
        of.MessageId = string.IsNullOrEmpty(of.MessageId) ? null : of.MessageId + ":set";
        of.Body = Body(of, read);
        return of;
    }

    private static byte[] Body(in IncomingEvent incoming, in PostHogEvent read)
    {
        var output = EventJson.Begin(incoming);
        output.Raw("timestamp"u8, read.Timestamp);
        switch (incoming.Type)
        {
            case EventType.Identify:
                output.Raw("traits"u8, read.Set);
                output.Raw("traitsOnce"u8, read.SetOnce);
                break;
            case EventType.Group:
                output.Text("groupId"u8, read.GroupKey);
                output.Raw("traits"u8, read.GroupSet);
                break;
            case EventType.Page or EventType.Screen when read.Properties.IsObject:
                output.Json.WriteStartObject("properties"u8);
                output.Raw("url"u8, read.Url);
                output.Raw("path"u8, read.Path);
                output.Raw("referrer"u8, read.Referrer);
                output.Members(read.Properties);
                output.Json.WriteEndObject();
                break;
            default:
                output.Raw("properties"u8, read.Properties);
                break;
        }

        if (read.Library is not null)
        {
            output.Json.WriteStartObject("context"u8);
            output.Json.WriteStartObject("library"u8);
            output.Text("name"u8, read.Library);
            output.Text("version"u8, read.LibraryVersion);
            output.Json.WriteEndObject();
            output.Json.WriteEndObject();
        }

        return output.End();
    }

    private static ClientTime Milliseconds(JsonPart offset) =>
        long.TryParse(offset.Raw, out var ms) && ms is >= 0 and < int.MaxValue ? ClientTime.At(ms) : ClientTime.At(0);
}
