using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Clickstream;
using Crm.Customers;
using Crm.Records;
using Microsoft.Extensions.Logging;

namespace Crm.Privacy;

/// <summary>Carries out one erasure, step by step. It keeps nothing: whoever runs it next reads from the database how far it is.</summary>
internal sealed partial class ErasureGrain(
    IErasures erasures, IPersonLinks links, IEventLog log, ILogInfo info, TimeProvider clock, ILogger<ErasureGrain> logger)
    : Grain, IErasureGrain
{
    /// <summary>One call's time: the caller wants to hear from it, and the keeper calls again.</summary>
    private static readonly TimeSpan s_turn = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan s_wait = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Merges that are followed to the person; chains are shortened as they are made.</summary>
    private const int MaxHops = 32;

    /// <summary>Records of one step that forget the person.</summary>
    private const int MaxRecords = 200;

    public async Task<ErasureStep?> Run()
    {
        var began = clock.GetTimestamp();
        while (true)
        {
            if (await erasures.Find(this.GetPrimaryKey()) is not { } job) return null;
            if (job.Step == ErasureStep.Done || clock.GetElapsedTime(began) > s_turn) return job.Step;
            if (!await Tried(job)) await Task.Delay(s_pause, clock);
        }
    }

    /// <summary>False when it has to wait, or failed: whatever it was, it is tried again, and the caller hears how far it is.</summary>
    private async Task<bool> Tried(Erasure job)
    {
        try
        {
            return await Step(job);
        }
        catch (Exception failure)
        {
            LogFailed(job.Id, job.Step, failure.GetType().Name, failure.Message);
            return false;
        }
    }

    /// <summary>False when it has to wait.</summary>
    private async Task<bool> Step(Erasure job)
    {
        switch (job.Step)
        {
            case ErasureStep.Asked:
                return await Close(job);
            case ErasureStep.Closed:
                await Task.WhenAll(job.Ids.Select(id => GrainFactory.Customer(id).Forget(job.ErasedAt!.Value)));

                // Orders that are being made of earlier events are there to be found; from now on nothing is made of this person's.
                await GrainFactory.OrderDesk().Work();
                if (await Unlink(job) >= MaxRecords) return true;
                await Task.WhenAll(job.Ids.Select(id => GrainFactory.Record(RecordKinds.Customer, id).Refresh()));
                await erasures.Forgotten(job.Id);
                return true;
            default:
                return await erasures.Work(job.Id);
        }
    }

    /// <summary>Has records forget whom they named; each does it once, and then names nobody any more.</summary>
    private async Task<int> Unlink(Erasure job)
    {
        var arguments = new JsonObject { ["customers"] = new JsonArray([.. job.Ids.Select(id => (JsonNode)id)]) }.ToJsonString();
        var found = await links.Of(job.Ids, MaxRecords);
        foreach (var (kind, id) in found)
        {
            var answer = await GrainFactory.Record(kind, id).Do("forget", arguments, null, new ChangeCause("crm", null, Guid.NewGuid()));
            if (answer.Refusal != RecordRefusal.None) throw new InvalidOperationException($"A {kind} did not forget a person: {answer.Refusal}.");
        }

        return found.Count;
    }

    /// <summary>Finds the person behind the id, lets all that was logged before arrive, and has it erase itself.</summary>
    private async Task<bool> Close(Erasure job)
    {
        var id = job.Subject!;
        for (var hop = 0; hop < MaxHops; hop++)
        {
            if (!await Arrives(id)) return false;
            var customer = GrainFactory.Customer(id);
            var answer = await customer.View();
            if (answer.NotCurrent) return false;
            if (answer.MovedTo is { } moved)
            {
                id = moved;
                continue;
            }

            var erased = await customer.Erase(job.Id);
            if (erased.Kind == EraseAnswerKind.Closed) LogClosed(job.Id);
            if (erased.Kind != EraseAnswerKind.Moved) return erased.Kind == EraseAnswerKind.Closed;
            id = erased.To!;
        }

        return false;
    }

    /// <summary>
    /// True when all that is logged is applied, in every partition: an event of another lane may say that this is the same person.
    /// </summary>
    private async Task<bool> Arrives(string customer)
    {
        var reached = await Task.WhenAll(Enumerable.Range(0, info.Partitions).Select(Reaches));
        return reached.All(r => r);

        async Task<bool> Reaches(int partition) =>
            await GrainFactory.Partition(partition).Reach(await log.Head(partition), customer, s_wait) is { Current: true };
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Erasure {Erasure}: the person is erased; log, history and the rest follow")]
    private partial void LogClosed(Guid erasure);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Erasure {Erasure}: what follows {Step} failed with {Failure} ({Message}) and is tried again")]
    private partial void LogFailed(Guid erasure, ErasureStep step, string failure, string message);
}
