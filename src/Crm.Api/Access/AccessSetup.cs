using Crm.Clickstream;
using Crm.Hosting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Cors.Infrastructure;

namespace Crm.Access;

/// <summary>Registers people, keys, sources and plans, the schemes and the policies.</summary>
internal static class AccessSetup
{
    public static void AddKeys(this IServiceCollection services, SignInLimits limits)
    {
        services.AddSingleton(limits);
        services.AddSingleton<KeyRing>();
        services.AddSingleton<KeyDoor>();
        services.AddSingleton<SourceCatalog>();
        services.AddSingleton<PeopleDirectory>();
        services.AddSingleton<SignedIn>();
        services.AddSingleton<AccessWatch>();
        services.AddHostedService(all => all.GetRequiredService<AccessWatch>());
        services.AddHosted<PlanCounts>();
        services.AddTransient<ICorsService, SourceCors>();
        services.AddHostedService<KeyUse>();
        services.AddAuthentication(ApiKeyHandler.Scheme)
            .AddScheme<AuthenticationSchemeOptions, ApiKeyHandler>(ApiKeyHandler.Scheme, null)
            .AddScheme<AuthenticationSchemeOptions, PersonHandler>(PersonHandler.Scheme, null)
            .AddPolicyScheme(Policies.Caller, null, either => either.ForwardDefaultSelector = context =>
                PersonHandler.IsPerson(context.Request) ? PersonHandler.Scheme : ApiKeyHandler.Scheme);
        services.AddSignInLimit(limits);
        services.AddAuthorizationBuilder().AddPolicies();
    }
}
