using Crm.Auditing;
using Crm.Clickstream;
using Crm.Customers;
using Crm.Deals;
using Crm.Privacy;
using Crm.Records;
using Crm.Segments;
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
        services.AddSingleton<ICustomerLists, CustomerLists>();
        services.AddSingleton<IRecordWorths, RecordWorths>();
        services.AddSingleton<IRetention, Retention>();
        services.AddSingleton<IHistory, HistoryReader>();
        services.AddSingleton<InstallationSecret>();
        services.AddSingleton<IErasures, Erasures>();
        services.AddSingleton<IPersonalRecords, PersonalRecords>();
        services.AddSingleton<IAuditChain, AuditChain>();
        services.AddSingleton(all => new AuditLines(all.GetRequiredService<DataSources>()));
        services.AddSingleton(all => new AuditTail(all.GetRequiredService<DataSources>()));
        services.AddRecordStore(connectionString);
        services.AddDeals();
        services.AddSingleton<ISegmentStore, SegmentStore>();
        services.AddSingleton<ISegmentNews, SegmentNews>();
        return services;
    }

    /// <summary>Adds <see cref="IErasedIds"/>, for a process that accepts events.</summary>
    public static IServiceCollection AddErasedIds(this IServiceCollection services)
    {
        services.AddSingleton<ErasedIds>();
        services.AddSingleton<IErasedIds>(all => all.GetRequiredService<ErasedIds>());
        services.AddHostedService(all => all.GetRequiredService<ErasedIds>());
        return services;
    }
}
