using System.Runtime.InteropServices;
using System.Text.Json;

namespace Crm.Clickstream;

/// <summary>
/// The tracking protocol of Segment's HTTP API, which RudderStack and others speak too: one event at
/// <c>/v1/track|identify|page|screen|group|alias</c>, many at <c>/v1/batch</c>. Reads the body in one pass.
/// </summary>
internal static class SegmentAdapter
{
    /// <summary>The call of an element of a batch that does not say a known one.</summary>
    public const string Element = "element";

    public const string NoBatch = "A batch needs its events as an array in \"batch\".";
    public const string UnknownType = "Its \"type\" must be track, identify, page, screen, group or alias.";

    private static readonly IngestFailure s_mergedTooLong = new(
        StatusCodes.Status413PayloadTooLarge, "The batch's context makes its events too long together. Send fewer events at a time.");

    /// <summary>The body of one call of a known type.</summary>
    public static IncomingBatch ReadSingle(ReadOnlyMemory<byte> body, EventType type) =>
        JsonBody.Read(body, (utf8, faults, result) => Single(utf8, type, faults, result));

    /// <summary>The body of a batch.</summary>
    public static IncomingBatch ReadBatch(ReadOnlyMemory<byte> body) =>
        JsonBody.Read(body, (utf8, faults, result) => Batch(utf8, IngestLimits.Depth, faults, result), ReadDeepBatch);

    /// <summary>
    /// Elements nested beyond all use must not fail the others. That is so rare that the usual way does not look for them: it
    /// fails as at any broken JSON, and the body is read once more with this in mind.
    /// </summary>
    private static void ReadDeepBatch(ReadOnlyMemory<byte> body, EventFaults faults, IncomingBatch result) =>
        Batch(body, IngestLimits.AnyDepth, faults, result);

    /// <summary>Larger lists are not kept: one batch of 2,500 events must not cost every thread a megabyte.</summary>
    private const int ScratchEvents = 512;

    [ThreadStatic]
    private static List<SegmentEvent>? t_scratch;

    /// <summary>The list that elements are read into. Reading never awaits, so each thread keeps one.</summary>
    private static List<SegmentEvent> Scratch()
    {
        if (t_scratch is not { Capacity: <= ScratchEvents }) t_scratch = new List<SegmentEvent>(ScratchEvents / 4);
        t_scratch.Clear();
        return t_scratch;
    }

    private static void Single(ReadOnlyMemory<byte> body, EventType type, EventFaults faults, IncomingBatch result)
    {
        result.Single = true;
        var reader = Reader(body.Span, IngestLimits.Depth);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            result.Failure = JsonBody.NotAnObject;
            return;
        }

        var read = default(SegmentEvent);
        SegmentFields.Read(ref reader, ref read);
        ToTheEnd(ref reader);
        if (read.Whole.Length > IngestLimits.EventBytes)
        {
            result.Failure = new IngestFailure(StatusCodes.Status413PayloadTooLarge, JsonBody.EventTooLong);
            return;
        }

