using Crm.Clickstream;
using Crm.Company;
using Crm.Customers;
using Crm.Segments;
using Microsoft.Extensions.Logging;

namespace Crm.Delivery;

/// <summary>What the activations of one process share, made anew when it dies.</summary>
internal sealed class Silo
{
    // One for all worlds: meters live as long as the process.
    private static readonly CrmMetrics Metrics = new();

    private readonly ActivationScheduler _loops;

    public Silo(World world)
    {
        var faulty = new FaultyStorage(world);
        Active = new ActiveCustomers(new ActiveCustomersOptions { Max = world.Scenario.CustomersPerSilo }, Metrics);
        Awake = new AwakeCustomers(world.Clock);
        var company = new Settings(world.Segments?.Company ?? new CompanySettings());
        Segments = new SimSegments(world, faulty);
        _loops = new ActivationScheduler(world);
        NewSegmentsGrain = () => new SegmentsGrain(faulty, Segments, company, WorldSegments.Fields, world.Grains, world.Clock, new Notes<SegmentsGrain>(world));
        Customers = new CustomerServices(
            faulty, faulty, faulty, faulty, company, world.Grains, world.Clock, Active, Awake, new FollowedCustomers(world.Clock), Segments, Metrics, new Notes<CustomerGrain>(world))
        {
            Rules = Traffic.Fold,
            Messages = Traffic.Messages,
        };
        Partitions = new PartitionServices(
            faulty, faulty, world.Grains, world.Clock, world.Scenario.Options(world.Random), new HistoryGate(), Metrics, new Notes<PartitionGrain>(world));
    }

    public ActiveCustomers Active { get; }

    public AwakeCustomers Awake { get; }

    public CustomerServices Customers { get; }

    public PartitionServices Partitions { get; }

    /// <summary>The live definitions as this silo knows them.</summary>
    public SimSegments Segments { get; }

    public Func<SegmentsGrain> NewSegmentsGrain { get; }

    /// <summary>The silo compares the definitions that it knows with the stored ones.</summary>
    public void RenewSegments() => _loops.Start(async () =>
    {
        try
        {
            await Segments.Renew();
        }
        catch (Exception failure) when (failure is not InvalidDataException)
        {
            // It does so again a second later.
        }
    });

    /// <summary>Ends what it does beside its activations.</summary>
    public void Kill() => _loops.Kill();

    private sealed class Settings(CompanySettings current) : ICompanySettings
    {
        public CompanySettings Current => current;
    }

    private sealed class Notes<T>(World world) : ILogger<T>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => world.Notes.Count > 0;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            world.Note($"  log: {formatter(state, exception)}");
    }
}
