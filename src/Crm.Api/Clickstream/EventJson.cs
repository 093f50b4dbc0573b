using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Crm.Clickstream;

/// <summary>
/// Writes an event of another protocol in the tracking protocol's own JSON (type, event or name, ids, properties or traits,
/// context), which everything behind the adapters reads. Each thread has one: begin, write, end.
/// </summary>
internal sealed class EventJson
{
    /// <summary>A larger buffer, of a rare long event, is not kept.</summary>
    private const int KeptBytes = 128 * 1024;

    [ThreadStatic]
    private static EventJson? t_own;

    private readonly ArrayBufferWriter<byte> _bytes = new(4 * 1024);

    private EventJson() => Json = new Utf8JsonWriter(_bytes, new JsonWriterOptions { SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>For what the methods here do not write.</summary>
    public Utf8JsonWriter Json { get; }

    /// <summary>Begins with the type, the names and the ids.</summary>
    public static EventJson Begin(in IncomingEvent incoming)
    {
        var own = t_own ??= new EventJson();
        own._bytes.ResetWrittenCount();
        own.Json.Reset();
        own.Json.WriteStartObject();
        own.Json.WriteString("type"u8, incoming.Type.ToString().ToLowerInvariant());
        own.Text(incoming.Type == EventType.Track ? "event"u8 : "name"u8, incoming.Name);
        own.Text("userId"u8, incoming.UserId);
        own.Text("anonymousId"u8, incoming.AnonymousId);
        own.Text("previousId"u8, incoming.PreviousId);
        own.Text("messageId"u8, incoming.MessageId);
        return own;
    }

    /// <summary>A text, unless there is none.</summary>
    public void Text(ReadOnlySpan<byte> name, string? value)
    {
        if (!string.IsNullOrEmpty(value)) Json.WriteString(name, value);
    }

    /// <summary>A value as it was sent, unless there is none.</summary>
    public void Raw(ReadOnlySpan<byte> name, JsonPart value)
    {
        if (value.IsMissing) return;
        Json.WritePropertyName(name);
        Json.WriteRawValue(value.Raw, skipInputValidation: true);
    }

    /// <summary>All members of an object as they were sent, into the object that is open.</summary>
    public void Members(JsonPart value)
    {
        if (!value.IsObject) return;
        var walk = new JsonWalk(value.Raw);
        while (walk.NextMember())
        {
            Json.WritePropertyName(walk.Name);
            Json.WriteRawValue(walk.Value.Raw, skipInputValidation: true);
        }
    }

    /// <summary>Ends the event; answers its bytes.</summary>
    public byte[] End()
    {
        Json.WriteEndObject();
        Json.Flush();
        if (_bytes.Capacity > KeptBytes) t_own = null;
        return _bytes.WrittenSpan.ToArray();
    }
}
