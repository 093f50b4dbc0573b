using Crm.Access;
using Crm.Clickstream;
using Crm.Tasks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Crm.Records;

/// <summary>Registers what of records stands in PostgreSQL.</summary>
public static class RecordsSetup
{
    internal static void AddRecordStore(this IServiceCollection services, string connectionString)
    {
        services.AddSingleton<IRecordStore, RecordStore>();
        services.AddSingleton<Orders.IOrderEvents, Orders.OrderEvents>();
        services.AddSingleton(_ => RecordLists.Open(connectionString));
        services.AddSingleton(all => new Segments.SegmentReads(all.GetRequiredService<RecordLists>()));
        services.AddSingleton(all => new TimelineReader(RecordLists.OpenByKey(connectionString, "crm timelines", TimelineReader.MaxConnections), all.GetRequiredService<IHistory>()));
        services.AddSingleton(all => new RecordAudit(all.GetRequiredService<DataSources>().Records, all.GetRequiredService<TimeProvider>()));
        services.AddSingleton(all => new CustomFields(all.GetRequiredService<DataSources>(), all.GetRequiredService<TimeProvider>()));
        services.AddSingleton<CustomFieldCopy>();
        services.AddSingleton<IReminders, Reminders>();
        services.AddSingleton(all => new UserPreferences(all.GetRequiredService<DataSources>(), all.GetRequiredService<TimeProvider>()));
        services.AddSingleton(all => new Notifications(all.GetRequiredService<DataSources>(), all.GetRequiredService<TimeProvider>()));
        services.AddSingleton<ICustomFields>(all => all.GetRequiredService<CustomFieldCopy>());
        services.AddHostedService(all => all.GetRequiredService<CustomFieldCopy>());
    }

    /// <summary>Adds the files of records.</summary>
    /// <param name="maxBytes">What all together may hold.</param>
    public static void AddAttachments(this IServiceCollection services, long maxBytes) => services.AddSingleton(all =>
        new Attachments(all.GetRequiredService<DataSources>().Records, all.GetRequiredService<TimeProvider>(), maxBytes));

    /// <summary>Adds what keeps the indexes of fields of one's own; an API's work.</summary>
    public static void AddCustomFieldIndexes(this IServiceCollection services, string connectionString) => services.AddHostedService(all =>
        CustomFieldIndexes.Of(connectionString, all.GetRequiredService<TimeProvider>(), all.GetRequiredService<ILogger<CustomFieldIndexes>>()));
}
