using System.Security.Claims;
using Crm.Live;
using Microsoft.AspNetCore.Authorization;

namespace Crm.Access;

/// <summary>Who may call what. An endpoint that names no policy is closed.</summary>
internal static class Policies
{
    /// <summary>Any valid key: may send events.</summary>
    public const string Ingest = "ingest";

    /// <summary>A server key: may read customers.</summary>
    public const string Read = "read";

    /// <summary>A server key: may edit what is known of a customer.</summary>
    public const string Edit = "edit";

    /// <summary>A server key: may erase people.</summary>
    public const string Erase = "erase";

    /// <summary>The live page's stream: its cookie.</summary>
    public const string Page = "page";

    public const string KindClaim = "kind";
    public const string SourceClaim = "source";

    public static void AddPolicies(this AuthorizationBuilder authorization) => authorization
        .AddPolicy(Ingest, policy => policy.AddAuthenticationSchemes(ApiKeyHandler.Scheme).RequireClaim(KindClaim, "write", "server"))
        .AddPolicy(Read, policy => policy.AddAuthenticationSchemes(ApiKeyHandler.Scheme).RequireClaim(KindClaim, "server"))
        .AddPolicy(Edit, policy => policy.AddAuthenticationSchemes(ApiKeyHandler.Scheme).RequireClaim(KindClaim, "server"))
        .AddPolicy(Erase, policy => policy.AddAuthenticationSchemes(ApiKeyHandler.Scheme).RequireClaim(KindClaim, "server"))
        .AddPolicy(Page, policy => policy.AddAuthenticationSchemes(PageCookieHandler.Scheme).RequireAuthenticatedUser())
        .SetFallbackPolicy(new AuthorizationPolicyBuilder(ApiKeyHandler.Scheme).RequireAssertion(_ => false).Build());

    /// <summary>Source of the caller's key: what its events carry.</summary>
    public static string Source(this ClaimsPrincipal caller) => caller.FindFirstValue(SourceClaim) ?? "unknown";
}
