using Crm.Infrastructure;
using Xunit;
using Xunit.Abstractions;

namespace Crm.Delivery;

/// <summary>
/// The same worlds on the production storage and a real PostgreSQL. Where operations run one at a time, a seed gives the very run
/// that it gives in memory, so what the many runs in memory show holds for the stores; where they run against each other, and
/// connections break under them, the invariants hold as well.
/// </summary>
public sealed class DeliveryOnPostgres(PostgresFixture database, ITestOutputHelper output) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    // A world takes a quarter of a second here, a hundred times as long as in memory; twice that where connections have to be opened again.
    private const int Seeds = 2;
    private const int SeedsOfFullRun = 40;
    private const int Races = 1;
    private const int RacesOfFullRun = 15;

    /// <summary>Seeds that break without a rule in memory and are tried here; the first should do.</summary>
    private const int MostTries = 3;

    private PostgresStorage _storage = null!;

    public static TheoryData<string> FaultMixes => DeliveryProperties.FaultMixes;

    public static TheoryData<string> Rules => [.. Mutations.All.Select(m => m.Rule)];

    public Task InitializeAsync() => Task.FromResult(_storage = new PostgresStorage(database.ConnectionString));

    public async Task DisposeAsync() => await _storage.DisposeAsync();

    [Theory]
    [MemberData(nameof(FaultMixes))]
    public void A_seed_gives_the_run_that_it_gives_in_memory(string faults) => RunAsInMemory(faults, 1, Seeds);

    [FullTheory]
    [MemberData(nameof(FaultMixes))]
    public void Many_seeds_give_the_runs_that_they_give_in_memory(string faults) => RunAsInMemory(faults, 1_000_000, SeedsOfFullRun);

    [Theory]
    [MemberData(nameof(FaultMixes))]
    public void No_race_and_no_broken_connection_breaks_an_invariant(string faults) => HoldTogether(faults, 1, Races);

    [FullTheory]
    [MemberData(nameof(FaultMixes))]
    public void No_race_and_no_broken_connection_breaks_an_invariant_in_many_runs(string faults) => HoldTogether(faults, 1_000_000, RacesOfFullRun);

    [Theory]
    [MemberData(nameof(Rules))]
    public void Without_a_rule_an_invariant_breaks(string rule)
    {
        var mutation = Mutations.All.Single(m => m.Rule == rule);

        // A livelock shows as well, but only after many rounds.
        foreach (var (seed, _) in mutation.Breaking().Where(b => b.Broken.Invariant != World.Livelock).Take(MostTries))
        {
            if (mutation.Run(seed, _storage.Empty()) is not { } broken) continue;
            output.WriteLine($"without {rule,-20} | seed {seed,3} of '{mutation.Scenario.Name}' | {broken.Invariant}: {broken.Details}");
            Assert.Null(mutation.RunWithRule(seed, _storage.Empty()));
            return;
        }

        Assert.Fail($"Without {rule} seeds break in memory, and not on PostgreSQL.");
    }

    private void RunAsInMemory(string faults, int firstSeed, int seeds)
    {
        for (var seed = firstSeed; seed < firstSeed + seeds; seed++)
        {
            var here = Run(seed, Named(faults), _storage.Empty());
            var inMemory = Run(seed, Named(faults), new MemoryStorage());
            Assert.Equal(inMemory.Notes, here.Notes);
            Assert.Equal(Stored(inMemory.Storage), Stored(here.Storage));
        }

        output.WriteLine($"{faults}: {seeds} runs from seed {firstSeed}, each the same as in memory, and no invariant broke.");
    }

    private void HoldTogether(string faults, int firstSeed, int seeds)
    {
        var breaks = Named(faults) with { ConnectionsBreak = 0.01 };
        for (var seed = firstSeed; seed < firstSeed + seeds; seed++) Run(seed, breaks, _storage.Empty(takesTogether: true));
        output.WriteLine($"{faults}: {seeds} runs from seed {firstSeed}, operations together and connections breaking, no invariant broke.");
    }

    /// <summary>Runs a world; when it breaks, its notes are all that can tell why: a race does not repeat.</summary>
    private World Run(int seed, Scenario scenario, IStorage storage)
    {
        var world = new World(seed, scenario, new DeliveryRules(), storage, keepNotes: true);
        if (world.Run() is not { } broken) return world;
        foreach (var note in world.Notes) output.WriteLine(note);
        throw new Xunit.Sdk.XunitException($"Seed {seed} of '{scenario.Name}' breaks '{broken.Invariant}': {broken.Details}");
    }

    private static Scenario Named(string faults) => Scenarios.All.Single(s => s.Name == faults);

    private static string[] Stored(IStorage storage) =>
    [
        .. storage.Rows().Select(r => $"{r.Id} {Words.Of(r)}").Order(StringComparer.Ordinal),
        .. storage.Merges().Select(Words.Of).Order(StringComparer.Ordinal),
        .. storage.Rejects().Select(r => $"{r}").Order(StringComparer.Ordinal),
        .. storage.History().Select(h => $"{h}").Order(StringComparer.Ordinal),
    ];
}
