using Crm.Clickstream;
using Crm.Hosting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Cors.Infrastructure;

namespace Crm.Access;

/// <summary>Registers keys, sources and plans, the scheme and the policies.</summary>
internal static class AccessSetup
{
    public static void AddKeys(this IServiceCollection services)
    {
        services.AddSingleton<KeyRing>();
        services.AddSingleton<KeyDoor>();
        services.AddSingleton<SourceCatalog>();
        services.AddHostedService<AccessWatch>();
        services.AddHosted<PlanCounts>();
        services.AddTransient<ICorsService, SourceCors>();
        services.AddHostedService<KeyUse>();
        services.AddAuthentication(ApiKeyHandler.Scheme).AddScheme<AuthenticationSchemeOptions, ApiKeyHandler>(ApiKeyHandler.Scheme, null);
        services.AddAuthorizationBuilder().AddPolicies();
    }
}
