using System.Text.Json;
using Crm.Clickstream;

namespace Crm.Customers;

/// <summary>A page of the history as JSON. Members of the events are copied as they were sent, not parsed into a tree.</summary>
internal static class HistoryJson
{
    public static void Write(Utf8JsonWriter json, HistoryPage page, long lagMs)
    {
        json.WriteStartObject();
        json.WriteStartArray("data");
        foreach (var item in page.Items) Item(json, item);
        json.WriteEndArray();
        json.WriteString("next_cursor", page.Next is null ? null : HistoryQuery.CursorText(page.Next));
        json.WriteNumber("lagMs", lagMs);
        json.WriteEndObject();
    }

    public static void Item(Utf8JsonWriter json, HistoryItem item)
    {
        json.WriteStartObject();
        json.WriteString("messageId", item.MessageId);
        json.WriteString("type", item.Type.ToString().ToLowerInvariant());
        if (item.Name is not null) json.WriteString(item.Type == EventType.Track ? "event" : "name", item.Name);
        CustomerJson.Time(json, "timestamp", item.TimestampMs);
        CustomerJson.Time(json, "receivedAt", item.ReceivedAtMs);
        json.WriteString("source", item.Source);
        json.WriteString("id", item.Lane);
        Members(json, item.Body.Span);
        json.WriteEndObject();
    }

    /// <summary>The event's own members that are shown.</summary>
    public static void Members(Utf8JsonWriter json, ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = IngestLimits.Depth });
        var written = Shown.None;
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var member = Which(ref reader);
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            if (member == Shown.None || written.HasFlag(member)) continue;
            written |= member;
            json.WritePropertyName(Name(member));
            json.WriteRawValue(body[start..(int)reader.BytesConsumed], skipInputValidation: true);
        }
    }

    private static Shown Which(ref Utf8JsonReader reader) =>
        reader.ValueTextEquals("properties"u8) ? Shown.Properties
        : reader.ValueTextEquals("traits"u8) ? Shown.Traits
        : reader.ValueTextEquals("context"u8) ? Shown.Context
        : reader.ValueTextEquals("userId"u8) ? Shown.UserId
        : reader.ValueTextEquals("anonymousId"u8) ? Shown.AnonymousId
        : reader.ValueTextEquals("previousId"u8) ? Shown.PreviousId
        : reader.ValueTextEquals("groupId"u8) ? Shown.GroupId
        : Shown.None;

    private static ReadOnlySpan<byte> Name(Shown member) => member switch
    {
        Shown.Properties => "properties"u8,
        Shown.Traits => "traits"u8,
        Shown.Context => "context"u8,
        Shown.UserId => "userId"u8,
        Shown.AnonymousId => "anonymousId"u8,
        Shown.PreviousId => "previousId"u8,
        _ => "groupId"u8,
    };

    [Flags]
    private enum Shown
    {
        None = 0,
        Properties = 1,
        Traits = 2,
        Context = 4,
        UserId = 8,
        AnonymousId = 16,
        PreviousId = 32,
        GroupId = 64,
    }
}
