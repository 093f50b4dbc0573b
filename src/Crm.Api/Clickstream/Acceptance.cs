using System.Buffers;
using System.Runtime.InteropServices;
using Crm.Access;
using Crm.Hosting;
using Crm.Privacy;

namespace Crm.Clickstream;

/// <summary>
/// The way of every protocol's events into the log: judge each, append what can be used, keep the refused ones as dead letters,
/// and answer. One bad element never fails the others.
/// </summary>
internal sealed partial class Acceptance(
    IEventLogWriter log,
    IDeadLetters deadLetters,
    SourceCatalog sources,
    PlanCounts violations,
    IngestGate gate,
    FloodGate floods,
    IErasedIds erased,
    ApiOptions options,
    CrmMetrics metrics,
    TimeProvider clock,
    ILogger<Acceptance> logger)
{
    /// <summary>Why an event of a customer that sends too much is a dead letter.</summary>
    public const string Rate = "rate";

    private const int RetryWhenFullSeconds = 1;
    private const int RetryWhenDownSeconds = 2;

    /// <summary>The beginning of a call: its time of receipt, and whether anything can be accepted now.</summary>
    /// <param name="request">The request, whose headers may say what holds for all its events.</param>
    public IngestCall Begin(HttpRequest? request = null) =>
        new(clock.GetUtcNow(), clock.GetTimestamp(), gate.Closed, request?.Headers["Sec-GPC"].ToString() == "1");

    /// <summary>Accepts what an adapter read. <paramref name="body"/> is the request's body, for the sample when all of it is refused; <paramref name="fromServer"/>: a server's key brought it.</summary>
    public async Task<IngestAnswer> Accept(IncomingBatch batch, IngestCall call, string source, bool single, ReadOnlyMemory<byte> body, bool fromServer = false)
    {
        if (batch.Failure is { } failure)
        {
            Refuse(new RefusedEvent(failure.Message, body), source, call.ReceivedAt);
            return IngestAnswer.Failed(failure);
        }

        var events = Judge(batch, source, call, fromServer, out var past);
        if (past > 0) metrics.Refused("erased", past);
        foreach (var unusable in batch.Refused) Refuse(unusable, source, call.ReceivedAt);
        if (single && batch.Refused.Count > 0)
            return IngestAnswer.Failed(new IngestFailure(StatusCodes.Status400BadRequest, batch.Refused[0].Reason));
        if (batch.Refused.Count > 0) metrics.Refused("element", batch.Refused.Count);
        var (flooded, lane) = call.IsLimited ? HoldBack(events, call, source, single) : default;
        if (single && lane is not null) return IngestAnswer.Failed(TooFast(lane, call.Began)) with { Reason = Rate };
        if (flooded > 0) metrics.Refused(Rate, flooded);
        var refused = batch.Refused.Count + past + flooded;
        return events.Count == 0 ? IngestAnswer.Accepted(null, refused) : await Append(events, refused, call);
    }

    /// <summary>Writes the answer, an acceptance in the protocol's own way where it has one, and measures.</summary>
    public async Task End(IngestCall call, IngestAnswer answer, HttpResponse response, Func<IngestAnswer, HttpResponse, Task>? accepted = null)
    {
        if (answer.Status != StatusCodes.Status200OK) metrics.Refused(answer.Reason ?? Word(answer.Status));
        if (accepted is not null && answer.Status == StatusCodes.Status200OK) await accepted(answer, response);
        else await answer.Write(response);
        metrics.Acked(clock.GetElapsedTime(call.Began));
    }

    /// <summary>The events that may be logged, prepared for that; what is refused is noted, but for events of erased people, of whom nothing is kept.</summary>
    private List<BehaviourEvent> Judge(IncomingBatch batch, string source, IngestCall call, bool fromServer, out int past)
    {
        past = 0;
        var plan = sources.Plan(source);
        var events = new List<BehaviourEvent>(batch.Events.Count);
        foreach (ref readonly var incoming in CollectionsMarshal.AsSpan(batch.Events))
        {
            if (Admission.Admit(incoming, source, call.ReceivedAt, out var refusal, fromServer) is not { } admitted)
            {
                batch.Refused.Add(new RefusedEvent(refusal!, ContextPrivacy.Apply(incoming.Body, options.IpAddresses, gpc: false))
                {
                    Call = incoming.Type.ToString().ToLowerInvariant(),
                    Name = incoming.Name,
                });
            }
            else if (erased.Refuses(admitted))
            {
                past++;
            }
            else if (Planned(Shielded(admitted, call), plan, batch) is { } kept)
            {
                events.Add(CrawlerMark.Put(kept));
            }
        }

        return events;
    }

    /// <summary>The event as its source's plan has it; null when the plan refuses it, which is noted.</summary>
    private BehaviourEvent? Planned(BehaviourEvent shielded, SourcePlan? plan, IncomingBatch batch)
    {
        if (plan is null) return shielded;
        var kept = plan.Check(shielded, violations, out var refusal);
        if (kept is null) batch.Refused.Add(new RefusedEvent(refusal!, default) { Code = SourcePlan.Code, Name = shielded.Name, Event = shielded });
        return kept;
    }

    private BehaviourEvent Shielded(BehaviourEvent admitted, IngestCall call)
    {
        var body = ContextPrivacy.Apply(admitted.Body, options.IpAddresses, call.Gpc);
        return body.Equals(admitted.Body) ? admitted : admitted with { Body = body };
    }

    /// <summary>Takes out what is over its customer's rate; answers how many, and the lane of the last. A single one is only told so.</summary>
    private (int Count, string? Lane) HoldBack(List<BehaviourEvent> events, IngestCall call, string source, bool single)
    {
        string? lane = null;
        var kept = 0;
        for (var at = 0; at < events.Count; at++)
        {
            var happened = events[at];
            var verdict = floods.Judge(happened.Lane, call.Began);
            if (verdict == FloodVerdict.PassMarked) happened = happened with { Faults = happened.Faults | EventFaults.Flood };
            if (verdict is FloodVerdict.Pass or FloodVerdict.PassMarked)
            {
                events[kept++] = happened;
                continue;
            }

            lane = happened.Lane;
            if (verdict == FloodVerdict.Refuse && !single)
                Refuse(new RefusedEvent(Rate, default) { Code = Rate, Name = happened.Name, Event = happened }, source, call.ReceivedAt);
        }

        var refused = events.Count - kept;
        if (refused > 0) events.RemoveRange(kept, refused);
        return (refused, lane);
    }

    /// <summary>What is told to come again has not been sent.</summary>
    private void GiveBack(List<BehaviourEvent> events, IngestCall call)
    {
        if (!call.IsLimited) return;
        foreach (var happened in events) floods.GiveBack(happened.Lane, call.Began);
    }

    private void CountMarks(EventFaults faults)
    {
        if ((faults & EventFaults.Crawler) != 0) metrics.Marked("crawler");
        if ((faults & EventFaults.Flood) != 0) metrics.Marked("flood");
    }

    private IngestFailure TooFast(string lane, long timestamp) => new(
        StatusCodes.Status429TooManyRequests,
        $"A customer may send {floods.Limit} events a minute. Send the same event again, with the same messageId, after the pause.",
        floods.RetryAfterSeconds(lane, timestamp));

    private async Task<IngestAnswer> Append(List<BehaviourEvent> events, int refused, IngestCall call)
    {
        try
        {
            // Not cancelled with the request: what is under way may become durable, whoever still listens.
            var position = await log.Append(events, CancellationToken.None);
            metrics.Accepted(events.Count);
            foreach (var happened in events) CountMarks(happened.Faults);
            return IngestAnswer.Accepted(position, refused);
        }
        catch (LogFullException)
        {
            GiveBack(events, call);
            return IngestAnswer.Failed(new IngestFailure(
                StatusCodes.Status429TooManyRequests,
                "More events arrive than can be written. Send the same events again, with the same messageIds, after the pause.",
                RetryWhenFullSeconds));
        }
        catch (LogUnavailableException exception)
        {
            LogUnavailable(exception);
            GiveBack(events, call);
            return IngestAnswer.Failed(Unavailable("The events could not be made durable."));
        }
    }

    /// <summary>The answer while nothing can be made durable.</summary>
    public static IngestFailure Unavailable(string why) => new(
        StatusCodes.Status503ServiceUnavailable,
        why + " Send the same events again, with the same messageIds, after the pause.",
        RetryWhenDownSeconds);

    private void Refuse(in RefusedEvent refused, string source, DateTimeOffset receivedAt)
    {
        var packed = default(ReadOnlyMemory<byte>);
        if (refused.Event is { } happened)
        {
            var buffer = new ArrayBufferWriter<byte>(happened.Body.Length + 256);
            PackedEvent.Write(buffer, happened);
            packed = buffer.WrittenMemory;
        }

        var sample = refused.Sample[..Math.Min(refused.Sample.Length, DeadLetter.MaxSampleBytes)].ToArray();
        var letter = new DeadLetter(receivedAt, source, refused.Reason, sample) { Call = refused.Call, Event = refused.Name, Packed = packed };
        deadLetters.Add(refused.Code is { } code ? letter with { Code = code } : letter);
    }

    private static string Word(int status) => status switch
    {
        StatusCodes.Status413PayloadTooLarge => "too_long",
        StatusCodes.Status429TooManyRequests => "full",
        StatusCodes.Status503ServiceUnavailable => "unavailable",
        _ => "bad",
    };

    [LoggerMessage(Level = LogLevel.Warning, Message = "Events could not be made durable; the client was told to send them again")]
    private partial void LogUnavailable(Exception exception);
}

/// <summary>One ingest call under way.</summary>
/// <param name="ReceivedAt">When its first byte was seen.</param>
/// <param name="Began">The same as a monotonic timestamp.</param>
/// <param name="Closed">Why nothing is accepted now; null when events are.</param>
/// <param name="Gpc">Whether the client sent a Global Privacy Control signal.</param>
internal readonly record struct IngestCall(DateTimeOffset ReceivedAt, long Began, IngestFailure? Closed, bool Gpc = false)
{
    /// <summary>False for an import: what happened long ago comes at once.</summary>
    public bool IsLimited { get; init; } = true;
}
