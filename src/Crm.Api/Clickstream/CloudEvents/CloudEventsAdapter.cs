using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Crm.Clickstream;

/// <summary>
/// CloudEvents 1.0 over HTTP: structured (<c>application/cloudevents+json</c>), batch (<c>application/cloudevents-batch+json</c>) and
/// binary (<c>ce-*</c> headers). The subject is the user; the extensions <c>userid</c>, <c>anonymousid</c>, <c>previousid</c> and
/// <c>groupid</c> say it more exactly. A type that ends in <c>identify</c>, <c>page</c>, <c>screen</c>, <c>group</c> or <c>alias</c> is
/// that call; any other is the name of a track call. Source and id together are the messageId.
/// </summary>
internal static class CloudEventsAdapter
{
    public const string NoEvent = "A CloudEvent needs specversion (1.x), id, source and type.";

    private const string HeaderPrefix = "ce-";
    private const string ReservedBeginning = "ce:";

    private static readonly IngestFailure s_notJson = new(
        StatusCodes.Status400BadRequest, "The datacontenttype says JSON, but the data are none.");

    public static IncomingBatch Read(HttpRequest request, ReadOnlyMemory<byte> body)
    {
        var type = request.ContentType ?? "";
        if (!type.StartsWith("application/cloudevents", StringComparison.OrdinalIgnoreCase) && request.Headers.ContainsKey("ce-specversion"))
            return ReadBinary(request.Headers, type, body);
        return JsonBody.Read(body, (utf8, faults, result) => ReadJson(utf8.Span, faults, result));
    }

    private static void ReadJson(ReadOnlySpan<byte> body, EventFaults faults, IncomingBatch result)
    {
        var walk = new JsonWalk(body, IngestLimits.AnyDepth);
        walk.Finish();
        if (walk.Kind == JsonTokenType.StartArray) JsonBody.ReadElements(body, result, (element, into) => ReadEvent(element, faults, into));
        else if (walk.Kind == JsonTokenType.StartObject) JsonBody.ReadSingle(body, result, (element, into) => ReadEvent(element, faults, into));
        else result.Failure = JsonBody.NotAnObject;
    }

    private static string? ReadEvent(ReadOnlySpan<byte> json, EventFaults faults, IncomingBatch result)
    {
        var attributes = new CloudAttributes();
        var data = default(JsonPart);
        var encoded = default(JsonPart);
        var walk = new JsonWalk(json);
        while (walk.NextMember())
        {
            if (walk.Name.SequenceEqual("data"u8)) data = walk.Value;
            else if (walk.Name.SequenceEqual("data_base64"u8)) encoded = walk.Value;
            else attributes.Add(Encoding.UTF8.GetString(walk.Name), walk.Value);
        }

        return Finish(attributes, data, encoded, faults, result);
    }

    /// <summary>Attributes in headers, data in the body, of any content type.</summary>
    private static IncomingBatch ReadBinary(IHeaderDictionary headers, string contentType, ReadOnlyMemory<byte> body)
    {
        var attributes = new CloudAttributes();
        foreach (var (name, value) in headers)
        {
            if (name.StartsWith(HeaderPrefix, StringComparison.OrdinalIgnoreCase))
                attributes.Add(name[HeaderPrefix.Length..].ToLowerInvariant(), Uri.UnescapeDataString(value.ToString()));
        }

        if (body.IsEmpty) return Whole(attributes, default, default);
        if (contentType.Length == 0 || contentType.Contains("json", StringComparison.OrdinalIgnoreCase))
        {
            var read = JsonBody.Read(body, (utf8, faults, result) =>
            {
                var walk = new JsonWalk(utf8.Span);
                walk.Finish();
                result.Single = true;
                if (Finish(attributes, walk.Whole, default, faults, result) is { } reason) result.Refused.Add(new RefusedEvent(reason, attributes.Sample()));
            });
            return read.Failure is null ? read : new IncomingBatch { Failure = s_notJson };
        }

        var text = contentType.StartsWith("text/", StringComparison.OrdinalIgnoreCase);
        var quoted = JsonSerializer.SerializeToUtf8Bytes(text ? Encoding.UTF8.GetString(body.Span) : Convert.ToBase64String(body.Span));
        var part = new JsonPart(JsonTokenType.String, quoted);
        return text ? Whole(attributes, part, default) : Whole(attributes, default, part);
    }

