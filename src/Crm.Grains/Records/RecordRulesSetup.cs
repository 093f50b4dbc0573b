using Crm.Activities;
using Crm.Orders;
using Crm.Tasks;
using Microsoft.Extensions.DependencyInjection;

namespace Crm.Records;

/// <summary>Registers the rules of kinds.</summary>
internal static class RecordRulesSetup
{
    public static void AddRecordRules(this IServiceCollection services)
    {
        services.AddSingleton<RecordRules, ActivityRules>();
        services.AddSingleton<RecordRules, TaskRules>();
        services.AddSingleton<RecordRules, OrderRules>();
    }
}
