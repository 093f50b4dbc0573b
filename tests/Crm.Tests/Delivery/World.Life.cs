using Crm.Clickstream;
using Crm.Customers;
using Orleans.Runtime;

namespace Crm.Delivery;

/// <summary>Who is alive where, and what befalls them.</summary>
internal sealed partial class World
{
    private readonly Dictionary<GrainId, List<Activation>> _activations = [];
    private readonly HashSet<string> _ill = [];
    private readonly Silo[] _silos;
    private bool _isPostgresAway;

    public static GrainId CustomerGrainId(string id) => GrainId.Create("customer", id);

    public static GrainId SegmentsGrainId { get; } = GrainId.Create(GrainType.Create("segments"), GrainIdKeyExtensions.CreateIntegerKey(0));

    public static GrainId PartitionGrainId(int partition) => GrainId.Create(GrainType.Create("partition"), GrainIdKeyExtensions.CreateIntegerKey(partition));

    /// <summary>True while the row of a customer cannot be read or written, although PostgreSQL answers.</summary>
    public bool IsIll(string customer) => _ill.Contains(customer);

    public IReadOnlyList<CustomerGrain> Customers => [.. Alive().Select(a => a.Grain).OfType<CustomerGrain>()];

    /// <summary>Where a customer lives; null for one that is gone.</summary>
    public Silo? SiloOf(CustomerGrain customer) => Alive().FirstOrDefault(a => a.Grain == customer)?.Silo;

    /// <summary>Some time passes without a call, and the silos look for customers who may rest. True when they would look at more.</summary>
    public bool LetRest(TimeSpan time, int most)
    {
        Clock.Advance(time);
        var isMore = _silos.Select(silo => silo.Awake.LetRest(most)).ToArray().Contains(true);
        RunTurns();
        return isMore;
    }

    public void Left(Activation activation) => _activations[activation.GrainId].Remove(activation);

    private (int Weight, Action Act)[] Steps() =>
    [
        (90, () => _traffic.Append(_isPostgresAway)),
        (600, DeliverSome),
        (220, TickOne),
        (30, Hint),
        (Scenario.Reads, () => _readers.StartRead()),
        (15, () => StartPartition(Random.Next(Partitions))),
        (Scenario.Kills, () => One(Alive())?.Kill()),
        (Scenario.Deactivations, () => One(Alive())?.Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationRequested, "collected"))),
        (Scenario.SiloKills, KillSilo),
        (Scenario.SecondOwners, SecondOwner),
        (Scenario.Illnesses, Sicken),
        (Scenario.Unmerges, UnmergeOne),
        (Scenario.Rests, () => One(Alive())?.Rest()),
        (Scenario.Outages, () => _isPostgresAway = true),
        (_isPostgresAway ? 40 : 0, () => _isPostgresAway = false),
        (Scenario.Edits, () => Segments!.Edit()),
        (Scenario.Cards, () => Segments!.WriteCard()),
        (Scenario.Leaps, LeapAbit),
        (Scenario.HasSegments ? 60 : 0, () => WatchSegments(_silos[Random.Next(_silos.Length)])),
    ];

    private void DeliverSome()
    {
        for (var count = Random.Next(1, 6); count > 0; count--)
        {
            DeliverOne();
            RunTurns();
        }
    }

    private void TickOne()
    {
        if (One([.. Alive().Where(a => a.Grain is PartitionGrain)]) is { } partition) partition.Tick(Random.Next(5));
    }

    /// <summary>The stream brings a block: a new one, an old one again, or one before its time; or it brings none.</summary>
    private void Hint()
    {
        var partition = Random.Next(Partitions);
        if (Judge.Log.RandomBlock(partition, Random) is not { } block) return;
        _ = Call(PartitionGrainId(partition), typeof(IPartitionGrain), nameof(IPartitionGrain.Pulse), $"hint {block.FirstSeq}-{block.LastSeq}", async grain =>
        {
            await ((PartitionGrain)grain).OnNextAsync(block);
            return true;
        });
    }

    private void StartPartition(int partition) => _ = Grains.Partition(partition).Start();

    private void KillSilo()
    {
        var at = Random.Next(_silos.Length);
        Note($"KILL silo {at}");
        foreach (var activation in Alive().Where(a => a.Silo == _silos[at])) activation.Kill();
        _silos[at].Kill();
        _silos[at] = new Silo(this);
    }

    private void SecondOwner()
    {
        if (One(Alive()) is not { } first || _activations[first.GrainId].Count > 1) return;
        Note($"SECOND {first.GrainId}");
        Create(first.GrainId);
    }

    private void UnmergeOne()
    {
        var merges = Storage.Merges().OrderBy(m => m.Source, StringComparer.Ordinal).ToDictionary(m => m.Source);
        if (merges.Count == 0) return;
        var source = merges.Keys.ElementAt(Random.Next(merges.Count));
        var root = source;
        while (merges.TryGetValue(root, out var up)) root = up.Into;
        _ = Grains.Customer(root).Unmerge(source);
    }

    private void Sicken()
    {
        var customer = Traffic.Lanes[Random.Next(Traffic.Lanes.Length)];
        if (!_ill.Remove(customer)) _ill.Add(customer);
        Note($"ILL {string.Join(' ', _ill)}");
    }

    /// <summary>From now on nothing fails. Of doubles one stays.</summary>
    private void CalmDown()
    {
        Note("QUIET");
        IsQuiet = true;
        _isPostgresAway = false;
        _ill.Clear();
        Segments?.GoOn();
        foreach (var owners in _activations.Values.ToArray())
            while (owners.Count > 1) owners[Random.Next(owners.Count)].Kill();
        RunTurns();
    }

    private Activation Route(GrainId id)
    {
        if (!_activations.TryGetValue(id, out var owners) || owners.Count == 0) return Create(id);
        return owners[owners.Count == 1 ? 0 : Random.Next(owners.Count)];
    }

    private Activation Create(GrainId id)
    {
        var silo = _silos[Random.Next(_silos.Length)];

        // A gate of its own: a killed activation would hold its turn for ever, which only a killed process does.
        var activation = new Activation(this, silo, id, context => id == SegmentsGrainId ? silo.NewSegmentsGrain()
            : id.Type == PartitionGrainId(0).Type ? new PartitionGrain(context, silo.Partitions with { HistoryGate = new HistoryGate() })
            : new CustomerGrain(context, silo.Customers));
        if (!_activations.TryGetValue(id, out var owners)) _activations[id] = owners = [];
        owners.Add(activation);
        return activation;
    }

    private List<Activation> Alive() => [.. _activations.Values.SelectMany(a => a)];

    private T? One<T>(List<T> many)
        where T : class => many.Count == 0 ? null : many[Random.Next(many.Count)];
}
