using Crm.Hosting;
using Microsoft.AspNetCore.Authentication;

namespace Crm.Live;

/// <summary>Registers the live page.</summary>
internal static class LiveSetup
{
    public static void AddLive(this IServiceCollection services)
    {
        services.AddHosted<LiveFeed>();
        services.AddSingleton<PageAccess>();
        services.AddHosted<LiveCustomers>();
        services.AddSingleton<ILiveCustomers>(all => all.GetRequiredService<LiveCustomers>());
        services.AddSingleton<CustomerStream>();
        services.AddSingleton<ILivePulse, LivePulse>();
        services.AddHosted<LiveRecords>();
        services.AddSingleton<ILiveRecords>(all => all.GetRequiredService<LiveRecords>());
        services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, PageCookieHandler>(PageCookieHandler.Scheme, null);
    }
}
