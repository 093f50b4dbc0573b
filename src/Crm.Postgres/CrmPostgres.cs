using Crm.Clickstream;
using Crm.Customers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Crm;

/// <summary>Registers everything that is kept in PostgreSQL.</summary>
public static class CrmPostgres
{
    /// <summary>
    /// Adds the event log, its tail, the stores of partitions and customers, the merge ledger and the history. Nothing connects
    /// before its first use; the schema must be there by then.
    /// </summary>
    public static IServiceCollection AddCrmPostgres(
        this IServiceCollection services, string connectionString, Action<EventLogOptions>? configureLog = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(connectionString);
        var log = new EventLogOptions();
        configureLog?.Invoke(log);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<CrmMetrics>();
        services.AddSingleton(log);
        services.AddSingleton(_ => new DataSources(connectionString));
        services.AddSingleton<LogInfo>();
        services.AddSingleton<ILogInfo>(all => all.GetRequiredService<LogInfo>());
        services.AddSingleton<IEventLogWriter, EventLogWriter>();
        services.AddSingleton<IEventLog, EventLogReader>();
        services.AddSingleton<ILogTail, LogTail>();
        services.AddSingleton<IPartitionStore, PartitionStore>();
        services.AddSingleton<ICustomerStore, CustomerStore>();
        services.AddSingleton<IMergeLedger, MergeLedger>();
        services.AddSingleton<ICustomerLookup, CustomerLookup>();
        services.AddSingleton<IUnmerging, Unmerging>();
        services.AddSingleton<IDuplicates, Duplicates>();
        services.AddSingleton<IRetention, Retention>();
        services.AddSingleton<IHistory, HistoryReader>();
        return services;
    }
}
