using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Customers;

namespace Crm.Records;

/// <summary>Entries of a timeline as JSON: what happened and when, a title, and which record or event it is.</summary>
internal static class TimelineJson
{
    private const int MaxBody = 500;

    // What is shown of a record beside its title; the rest is a read away.
    private static readonly Dictionary<string, string[]> s_shown = new()
    {
        [TimelineKinds.Activity] = ["type", "direction", "channel", "from", "body", "durationMinutes", "participants", "owner", "customer", "company", "deal"],
        [TimelineKinds.ToDo] = ["status", "priority", "due", "remindAt", "doneAt", "owner", "customer", "company", "deal"],
        [TimelineKinds.Order] = ["number", "status", "paymentState", "total", "owner", "customer", "company", "deal"],
        [TimelineKinds.Conversion] = ["customer", "companyId", "deal", "owner"],
        [TimelineKinds.Stage] = [],
    };

    /// <summary>One entry.</summary>
    /// <param name="subject">Kind and id of the record that the timeline is of.</param>
    public static JsonObject Of(TimelineEntry entry, (string Kind, string Id) subject, Actor actor)
    {
        var json = new JsonObject
        {
            ["kind"] = entry.Place.Kind,
            ["at"] = entry.Place.At.UtcDateTime.ToString(FieldValues.TimeFormat, CultureInfo.InvariantCulture),
        };
        if (entry.Event is { } happened)
        {
            var shown = Event(happened);
            json["title"] = happened.Name ?? happened.Type.ToString().ToLowerInvariant();
            json["event"] = shown;
            if (entry.Person is { } person) json["customer"] = person;
        }
        else if (entry.Record is { } record) Record(json, entry, RecordJson.Of(record, actor), record);
        else
        {
            json["title"] = entry.Place.Kind == TimelineKinds.Merge ? "Merged" : "Owner changed";
            json["record"] = Named(subject.Kind, subject.Id);
            Details(json, entry);
        }

        return json;
    }

    private static void Record(JsonObject json, TimelineEntry entry, JsonObject seen, RecordState record)
    {
        Details(json, entry);
        json["title"] = RecordJson.Title(seen)?.DeepClone();
        json["record"] = Named(record.Kind, record.Id);
        foreach (var name in s_shown[entry.Place.Kind])
            if (seen[name] is { } value) json[name] = name == "body" ? Shortened((string)value!) : value.DeepClone();
    }

    // Its kind and time are said already; a step's name is that of the stage.
    private static void Details(JsonObject json, TimelineEntry entry)
    {
        if (entry.Details is null) return;
        foreach (var (name, value) in (JsonObject)JsonNode.Parse(entry.Details)!)
            if (name is not "at") json[name == "name" ? "stageName" : name] = value?.DeepClone();
    }

    private static JsonObject Named(string kind, string id) => new() { ["kind"] = kind, ["id"] = id };

    private static string Shortened(string text)
    {
        if (text.Length <= MaxBody) return text;
        return text[..(char.IsHighSurrogate(text[MaxBody - 1]) ? MaxBody - 1 : MaxBody)] + "…";
    }

    private static JsonNode? Event(Clickstream.HistoryItem item)
    {
        var text = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(text)) HistoryJson.Item(json, item);
        return JsonNode.Parse(text.WrittenSpan);
    }
}
