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

    public Silo(World world)
    {
        var faulty = new FaultyStorage(world);
        Active = new ActiveCustomers(new ActiveCustomersOptions { Max = world.Scenario.CustomersPerSilo }, Metrics);
        Awake = new AwakeCustomers(world.Clock);
        Customers = new CustomerServices(
            faulty, faulty, faulty, faulty, new Settings(), world.Grains, world.Clock, Active, Awake, new FollowedCustomers(world.Clock), new NoSegments(), Metrics, new Notes<CustomerGrain>(world))
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

    private sealed class Settings : ICompanySettings
    {
        public CompanySettings Current { get; } = new();
    }

    private sealed class NoSegments : ILiveSegments
    {
        public SegmentPlan Current => SegmentPlan.None;

        public Task Renew(CancellationToken stop = default) => Task.CompletedTask;

        public SegmentTrial Trial(string definition) => throw new NotSupportedException();

        public Task<Written> Written(string id, WrittenParts parts) => Task.FromResult(default(Written));
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
