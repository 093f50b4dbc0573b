using System.Text.Json;

namespace Crm.Clickstream;

/// <summary>The members of an event of PostHog's clients, and those of its properties that mean something here.</summary>
internal ref struct PostHogEvent
{
    public string? Event;
    public string? DistinctId;
    public string? MessageId;
    public JsonPart Timestamp;
    public JsonPart Offset;
    public JsonPart Properties;
    public JsonPart Set;
    public JsonPart SetOnce;
    public string? AnonymousDistinctId;
    public string? Alias;
    public string? DeviceId;
    public bool HasUserId;
    public bool SaysAnonymous;
    public string? GroupType;
    public string? GroupKey;
    public JsonPart GroupSet;
    public JsonPart Url;
    public JsonPart Path;
    public JsonPart Referrer;
    public string? Title;
    public string? Screen;
    public string? Library;
    public string? LibraryVersion;

    /// <summary>A text held what cannot be stored.</summary>
    public bool Repaired;

    /// <summary>
    /// True when the distinct id is a visitor's: the client says that nobody was identified, or that there is no person, or the
    /// id is the device's own. An id of which nothing is said is a user's.
    /// </summary>
    public readonly bool IsAnonymous => SaysAnonymous || (DeviceId is not null && DeviceId == DistinctId && !HasUserId);

    public static PostHogEvent Read(ReadOnlySpan<byte> json)
    {
        var read = default(PostHogEvent);
        var walk = new JsonWalk(json);
        while (walk.NextMember()) read.Take(walk.Name, walk.Value);
        if (!read.Properties.IsObject) return read;
        var properties = new JsonWalk(read.Properties.Raw);
        while (properties.NextMember()) read.TakeProperty(properties.Name, properties.Value);
        return read;
    }

    private void Take(scoped ReadOnlySpan<byte> name, JsonPart value)
    {
        if (name.SequenceEqual("event"u8)) Event = value.Text(ref Repaired);
        else if (name.SequenceEqual("distinct_id"u8)) DistinctId = value.Id(ref Repaired);
        else if (name.SequenceEqual("uuid"u8)) MessageId = value.Text(ref Repaired);
        else if (name.SequenceEqual("timestamp"u8)) Timestamp = value;
        else if (name.SequenceEqual("offset"u8)) Offset = value;
        else if (name.SequenceEqual("properties"u8)) Properties = value;
        else if (name.SequenceEqual("$set"u8)) Set = value;
        else if (name.SequenceEqual("$set_once"u8)) SetOnce = value;
    }

    private void TakeProperty(scoped ReadOnlySpan<byte> name, JsonPart value)
    {
        if (name.SequenceEqual("distinct_id"u8)) DistinctId ??= value.Id(ref Repaired);
        else if (name.SequenceEqual("alias"u8)) Alias = value.Id(ref Repaired);
        else if (name.IsEmpty || name[0] != '$') return;
        else if (name.SequenceEqual("$set"u8)) Set = Set.IsMissing ? value : Set;
        else if (name.SequenceEqual("$set_once"u8)) SetOnce = SetOnce.IsMissing ? value : SetOnce;
        else if (name.SequenceEqual("$anon_distinct_id"u8)) AnonymousDistinctId = value.Id(ref Repaired);
        else if (name.SequenceEqual("$device_id"u8)) DeviceId = value.Id(ref Repaired);
        else if (name.SequenceEqual("$user_id"u8)) HasUserId = !value.IsMissing;
        else if (name.SequenceEqual("$is_identified"u8) || name.SequenceEqual("$process_person_profile"u8)) SaysAnonymous |= value.Flag == false;
        else if (name.SequenceEqual("$insert_id"u8)) MessageId ??= value.Text(ref Repaired);
        else if (name.SequenceEqual("$lib"u8)) Library = value.Text(ref Repaired);
        else if (name.SequenceEqual("$lib_version"u8)) LibraryVersion = value.Text(ref Repaired);
        else TakeOfItsKind(name, value);
    }

    private void TakeOfItsKind(scoped ReadOnlySpan<byte> name, JsonPart value)
    {
        if (name.SequenceEqual("$group_type"u8)) GroupType = value.Id(ref Repaired);
        else if (name.SequenceEqual("$group_key"u8)) GroupKey = value.Id(ref Repaired);
        else if (name.SequenceEqual("$group_set"u8)) GroupSet = value;
        else if (name.SequenceEqual("$current_url"u8)) Url = value;
        else if (name.SequenceEqual("$pathname"u8)) Path = value;
        else if (name.SequenceEqual("$referrer"u8)) Referrer = value;
        else if (name.SequenceEqual("$title"u8)) Title = value.Text(ref Repaired);
        else if (name.SequenceEqual("$screen_name"u8)) Screen = value.Text(ref Repaired);
    }
}
