using System.Text;
using Crm.Access;

namespace Crm.Clickstream;

/// <summary>What became of one dead letter's replay.</summary>
/// <param name="Id">The letter.</param>
/// <param name="Status"><c>replayed</c>; <c>already</c>: it was before, or another replay holds it; <c>refused</c>: it still cannot be
/// accepted; <c>missing</c>; <c>later</c>: nothing can be logged now; <c>unknown</c>: it may or may not be logged.</param>
/// <param name="Detail">What to know about it.</param>
/// <param name="Position">Where it is logged.</param>
internal sealed record LetterResult(string Id, string Status, string? Detail = null, string? Position = null);

/// <summary>
/// Sends dead letters through the accept path again. An event goes in as it would have at first: with its messageId, its time and
/// its time of receipt. A letter is marked as taken before its event is logged and as done afterwards, so that none is logged
/// twice; one whose end is not known may be tried again for as long as its messageId surely tells a copy.
/// </summary>
internal sealed class Replay(
    DeadLetterStore letters, IEventLogWriter log, IngestGate gate, SourceCatalog catalog, PlanCounts counts, CrmMetrics metrics)
{
    /// <summary>Events of one append: with the longest of events 3 MB.</summary>
    private const int AtATime = 100;

    private const string NotWhole = "It is the body of a request that could not be read as a whole: only its sender can mend and send it again.";

    /// <summary>Replays letters; one result each, in their order.</summary>
    public async Task<IReadOnlyList<LetterResult>> Run(IReadOnlyList<LetterId> ids, CancellationToken stop)
    {
        var results = new List<LetterResult>(ids.Count);
        foreach (var some in ids.Distinct().Chunk(AtATime)) results.AddRange(await Some(some, stop));
        return results;
    }

    private async Task<IEnumerable<LetterResult>> Some(LetterId[] ids, CancellationToken stop)
    {
        if (gate.Closed is { } closed) return ids.Select(id => new LetterResult(id.ToString(), "later", closed.Message));
        var results = ids.ToDictionary(id => id, id => new LetterResult(id.ToString(), "missing", "There is no such dead letter."));
        var events = new Dictionary<LetterId, BehaviourEvent>();
        foreach (var letter in await letters.Get(ids, stop))
        {
            if (letter.Replayed) results[letter.Id] = Already(letter.Id);
            else if (Restore(letter, out var problem) is { } happened) events[letter.Id] = happened;
            else results[letter.Id] = new LetterResult(letter.Id.ToString(), "refused", problem);
        }

        var taken = events.Count == 0 ? [] : await letters.Take(events.Keys, stop);
        foreach (var id in events.Keys) results[id] = Already(id);
        if (taken.Count > 0) await Append([.. taken], events, results);
        return ids.Select(id => results[id]);
    }

    // From here on nothing is cancelled with the request: what was taken must be settled.
    private async Task Append(LetterId[] taken, Dictionary<LetterId, BehaviourEvent> events, Dictionary<LetterId, LetterResult> results)
    {
        try
        {
            var position = await log.Append([.. taken.Select(id => events[id])], CancellationToken.None);
            metrics.Accepted(taken.Length);
            foreach (var id in taken) results[id] = new LetterResult(id.ToString(), "replayed", Position: position.ToString());
            await letters.Settle(taken, done: true, CancellationToken.None);
        }
        catch (LogFullException full)
        {
            await letters.Settle(taken, done: false, CancellationToken.None);
            foreach (var id in taken) results[id] = new LetterResult(id.ToString(), "later", full.Message);
        }
        catch (LogUnavailableException)
        {
            foreach (var id in taken)
                results[id] = new LetterResult(id.ToString(), "unknown", "The log did not answer. Replay it again, within 20 hours: the messageId tells a copy.");
        }
    }

    private BehaviourEvent? Restore(KeptLetter letter, out string? problem)
    {
        var happened = letter.Packed.IsEmpty ? Read(letter, out problem) : Unpack(letter, out problem);
        if (happened is null || catalog.Plan(happened.Source) is not { } plan) return happened;
        return plan.Check(happened, counts, out problem);
    }

    private static BehaviourEvent? Unpack(KeptLetter letter, out string? problem)
    {
        problem = null;
        try
        {
            return PackedEvent.Read(letter.Packed);
        }
        catch (Exception damage) when (damage is InvalidDataException or ArgumentException or IndexOutOfRangeException)
        {
            problem = "The stored event is damaged and cannot be read.";
            return null;
        }
    }

    private static BehaviourEvent? Read(KeptLetter letter, out string? problem)
    {
        problem = NotWhole;
        var batch = letter.Call switch
        {
            null => null,
            SegmentAdapter.Element => SegmentAdapter.ReadBatch(Encoding.UTF8.GetBytes(
                $$"""{"batch":[{{Encoding.UTF8.GetString(letter.Sample.Span)}}]}""")),
            var call when SegmentAdapter.TypeOf(call) is { } type => SegmentAdapter.ReadSingle(letter.Sample, type),
            _ => null,
        };
        if (batch is null) return null;
        problem = batch.Failure?.Message ?? batch.Refused.FirstOrDefault().Reason;
        if (batch.Events is not [var incoming]) return null;

        // Without one of its own it gets the same at every try.
        if (string.IsNullOrEmpty(incoming.MessageId)) incoming.MessageId = "dead-letter-" + letter.Id;
        return Admission.Admit(incoming, letter.Source, letter.At, out problem);
    }

    private static LetterResult Already(LetterId id) => new(id.ToString(), "already", "It was replayed before, or another replay holds it.");
}
