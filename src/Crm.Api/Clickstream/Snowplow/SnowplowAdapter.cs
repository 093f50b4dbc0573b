using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Crm.Clickstream;

/// <summary>
/// Snowplow's tracker protocol: <c>payload_data</c> by POST, or one event in the query of a GET. <c>pv</c> is a page,
/// <c>se</c> a track call named by its action, <c>ue</c> one named by its schema (its data are the properties), <c>tr</c> and
/// <c>ti</c> an order and its items. <c>uid</c> is the user, <c>duid</c> (else <c>nuid</c>) the visitor, <c>eid</c> the messageId.
/// </summary>
internal static class SnowplowAdapter
{
    public const string UnknownEvent = "Its \"e\" must be pv, pp, se, ue, tr or ti.";
    public const string NoSchema = "A self-describing event needs {schema, data}, as JSON in \"ue_pr\" or in base64url in \"ue_px\".";

    private static readonly IngestFailure s_noData =
        new(StatusCodes.Status400BadRequest, "The body must be a payload_data object: {\"schema\":...,\"data\":[...]}.");

    /// <summary>The body of a POST.</summary>
    public static IncomingBatch Read(ReadOnlyMemory<byte> body) => JsonBody.Read(body, (utf8, faults, result) =>
    {
        if (Data(utf8.Span) is not { Kind: JsonTokenType.StartArray } data) result.Failure = s_noData;
        else JsonBody.ReadElements(data.Raw, result, (element, into) => ReadEvent(SnowplowFields.Of(element), faults, into));
    });

    /// <summary>The query of a GET: one event.</summary>
    public static IncomingBatch Read(IQueryCollection query)
    {
        var result = new IncomingBatch { Single = true };
        var fields = SnowplowFields.Of(query);
        string? reason;
        try
        {
            reason = ReadEvent(fields, EventFaults.None, result);
        }
        catch (JsonException)
        {
            reason = NoSchema;
        }

        if (reason is not null) result.Refused.Add(new RefusedEvent(reason, fields.Sample()));
        return result;
    }

    /// <summary>The key: the app id of the first event, where that is one.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public static string? Key(ReadOnlyMemory<byte> body)
    {
        var data = Data(body.Span);
        if (data.Kind != JsonTokenType.StartArray) return null;
        var walk = new JsonWalk(data.Raw, IngestLimits.AnyDepth);
        if (!walk.NextElement()) return null;
        var ignored = false;
        string? key = null;
        var first = new JsonWalk(walk.Value.Raw, IngestLimits.AnyDepth);
        while (first.NextMember())
        {
            if (first.Name.SequenceEqual("aid"u8)) key = first.Value.Text(ref ignored);
        }

        return key;
    }

    private static JsonPart Data(ReadOnlySpan<byte> body)
    {
        var data = default(JsonPart);
        var walk = new JsonWalk(body, IngestLimits.AnyDepth);
        while (walk.NextMember())
        {
            if (walk.Name.SequenceEqual("data"u8)) data = walk.Value;
        }

        walk.Finish();
        return data;
    }

    private static string? ReadEvent(SnowplowFields fields, EventFaults faults, IncomingBatch result)
    {
        var kind = fields["e"];
        var described = default(SelfDescribing);
        if (kind == "ue" && !SelfDescribing.TryRead(fields.Json("ue_pr", "ue_px"), out described)) return NoSchema;
        if (kind is not ("pv" or "pp" or "se" or "ue" or "tr" or "ti")) return UnknownEvent;
        var incoming = new IncomingEvent
        {
            Type = TypeOf(kind, described.Name),
            UserId = fields["uid"],
            AnonymousId = fields["duid"] ?? fields["nuid"] ?? fields["tnuid"],
            MessageId = fields["eid"],
            Final = Time(fields["ttm"]),
            Original = Time(fields["dtm"]),
            SentAt = Time(fields["stm"]),
            Faults = faults | (fields.Repaired ? EventFaults.Text : EventFaults.None),
        };
        incoming.Name = incoming.Type switch
        {
            EventType.Page => fields["page"],
            EventType.Screen => described.Text("name"u8),
            EventType.Track => SnowplowBody.Name(kind, fields, described),
            _ => null,
        };
        incoming.Body = SnowplowBody.Write(incoming, kind, fields, described);
        if (incoming.Body.Length > IngestLimits.EventBytes) return JsonBody.EventTooLong;
        result.Events.Add(incoming);
        return null;
    }

    // Snowplow has no call for traits: an event described by a schema named "identify" is one.
    private static EventType TypeOf(string kind, string? schema) => (kind, schema) switch
    {
        ("pv", _) => EventType.Page,
        ("ue", "screen_view") => EventType.Screen,
        ("ue", "identify") => EventType.Identify,
        _ => EventType.Track,
    };

    /// <summary>Unix milliseconds, as the trackers send them.</summary>
    private static ClientTime Time(string? text) =>
        string.IsNullOrEmpty(text) ? default
        : long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var ms) ? ClientTime.At(ms)
        : LenientTime.TryParse(Encoding.UTF8.GetBytes(text), out var iso) ? ClientTime.At(iso)
        : ClientTime.Unreadable;
}

/// <summary>What a self-describing event says: the name in its schema (<c>iglu:vendor/NAME/format/version</c>) and its data.</summary>
internal readonly ref struct SelfDescribing(string schema, string name, JsonPart data)
{
    public string? Schema { get; } = schema;

    public string? Name { get; } = name;

    public JsonPart Data { get; } = data;

    /// <summary>Reads <c>{schema, data:{schema, data}}</c>: an envelope, and in it the event.</summary>
    public static bool TryRead(ReadOnlySpan<byte> json, out SelfDescribing read)
    {
        read = default;
        if (json.IsEmpty || !Part(json, out _, out var inner) || !inner.IsObject) return false;
        if (!Part(inner.Raw, out var schema, out var data) || schema is null) return false;
        var parts = schema.Split('/');
        if (parts.Length < 2 || parts[1].Length == 0) return false;
        read = new SelfDescribing(schema, parts[1], data);
        return true;
    }

    /// <summary>A text of the data.</summary>
    public string? Text(ReadOnlySpan<byte> name)
    {
        var ignored = false;
        return Value(name).Text(ref ignored);
    }

    /// <summary>A member of the data.</summary>
    public JsonPart Value(ReadOnlySpan<byte> name)
    {
        var found = default(JsonPart);
        if (!Data.IsObject) return found;
        var walk = new JsonWalk(Data.Raw);
        while (walk.NextMember())
        {
            if (walk.Name.SequenceEqual(name)) found = walk.Value;
        }

        return found;
    }

    private static bool Part(ReadOnlySpan<byte> json, out string? schema, out JsonPart data)
    {
        var ignored = false;
        schema = null;
        data = default;
        var walk = new JsonWalk(json);
        while (walk.NextMember())
        {
            if (walk.Name.SequenceEqual("schema"u8)) schema = walk.Value.Text(ref ignored);
            else if (walk.Name.SequenceEqual("data"u8)) data = walk.Value;
        }

        return walk.Kind == JsonTokenType.StartObject;
    }
}