        read.Incoming.Faults |= faults;
        result.Events.Add(Finish(ref read, type, default, body.Slice(read.Whole.Start, read.Whole.Length).ToArray()));
    }

    private static void Batch(ReadOnlyMemory<byte> body, int depth, EventFaults faults, IncomingBatch result)
    {
        var span = body.Span;
        var reader = Reader(span, depth);
        var envelope = new BatchEnvelope();
        List<SegmentEvent>? events = null;
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            result.Failure = JsonBody.NotAnObject;
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("batch"u8))
            {
                reader.Read();
                events = Elements(ref reader, result);
                if (result.Failure is not null) return;
            }
            else
            {
                EnvelopeMember(ref reader, span, envelope);
            }
        }

        ToTheEnd(ref reader);
        if (events is null)
        {
            result.Failure ??= new IngestFailure(StatusCodes.Status400BadRequest, NoBatch);
            return;
        }

        FinishAll(body, events, envelope, depth > IngestLimits.Depth, faults, result);
    }

    private static void EnvelopeMember(ref Utf8JsonReader reader, ReadOnlySpan<byte> body, BatchEnvelope envelope)
    {
        if (reader.ValueTextEquals("sentAt"u8))
        {
            reader.Read();
            envelope.SentAt = SegmentFields.Time(ref reader);
        }
        else if (reader.ValueTextEquals("context"u8))
        {
            reader.Read();
            envelope.TakeContext(body, SegmentFields.Skip(ref reader));
        }
        else if (reader.ValueTextEquals("integrations"u8))
        {
            reader.Read();
            envelope.TakeIntegrations(body, SegmentFields.Skip(ref reader));
        }
        else
        {
            reader.Read();
            reader.Skip();
        }
    }

    private static List<SegmentEvent>? Elements(ref Utf8JsonReader reader, IncomingBatch result)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return null;
        }

        var events = Scratch();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (events.Count == IngestLimits.BatchEvents)
            {
                result.Failure = JsonBody.TooManyEvents;
                return null;
            }

            // Read in place: the struct is large, and most of an event's cost would be copying it.
            CollectionsMarshal.SetCount(events, events.Count + 1);
            ref var read = ref CollectionsMarshal.AsSpan(events)[^1];
            read = default;
            if (reader.TokenType == JsonTokenType.StartObject) SegmentFields.Read(ref reader, ref read);
            else read.Whole = SegmentFields.Skip(ref reader);
        }

        return events;
    }

    private static void FinishAll(
        ReadOnlyMemory<byte> body, List<SegmentEvent> events, BatchEnvelope envelope, bool deep, EventFaults faults, IncomingBatch result)
    {
        var merged = 0L;
        result.Events.EnsureCapacity(events.Count);
        foreach (ref var read in CollectionsMarshal.AsSpan(events))
        {
            var type = TypeOf(read.Type);
            var reason = read.Whole.Kind != JsonTokenType.StartObject ? JsonBody.NoObject
                : read.Whole.Length > IngestLimits.EventBytes ? JsonBody.EventTooLong
                : type is null ? UnknownType
                : deep && JsonBody.IsTooDeep(body.Span.Slice(read.Whole.Start, read.Whole.Length)) ? JsonBody.TooDeep
                : null;
            var bytes = reason is null ? envelope.Merge(body.Span, read) : [];
            if (bytes.Length > IngestLimits.EventBytes) reason = JsonBody.EventTooLong;
            if (reason is not null)
            {
                result.Refused.Add(new RefusedEvent(reason, Sample(body, read.Whole)) { Call = Element });
                continue;
            }

            merged += bytes.Length;
            if (merged > IngestLimits.MergedBytes)
            {
                result.Failure = s_mergedTooLong;
                return;
            }

            read.Incoming.Faults |= faults;
            result.Events.Add(Finish(ref read, type!.Value, envelope.SentAt, bytes));
        }
    }

    private static IncomingEvent Finish(ref SegmentEvent read, EventType type, ClientTime batchSentAt, byte[] body)
    {
        var finished = read.Incoming;
        finished.Type = type;
        finished.Name = type == EventType.Track ? read.Event : read.Name;
        finished.Body = body;
        if (!finished.SentAt.Given) finished.SentAt = batchSentAt;
        finished.Original = read.OriginalTimestamp.Given ? read.OriginalTimestamp : read.Timestamp;
        if (read.OriginalTimestamp.Given) finished.Final = read.Timestamp;
        return finished;
    }

    private static ReadOnlyMemory<byte> Sample(ReadOnlyMemory<byte> body, JsonSlice whole) =>
        body.Slice(whole.Start, Math.Min(whole.Length, DeadLetter.MaxSampleBytes)).ToArray();

    /// <summary>The call that a name stands for; null for another.</summary>
    public static EventType? TypeOf(string? type) => type switch
    {
        "track" => EventType.Track,
        "identify" => EventType.Identify,
        "page" => EventType.Page,
        "screen" => EventType.Screen,
        "group" => EventType.Group,
        "alias" => EventType.Alias,
        _ => null,
    };

    private static Utf8JsonReader Reader(ReadOnlySpan<byte> body, int depth) => new(body, new JsonReaderOptions { MaxDepth = depth });

    /// <summary>Nothing may follow the object: the reader throws when something does.</summary>
    private static void ToTheEnd(ref Utf8JsonReader reader)
    {
        while (reader.Read())
        {
        }
    }
}
