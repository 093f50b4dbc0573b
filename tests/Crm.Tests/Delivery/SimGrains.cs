using Crm.Clickstream;
using Crm.Customers;
using Crm.Privacy;
using Crm.Records;
using Crm.Segments;
using Orleans.Runtime;

namespace Crm.Delivery;

/// <summary>Hands out call proxies: every call becomes a message of the world.</summary>
internal sealed class SimGrains(World world) : IGrainFactory
{
    public TGrainInterface GetGrain<TGrainInterface>(string primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithStringKey => (TGrainInterface)(object)new CustomerCalls(world, primaryKey);

    public TGrainInterface GetGrain<TGrainInterface>(long primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithIntegerKey =>
        (TGrainInterface)(typeof(TGrainInterface) == typeof(ISegmentsGrain) ? new SegmentCalls(world) : (object)new PartitionCalls(world, (int)primaryKey));

    public TGrainInterface GetGrain<TGrainInterface>(Guid primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithGuidKey => throw new NotSupportedException();

    public TGrainInterface GetGrain<TGrainInterface>(Guid primaryKey, string keyExtension, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithGuidCompoundKey => throw new NotSupportedException();

    public TGrainInterface GetGrain<TGrainInterface>(long primaryKey, string keyExtension, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithIntegerCompoundKey => throw new NotSupportedException();

    public TGrainObserverInterface CreateObjectReference<TGrainObserverInterface>(IGrainObserver obj)
        where TGrainObserverInterface : IGrainObserver => throw new NotSupportedException();

    public void DeleteObjectReference<TGrainObserverInterface>(IGrainObserver obj)
        where TGrainObserverInterface : IGrainObserver => throw new NotSupportedException();

    public IGrain GetGrain(Type grainInterfaceType, Guid grainPrimaryKey) => throw new NotSupportedException();

    public IGrain GetGrain(Type grainInterfaceType, long grainPrimaryKey) => throw new NotSupportedException();

    public IGrain GetGrain(Type grainInterfaceType, string grainPrimaryKey) => throw new NotSupportedException();

    public IGrain GetGrain(Type grainInterfaceType, Guid grainPrimaryKey, string keyExtension) => throw new NotSupportedException();

    public IGrain GetGrain(Type grainInterfaceType, long grainPrimaryKey, string keyExtension) => throw new NotSupportedException();

    public TGrainInterface GetGrain<TGrainInterface>(GrainId grainId)
        where TGrainInterface : IAddressable => throw new NotSupportedException();

    public IAddressable GetGrain(GrainId grainId) => throw new NotSupportedException();

    public IAddressable GetGrain(GrainId grainId, GrainInterfaceType interfaceType) => throw new NotSupportedException();

    public IAddressable GetGrain(Type interfaceType, IdSpan grainKey, string grainClassNamePrefix) => throw new NotSupportedException();

    public IAddressable GetGrain(Type interfaceType, IdSpan grainKey) => throw new NotSupportedException();
}

/// <summary>Calls to a customer.</summary>
internal sealed class CustomerCalls(World world, string id) : ICustomerGrain
{
    private readonly GrainId _target = World.CustomerGrainId(id);

    public Task<LaneAnswer> Apply(string lane, LaneEvent[] events, long after) =>
        Call(nameof(Apply), $"{lane} [{Seqs(events)}] after {after}", c => c.Apply(lane, events, world.Rules.After(after)));

    public Task<LaneAnswer> Persist(string lane, long lastSent) =>
        world.Rules.Persist(sent => Call(nameof(Persist), $"{lane} {sent}", c => c.Persist(lane, sent)), lastSent);

    public Task<bool> Freeze(string into) => Call(nameof(Freeze), into, c => c.Freeze(into));

    public Task<CustomerAnswer> View() => Call(nameof(View), "", async c =>
    {
        var answer = await c.View();
        world.Segments?.Judge.JudgeAnswer((CustomerGrain)c, answer);
        return answer;
    });

    public Task Wake() => Call(nameof(Wake), "", async c =>
    {
        await c.Wake();
        return true;
    });

    public Task<bool> List() => Call(nameof(List), "", c => c.List());

    public Task<bool> LookAtSegments(long plan) => world.Rules.LookAtSegments(() => Call(nameof(LookAtSegments), $"{plan}", c => c.LookAtSegments(plan)));

    public Task<bool> LookAtCard(long plan) => Call(nameof(LookAtCard), $"{plan}", c => c.LookAtCard(plan));

    public Task<TrialAnswer> WouldBelong(string definition) => Call(nameof(WouldBelong), definition, c => c.WouldBelong(definition));

    public Task<SegmentReason?> Why(string segment) => Call(nameof(Why), segment, c => c.Why(segment));

    public Task<UnmergeResult> Unmerge(string source) => Call(nameof(Unmerge), source, c => c.Unmerge(source));

    public Task Refresh(long rowVersion) => world.Rules.Refresh(() => Call(nameof(Refresh), $"{rowVersion}", async c =>
    {
        await c.Refresh(rowVersion);
        return true;
    }));

    public Task Given(string source) => Call(nameof(Given), source, async c =>
    {
        await c.Given(source);
        return true;
    });

    public Task Forgive(string source) => Call(nameof(Forgive), source, async c =>
    {
        await c.Forgive(source);
        return true;
    });

    public Task Follow(ICustomerFollower follower) => Task.CompletedTask;

    public Task Watch() => Call(nameof(Watch), "", async c =>
    {
        await c.Watch();
        return true;
    });

    public Task<bool> Claim(string source, string reason) => Call(nameof(Claim), source, c => c.Claim(source, reason));

    public Task<EraseAnswer> Erase(Guid erasure) => Call(nameof(Erase), $"{erasure}", c => c.Erase(erasure));

    public Task Forget(DateTimeOffset erasedAt) => Call(nameof(Forget), $"{erasedAt}", async c =>
    {
        await c.Forget(erasedAt);
        return true;
    });

    private Task<T> Call<T>(string method, string words, Func<ICustomerGrain, Task<T>> call) =>
        world.Call(_target, typeof(ICustomerGrain), method, words, grain => call((ICustomerGrain)grain));

    private static string Seqs(LaneEvent[] events) => string.Join(' ', events.Select(e => e.Seq));
}

/// <summary>Calls to a partition.</summary>
internal sealed class PartitionCalls(World world, int partition) : IPartitionGrain
{
    private readonly GrainId _target = World.PartitionGrainId(partition);

    public Task Start() => Call(nameof(Start), "", async p =>
    {
        await p.Start();
        return true;
    });

    public Task<PartitionProgress> Progress(long minSeq, TimeSpan wait) =>
        Call(nameof(Progress), $"{minSeq}", p => p.Progress(minSeq, wait));

    public Task<PartitionProgress?> Reach(long minSeq, string? customer, TimeSpan wait) =>
        Call(nameof(Reach), $"{minSeq} for {customer}", p => p.Reach(minSeq, world.Rules.Reader(customer), wait));

    public Task<LaneCheck> Check(string lane, long lastSeq) =>
        world.Rules.Check(() => Call(nameof(Check), $"{lane} {lastSeq}", p => p.Check(lane, lastSeq)));

    public Task<PartitionPulse> Pulse() => Call(nameof(Pulse), "", p => p.Pulse());

    private Task<T> Call<T>(string method, string words, Func<IPartitionGrain, Task<T>> call) =>
        world.Call(_target, typeof(IPartitionGrain), method, words, grain => call((IPartitionGrain)grain));
}

/// <summary>Calls to the grain of all segments.</summary>
internal sealed class SegmentCalls(World world) : ISegmentsGrain
{
    public async Task<SegmentAnswer> Save(Segment segment, ChangeCause cause)
    {
        var outcome = await Call(nameof(Save), $"{segment.Id} {segment.Definition}{(segment.DeletedAt is null ? "" : " deleted")}", async s => (await s.Save(segment, cause)).Outcome);
        return new SegmentAnswer(outcome, null);
    }

    public Task<bool> Fill() => Call(nameof(Fill), "", s => s.Fill());

    public Task<RfmAnswer> Refit(int? clusters, bool always) => throw new NotSupportedException();

        public Task Begin() => throw new NotSupportedException();

        public Task<bool> FollowCards() => Call(nameof(FollowCards), "", s => s.FollowCards());

    private Task<T> Call<T>(string method, string words, Func<ISegmentsGrain, Task<T>> call) =>
        world.Call(World.SegmentsGrainId, typeof(ISegmentsGrain), method, words, grain => call((ISegmentsGrain)grain));
}
