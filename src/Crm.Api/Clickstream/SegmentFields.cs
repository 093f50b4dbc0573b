using System.Text;
using System.Text.Json;

namespace Crm.Clickstream;

/// <summary>A JSON value inside the request's body: where it stands, and what it is (<see cref="JsonTokenType.None"/>: absent).</summary>
internal readonly record struct JsonSlice(JsonTokenType Kind, int Start, int Length)
{
    public int End => Start + Length;
}

/// <summary>One event as read from the body, before what the batch says of all of them is known.</summary>
internal struct SegmentEvent
{
    public IncomingEvent Incoming;
    public JsonSlice Whole;
    public JsonSlice Context;
    public JsonSlice Integrations;

    /// <summary>RudderStack's clients send it always; a timestamp beside it was given by the caller and is final.</summary>
    public ClientTime OriginalTimestamp;

    public ClientTime Timestamp;

    /// <summary>The text of "type"; null when absent or no text.</summary>
    public string? Type;

    /// <summary>Names a track call.</summary>
    public string? Event;

    /// <summary>Names a page or screen.</summary>
    public string? Name;
}

/// <summary>Reads the fields that the protocol's events have at their top.</summary>
internal static class SegmentFields
{
    /// <summary>Reads one event; the reader stands on its opening brace and ends on its closing one.</summary>
    public static void Read(ref Utf8JsonReader reader, ref SegmentEvent read)
    {
        var start = (int)reader.TokenStartIndex;
        var repaired = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            Member(ref reader, ref read, ref repaired);

        read.Whole = new JsonSlice(JsonTokenType.StartObject, start, (int)reader.BytesConsumed - start);
        if (repaired) read.Incoming.Faults |= EventFaults.Text;
    }

    /// <summary>Where the value under the reader stands; the reader ends on its last token.</summary>
    public static JsonSlice Skip(ref Utf8JsonReader reader)
    {
        var kind = reader.TokenType;
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return new JsonSlice(kind, start, (int)reader.BytesConsumed - start);
    }

    /// <summary>A time as text or as Unix milliseconds.</summary>
    public static ClientTime Time(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                return default;
            case JsonTokenType.Number:
                // Below 10^11 it could be seconds or anything else: not readable.
                return reader.TryGetInt64(out var ms) && ms >= 100_000_000_000 ? ClientTime.At(ms) : ClientTime.Unreadable;
            case JsonTokenType.String:
                var ignored = false;
                var text = reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(JsonText.Read(ref reader, ref ignored)) : reader.ValueSpan;
                return LenientTime.TryParse(text, out var unixMs) ? ClientTime.At(unixMs) : ClientTime.Unreadable;
            default:
                reader.Skip();
                return ClientTime.Unreadable;
        }
    }

    private static void Member(ref Utf8JsonReader reader, ref SegmentEvent read, ref bool repaired)
    {
        var field = Name(ref reader);
        reader.Read();
        ref var incoming = ref read.Incoming;
        switch (field)
        {
            case SegmentField.Type: read.Type = Text(ref reader, ref repaired); break;
            case SegmentField.Event: read.Event = Text(ref reader, ref repaired); break;
            case SegmentField.Name: read.Name = Text(ref reader, ref repaired); break;
            case SegmentField.UserId: incoming.UserId = Id(ref reader, ref repaired); break;
            case SegmentField.AnonymousId: incoming.AnonymousId = Id(ref reader, ref repaired); break;
            case SegmentField.PreviousId: incoming.PreviousId = Id(ref reader, ref repaired); break;
            case SegmentField.GroupId: incoming.HasGroupId = Identity.IsUsable(Id(ref reader, ref repaired)); break;
            case SegmentField.MessageId: incoming.MessageId = Id(ref reader, ref repaired); break;
            case SegmentField.Timestamp: read.Timestamp = Time(ref reader); break;
            case SegmentField.OriginalTimestamp: read.OriginalTimestamp = Time(ref reader); break;
            case SegmentField.SentAt: incoming.SentAt = Time(ref reader); break;
            case SegmentField.Context: read.Context = Skip(ref reader); break;
            case SegmentField.Integrations: read.Integrations = Skip(ref reader); break;
            default: reader.Skip(); break;
        }
    }

    private static string? Text(ref Utf8JsonReader reader, ref bool repaired)
    {
        if (reader.TokenType == JsonTokenType.String) return JsonText.Read(ref reader, ref repaired);
        reader.Skip();
        return null;
    }

    /// <summary>An id: a text, or a number in the digits that it was sent in.</summary>
    private static string? Id(ref Utf8JsonReader reader, ref bool repaired) =>
        reader.TokenType == JsonTokenType.Number ? Encoding.UTF8.GetString(reader.ValueSpan) : Text(ref reader, ref repaired);

    /// <summary>Which field the name under the reader is. Told by length first: most names of an event are none of ours.</summary>
    private static SegmentField Name(ref Utf8JsonReader reader)
    {
        var name = reader.ValueSpan;
        if (reader.ValueIsEscaped)
        {
            var ignored = false;
            name = Encoding.UTF8.GetBytes(JsonText.Read(ref reader, ref ignored));
        }

        return name.Length switch
        {
            4 when name.SequenceEqual("type"u8) => SegmentField.Type,
            4 when name.SequenceEqual("name"u8) => SegmentField.Name,
            5 when name.SequenceEqual("event"u8) => SegmentField.Event,
            6 when name.SequenceEqual("userId"u8) => SegmentField.UserId,
            6 when name.SequenceEqual("sentAt"u8) => SegmentField.SentAt,
            7 when name.SequenceEqual("context"u8) => SegmentField.Context,
            7 when name.SequenceEqual("groupId"u8) => SegmentField.GroupId,
            9 when name.SequenceEqual("messageId"u8) => SegmentField.MessageId,
            9 when name.SequenceEqual("timestamp"u8) => SegmentField.Timestamp,
            10 when name.SequenceEqual("previousId"u8) => SegmentField.PreviousId,
            11 when name.SequenceEqual("anonymousId"u8) => SegmentField.AnonymousId,
            12 when name.SequenceEqual("integrations"u8) => SegmentField.Integrations,
            17 when name.SequenceEqual("originalTimestamp"u8) => SegmentField.OriginalTimestamp,
            _ => SegmentField.Other,
        };
    }

    private enum SegmentField
    {
        Other,
        Type,
        Event,
        Name,
        UserId,
        AnonymousId,
        PreviousId,
        GroupId,
        MessageId,
        Timestamp,
        OriginalTimestamp,
        SentAt,
        Context,
        Integrations,
    }
}
