namespace Crm.Delivery;

/// <summary>A rule of delivery that can be taken out, and faults under which its loss shows.</summary>
/// <param name="Rule">The rule, by its name in the design.</param>
/// <param name="Without">All rules but this one.</param>
internal sealed record Mutation(string Rule, Scenario Scenario, Func<DeliveryRules> Without)
{
    /// <summary>Seeds within which the loss of a rule has to show; with the rule the same seeds hold.</summary>
    public const int Seeds = 300;

    /// <summary>Seeds that break an invariant in memory, as they are found; that a message is forgotten has to show by a copy that counts.</summary>
    public IEnumerable<(int Seed, BrokenInvariant Broken)> Breaking() =>
        from seed in Enumerable.Range(1, Seeds)
        let broken = Run(seed, new MemoryStorage())
        where broken is not null && broken.Invariant != Judge.Forgotten
        select (seed, broken);

    /// <summary>A world without the rule.</summary>
    public BrokenInvariant? Run(int seed, IStorage storage) => new World(seed, Scenario, Without(), storage).Run();

    /// <summary>The same world with the rule.</summary>
    public BrokenInvariant? RunWithRule(int seed, IStorage storage) => new World(seed, Scenario, new DeliveryRules(), storage).Run();
}