    private static IncomingBatch Whole(CloudAttributes attributes, JsonPart data, JsonPart encoded)
    {
        var result = new IncomingBatch { Single = true };
        if (Finish(attributes, data, encoded, EventFaults.None, result) is { } reason) result.Refused.Add(new RefusedEvent(reason, attributes.Sample()));
        return result;
    }

    private static string? Finish(CloudAttributes attributes, JsonPart data, JsonPart encoded, EventFaults faults, IncomingBatch result)
    {
        if (attributes["specversion"]?.StartsWith("1.", StringComparison.Ordinal) is not true
            || attributes["id"] is not { } id || attributes["source"] is not { } source || attributes["type"] is not { } type) return NoEvent;
        var call = TypeOf(type);
        var incoming = new IncomingEvent
        {
            Type = call,
            Name = call == EventType.Track ? type : attributes["name"],
            UserId = attributes["userid"] ?? attributes["subject"],
            AnonymousId = attributes["anonymousid"],
            PreviousId = attributes["previousid"],
            MessageId = MessageId(source, id),
            HasGroupId = Identity.IsUsable(attributes["groupid"]),
            Original = attributes.Time("time"),
            Faults = faults | (attributes.Repaired ? EventFaults.Text : EventFaults.None),
        };
        incoming.Body = Body(incoming, attributes, data, encoded);
        if (incoming.Body.Length > IngestLimits.EventBytes) return JsonBody.EventTooLong;
        result.Events.Add(incoming);
        return null;
    }

    private static byte[] Body(in IncomingEvent incoming, CloudAttributes attributes, JsonPart data, JsonPart encoded)
    {
        var output = EventJson.Begin(incoming);
        output.Text("timestamp"u8, attributes["time"]);
        output.Text("groupId"u8, attributes["groupid"]);
        var name = incoming.Type is EventType.Identify or EventType.Group ? "traits"u8 : "properties"u8;
        if (data.IsObject)
        {
            output.Raw(name, data);
        }
        else if (!data.IsMissing || !encoded.IsMissing)
        {
            output.Json.WriteStartObject(name);
            output.Raw("data"u8, data);
            output.Raw("data_base64"u8, encoded);
            output.Json.WriteEndObject();
        }

        output.Json.WriteStartObject("context"u8);
        output.Json.WriteStartObject("cloudevent"u8);
        foreach (var (attribute, value) in attributes.All) output.Json.WriteString(attribute, value);
        output.Json.WriteEndObject();
        output.Json.WriteEndObject();
        return output.End();
    }

    /// <summary>The call that the last word of a type names; a track call for all else.</summary>
    private static EventType TypeOf(string type) =>
        SegmentAdapter.TypeOf(type[(type.LastIndexOf('.') + 1)..]) is { } call ? call : EventType.Track;

    /// <summary>An id is unique within its source. Longer ones than a messageId may be are told by their hash.</summary>
    private static string MessageId(string source, string id)
    {
        var both = $"{ReservedBeginning}{source} {id}";
        return both.Length <= Admission.MaxMessageIdLength ? both : ReservedBeginning + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(both)));
    }
}

/// <summary>The attributes of a CloudEvent, all but its data, as texts.</summary>
internal sealed class CloudAttributes
{
    private readonly Dictionary<string, string> _all = new(StringComparer.Ordinal);
    private bool _repaired;

    /// <summary>A text held what cannot be stored.</summary>
    public bool Repaired => _repaired;

    public IEnumerable<KeyValuePair<string, string>> All => _all;

    /// <summary>An attribute; null when it is absent or empty.</summary>
    public string? this[string name] => _all.TryGetValue(name, out var value) && value.Length > 0 ? value : null;

    public void Add(string name, JsonPart value)
    {
        if (value.Id(ref _repaired) is { } text) _all[name] = text;
        else if (value.Flag is { } flag) _all[name] = flag ? "true" : "false";
    }

    public void Add(string name, string value) => _all[name] = JsonText.Repair(value, ref _repaired);

    /// <summary>A time of RFC 3339, or nearly so.</summary>
    public ClientTime Time(string name) => this[name] is not { } text ? default
        : LenientTime.TryParse(Encoding.UTF8.GetBytes(text), out var ms) ? ClientTime.At(ms)
        : ClientTime.Unreadable;

    /// <summary>What came, for a dead letter.</summary>
    public byte[] Sample() => JsonSerializer.SerializeToUtf8Bytes(_all);
}
