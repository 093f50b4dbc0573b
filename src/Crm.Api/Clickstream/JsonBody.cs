using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Crm.Clickstream;

/// <summary>Reads a body of JSON into events. What is wrong with all of it becomes a failure; nothing is thrown for input.</summary>
internal delegate void BodyReader(ReadOnlyMemory<byte> utf8, EventFaults faults, IncomingBatch result);

/// <summary>Reads one element of a batch, adds its events, and answers null; or why it is refused.</summary>
internal delegate string? ElementReader(ReadOnlySpan<byte> element, IncomingBatch result);

/// <summary>What the bodies of all protocols have in common: text that is perhaps no UTF-8, perhaps no JSON, and elements that are judged alone.</summary>
internal static class JsonBody
{
    public const string NoObject = "An element of a batch must be a JSON object.";
    public const string EventTooLong = "An event holds at most 32 KB.";
    public const string TooDeep = "An event is nested at most 256 deep.";

    public static readonly IngestFailure NotJson =
        new(StatusCodes.Status400BadRequest, "The body is not valid JSON in UTF-8, or is nested too deeply.");

    public static readonly IngestFailure NotAnObject = new(StatusCodes.Status400BadRequest, "The body must be one JSON object.");

    public static readonly IngestFailure TooLong =
        new(StatusCodes.Status413PayloadTooLarge, "A body holds at most 500 KB after decompression. Send fewer events at a time.");

    public static readonly IngestFailure TooManyEvents =
        new(StatusCodes.Status413PayloadTooLarge, $"A batch holds at most {IngestLimits.BatchEvents} events. Send fewer at a time.");

    /// <summary>Reads a body; where that fails, <paramref name="again"/> may try in another, slower way.</summary>
    public static IncomingBatch Read(ReadOnlyMemory<byte> body, BodyReader read, BodyReader? again = null)
    {
        var faults = EventFaults.None;
        if (body.Span.StartsWith("\uFEFF"u8)) body = body[3..];
        if (!Utf8.IsValid(body.Span))
        {
            // Broken bytes become U+FFFD: better a readable event with a noted fault than a lost batch.
            body = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(body.Span));
            faults = EventFaults.Text;
        }

        return Try(read) ?? Try(again) ?? new IncomingBatch { Failure = NotJson };

        IncomingBatch? Try(BodyReader? way)
        {
            var result = new IncomingBatch();
            try
            {
                way?.Invoke(body, faults, result);
                return way is null ? null : result;
            }
            catch (JsonException)
            {
                return null;
            }
        }
    }

    /// <summary>Reads the elements of an array, each judged alone; so also one that is nested too deeply.</summary>
    public static void ReadElements(ReadOnlySpan<byte> array, IncomingBatch result, ElementReader read)
    {
        var walk = new JsonWalk(array, IngestLimits.AnyDepth);
        for (var count = 0; walk.NextElement(); count++)
        {
            if (count == IngestLimits.BatchEvents)
            {
                result.Failure = TooManyEvents;
                return;
            }

            if (ReadElement(walk.Value, result, read) is { } reason) result.Refused.Add(new RefusedEvent(reason, Sample(walk.Value.Raw)));
        }
    }

    /// <summary>Reads a body that is one event.</summary>
    public static void ReadSingle(ReadOnlySpan<byte> whole, IncomingBatch result, ElementReader read)
    {
        result.Single = true;
        var walk = new JsonWalk(whole, IngestLimits.AnyDepth);
        if (ReadElement(walk.Whole, result, read) is { } reason) result.Refused.Add(new RefusedEvent(reason, Sample(whole)));
    }

    /// <summary>True when a value whose JSON was found to be whole is nested deeper than events may be.</summary>
    public static bool IsTooDeep(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = IngestLimits.Depth });
        try
        {
            while (reader.Read())
            {
            }

            return false;
        }
        catch (JsonException)
        {
            return true;
        }
    }

    private static string? ReadElement(JsonPart element, IncomingBatch result, ElementReader read) =>
        element.Kind != JsonTokenType.StartObject ? NoObject
        : element.Raw.Length > IngestLimits.EventBytes ? EventTooLong
        : IsTooDeep(element.Raw) ? TooDeep
        : read(element.Raw, result);

    private static byte[] Sample(ReadOnlySpan<byte> element) => element[..Math.Min(element.Length, DeadLetter.MaxSampleBytes)].ToArray();
}
