using Microsoft.AspNetCore.Authentication;

namespace Crm.Access;

/// <summary>Registers keys, their scheme and the policies.</summary>
internal static class AccessSetup
{
    public static void AddKeys(this IServiceCollection services)
    {
        services.AddSingleton<KeyRing>();
        services.AddHostedService<KeyUse>();
        services.AddAuthentication(ApiKeyHandler.Scheme).AddScheme<AuthenticationSchemeOptions, ApiKeyHandler>(ApiKeyHandler.Scheme, null);
        services.AddAuthorizationBuilder().AddPolicies();
    }
}
