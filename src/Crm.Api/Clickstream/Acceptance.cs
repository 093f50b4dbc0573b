using System.Runtime.InteropServices;
using Crm.Hosting;
using Crm.Privacy;

namespace Crm.Clickstream;

/// <summary>
/// The way of every protocol's events into the log: judge each, append what can be used, keep the refused ones as dead letters,
/// and answer. One bad element never fails the others.
/// </summary>
internal sealed partial class Acceptance(
    IEventLogWriter log, IDeadLetters deadLetters, IngestGate gate, IErasedIds erased, ApiOptions options, CrmMetrics metrics, TimeProvider clock,
    ILogger<Acceptance> logger)
{
    private const int RetryWhenFullSeconds = 1;
    private const int RetryWhenDownSeconds = 2;

    /// <summary>The beginning of a call: its time of receipt, and whether anything can be accepted now.</summary>
    /// <param name="request">The request, whose headers may say what holds for all its events.</param>
    public IngestCall Begin(HttpRequest? request = null) =>
        new(clock.GetUtcNow(), clock.GetTimestamp(), gate.Closed, request?.Headers["Sec-GPC"].ToString() == "1");

    /// <summary>Accepts what an adapter read. <paramref name="body"/> is the request's body, for the sample when all of it is refused.</summary>
    public async Task<IngestAnswer> Accept(IncomingBatch batch, IngestCall call, string source, bool single, ReadOnlyMemory<byte> body)
    {
        if (batch.Failure is { } failure)
        {
            Refuse(failure.Message, source, call.ReceivedAt, body);
            return IngestAnswer.Failed(failure);
        }

        var events = Judge(batch, source, call.ReceivedAt);
        var past = Prepare(events, call.Gpc);
        foreach (var refused in batch.Refused) Refuse(refused.Reason, source, call.ReceivedAt, refused.Sample);
        if (single && batch.Refused.Count > 0)
            return IngestAnswer.Failed(new IngestFailure(StatusCodes.Status400BadRequest, batch.Refused[0].Reason));
        if (batch.Refused.Count > 0) metrics.Refused("element", batch.Refused.Count);
        var refusals = batch.Refused.Count + past;
        return events.Count == 0 ? IngestAnswer.Accepted(null, refusals) : await Append(events, refusals);
    }

    /// <summary>Writes the answer, and measures.</summary>
    public async Task End(IngestCall call, IngestAnswer answer, HttpResponse response)
    {
        if (answer.Status != StatusCodes.Status200OK) metrics.Refused(Word(answer.Status));
        await answer.Write(response);
        metrics.Acked(clock.GetElapsedTime(call.Began));
    }

    private static List<BehaviourEvent> Judge(IncomingBatch batch, string source, DateTimeOffset receivedAt)
    {
        var events = new List<BehaviourEvent>(batch.Events.Count);
        foreach (ref readonly var incoming in CollectionsMarshal.AsSpan(batch.Events))
        {
            if (Admission.Admit(incoming, source, receivedAt, out var refusal) is { } admitted) events.Add(admitted);
            else batch.Refused.Add(new RefusedEvent(refusal!, incoming.Body));
        }

        return events;
    }

    /// <summary>
    /// Takes out what belongs to erased people, of which nothing is kept, and answers how many those were; and prepares what is
    /// left for the log.
    /// </summary>
    private int Prepare(List<BehaviourEvent> events, bool gpc)
    {
        var past = events.RemoveAll(erased.Refuses);
        if (past > 0) metrics.Refused("erased", past);
        foreach (ref var admitted in CollectionsMarshal.AsSpan(events))
        {
            var body = ContextPrivacy.Apply(admitted.Body, options.IpAddresses, gpc);
            if (!body.Equals(admitted.Body)) admitted = admitted with { Body = body };
        }

        return past;
    }

    private async Task<IngestAnswer> Append(List<BehaviourEvent> events, int refused)
    {
        try
        {
            // Not cancelled with the request: what is under way may become durable, whoever still listens.
            var position = await log.Append(events, CancellationToken.None);
            metrics.Accepted(events.Count);
            return IngestAnswer.Accepted(position, refused);
        }
        catch (LogFullException)
        {
            return IngestAnswer.Failed(new IngestFailure(
                StatusCodes.Status429TooManyRequests,
                "More events arrive than can be written. Send the same events again, with the same messageIds, after the pause.",
                RetryWhenFullSeconds));
        }
        catch (LogUnavailableException exception)
        {
            LogUnavailable(exception);
            return IngestAnswer.Failed(Unavailable("The events could not be made durable."));
        }
    }

    /// <summary>The answer while nothing can be made durable.</summary>
    public static IngestFailure Unavailable(string why) => new(
        StatusCodes.Status503ServiceUnavailable,
        why + " Send the same events again, with the same messageIds, after the pause.",
        RetryWhenDownSeconds);

    private void Refuse(string reason, string source, DateTimeOffset receivedAt, ReadOnlyMemory<byte> sample)
    {
        var kept = sample[..Math.Min(sample.Length, DeadLetter.MaxSampleBytes)].ToArray();
        deadLetters.Add(new DeadLetter(receivedAt, source, reason, kept));
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
internal readonly record struct IngestCall(DateTimeOffset ReceivedAt, long Began, IngestFailure? Closed, bool Gpc = false);
