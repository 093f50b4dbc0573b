using Microsoft.Extensions.Time.Testing;
using Orleans.Runtime;

namespace Crm.Delivery;

/// <summary>
/// The production grains in a world of one thread, one seed and a fake clock. Calls, answers and storage operations are
/// messages that arrive in any order, late, or not at all; activations and silos die; owners meet their doubles. A run ends when
/// the faults have stopped and all is drained; then only what is stored is judged. The same seed gives the same run.
/// </summary>
internal sealed partial class World
{
    /// <summary>Partitions of a world's log: enough to have lanes of a customer in the same and in others.</summary>
    public const int Partitions = 3;

    /// <summary>What breaks when a world never comes to rest.</summary>
    public const string Livelock = "livelock";

    /// <summary>Rounds in which a world without faults has to come to rest; it needs some dozens.</summary>
    private const int MostQuietRounds = 400;

    /// <summary>Messages of one quiet round; more means that some go round in circles.</summary>
    private const int MostMessagesOfRound = 20_000;

    private readonly Queue<(ActivationScheduler Scheduler, Task Turn)> _ready = new();
    private readonly List<string>? _notes;
    private readonly Traffic _traffic;
    private readonly Readers _readers;
    private readonly Judge _judge;

    public World(int seed, Scenario scenario, DeliveryRules rules, IStorage storage, bool keepNotes = false)
    {
        (Seed, Scenario, Rules, Storage) = (seed, scenario, rules, storage);
        Random = new Random(seed);
        if (scenario.HasSegments) Segments = new WorldSegments(this);
        Clock = new FakeTimeProvider(Segments?.Begin ?? new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        _notes = keepNotes ? [] : null;
        Grains = new SimGrains(this);
        rules.World = this;
        _judge = new Judge(this);
        _traffic = new Traffic(this);
        _readers = new Readers(this);
        _silos = [new Silo(this), new Silo(this)];
    }

    public int Seed { get; }

    public Random Random { get; }

    public FakeTimeProvider Clock { get; }

    public Scenario Scenario { get; }

    public DeliveryRules Rules { get; }

    public IStorage Storage { get; }

    /// <summary>Null in a world without.</summary>
    public WorldSegments? Segments { get; }

    public SimGrains Grains { get; }

    public Judge Judge => _judge;

    /// <summary>True once faults have stopped.</summary>
    public bool IsQuiet { get; private set; }

    /// <summary>The first invariant that broke.</summary>
    public BrokenInvariant? Broken { get; private set; }

    public IReadOnlyList<string> Notes => _notes ?? [];

    /// <summary>Runs the whole life of the world; null when no invariant broke.</summary>
    public BrokenInvariant? Run()
    {
        var outside = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            for (var life = 1; life <= Scenario.Lives && Broken is null; life++) Live(isLast: life == Scenario.Lives);
            return Broken;
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outside);
        }
    }

    public void Break(string invariant, string details)
    {
        Note($"BROKEN {invariant}: {details}");
        Broken ??= new BrokenInvariant(invariant, details);
    }

    public void Note(string what) => _notes?.Add($"{Clock.GetUtcNow():mm:ss.fff} {what}");

    /// <summary>True with the given probability while there are faults.</summary>
    public bool Fault(double probability) => !IsQuiet && probability > 0 && Random.NextDouble() < probability;

    public void Ready(ActivationScheduler scheduler, Task turn) => _ready.Enqueue((scheduler, turn));

    private void Live(bool isLast)
    {
        IsQuiet = false;
        _traffic.Begin();
        for (var step = 0; step < Scenario.Steps && Broken is null; step++) Step();
        CalmDown();
        Drain();
        if (Broken is null) _judge.JudgeTheEnd();
        if (Broken is null && isLast) JudgeLastReads();
        if (Segments is not null) JudgeInTime(isLast);
    }

    private void Drain()
    {
        for (var round = 0; Broken is null && !QuietRound(); round++)
            if (round > MostQuietRounds) Break(Livelock, StuckOn());
    }

    private void Step()
    {
        var steps = Steps();
        var at = Random.Next(steps.Sum(s => s.Weight));
        foreach (var (weight, act) in steps)
        {
            if ((at -= weight) >= 0) continue;
            act();
            break;
        }

        RunTurns();
        PassTime(TimeSpan.FromMilliseconds(Random.Next(100)));
    }

    // What turns do is seen from outside only through messages, so running them to their next await loses no interleaving.
    private void RunTurns()
    {
        while (_ready.TryDequeue(out var next)) next.Scheduler.Execute(next.Turn);
    }

    /// <summary>Everything that is under way arrives, every timer fires, time passes. True when nothing is left to do.</summary>
    private bool QuietRound()
    {
        for (var partition = 0; partition < Partitions; partition++) StartPartition(partition);
        foreach (var activation in Alive()) activation.TickAll();
        if (Segments is not null) WatchSegments(_silos);
        RunTurns();
        for (var count = 0; MessageCount > 0 && Broken is null; count++)
        {
            DeliverOne();
            RunTurns();
            if (count > MostMessagesOfRound) Break(Livelock, $"messages go round in circles: {StuckOn()}");
        }

        PassTime(TimeSpan.FromMilliseconds(500));
        return MessageCount == 0 && _judge.IsDrained();
    }

    private void JudgeLastReads()
    {
        for (var round = 0; Broken is null && !_readers.HaveSeenTheEnd(); round++)
        {
            QuietRound();
            if (round > MostQuietRounds) Break(Livelock, "a customer never answers");
        }
    }

    private string StuckOn() => $"{_judge.WhatIsLeft()}; messages: {string.Join(", ", MessageNames().Take(10))}";
}

/// <summary>What went wrong, first.</summary>
internal sealed record BrokenInvariant(string Invariant, string Details);
