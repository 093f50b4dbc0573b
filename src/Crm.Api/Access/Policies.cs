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

    /// <summary>May administer sources and their keys: an administrator, or a key with the admin scope.</summary>
    public const string ManageAccess = "manage-access";

    /// <summary>May administer what events are taken, data plans and dead letters: an administrator, or a key with the admin scope.</summary>
    public const string ManageEvents = "manage-events";

    /// <summary>A server key: may make customers, edit what is known of them and change who is who. It both adds events and is told of people.</summary>
    public const string Edit = "edit";

    /// <summary>A server key: may erase people.</summary>
    public const string Erase = "erase";

    /// <summary>
    /// Whoever may work with records at all: a person who is signed in, an API token, a server's key. What exactly, the rule of access
    /// says (<see cref="Actors.Actor"/>).
    /// </summary>
    public const string Records = "records";

    /// <summary>A person who is signed in, or a token of one.</summary>
    public const string Person = "person";

    /// <summary>A person who is signed in: a token cannot make others, nor end what its user began.</summary>
    public const string SignedIn = "signed-in";

    /// <summary>Whoever may administer people: an administrator, or a key with the admin scope.</summary>
    public const string ManagePeople = "manage-people";

    /// <summary>May look how the system does: an administrator, or a server's key that reads.</summary>
    public const string Watch = "watch";

    /// <summary>A page of the CRM: a person who is signed in.</summary>
    public const string Pages = "pages";

    /// <summary>The scheme of whoever asks: a person's where a session is presented, else a key's.</summary>
    public const string Caller = "Caller";

    /// <summary>The live page's stream: its cookie.</summary>
    public const string Page = "page";

    /// <summary>The source of whoever has none: people, and keys of old.</summary>
    public const string NoSource = "unknown";

    public const string KindClaim = "kind";
    public const string SourceClaim = "source";
    public const string ScopeClaim = "scope";

    public static void AddPolicies(this AuthorizationBuilder authorization) => authorization
        .AddPolicy(Ingest, policy => policy.Needs(Scopes.Ingest))
        .AddPolicy(Read, policy => policy.Needs(Scopes.Read))
        .AddPolicy(Edit, policy => policy.Needs(Scopes.Ingest).Needs(Scopes.Read).RequireClaim(KindClaim, "server"))
        .AddPolicy(Erase, policy => policy.Needs(Scopes.Ingest).Needs(Scopes.Read).RequireClaim(KindClaim, "server"))
        .AddPolicy(ManageAccess, policy => policy.NeedsAdministrator())
        .AddPolicy(ManageEvents, policy => policy.NeedsAdministrator())
        .AddPolicy(Watch, policy => policy.AddAuthenticationSchemes(Caller).RequireAuthenticatedUser()
            .RequireAssertion(call => call.User.MayReadPeople() || Administers(call)))
        .AddPolicy(Records, policy => policy.AddAuthenticationSchemes(Caller)
            .RequireAssertion(call => call.User.FindFirstValue(KindClaim) is null or "server").RequireAuthenticatedUser())
        .AddPolicy(Pages, policy => policy.AddAuthenticationSchemes(PersonHandler.Scheme).RequireAuthenticatedUser())
        .AddPolicy(Person, policy => policy.AddAuthenticationSchemes(PersonHandler.Scheme).RequireAuthenticatedUser())
        .AddPolicy(SignedIn, policy => policy.AddAuthenticationSchemes(PersonHandler.Scheme).RequireAuthenticatedUser()
            .RequireAssertion(call => call.Resource is HttpContext context && context.Features.Get<UserSession>() is not null))
        .AddPolicy(ManagePeople, policy => policy.NeedsAdministrator())
        .AddPolicy(Page, policy => policy.AddAuthenticationSchemes(PageCookieHandler.Scheme).RequireAuthenticatedUser())
        .SetFallbackPolicy(new AuthorizationPolicyBuilder(ApiKeyHandler.Scheme).RequireAssertion(_ => false).Build());

    /// <summary>Whether a policy lets in, of people, those who administer.</summary>
    public static bool IsForAdministrators(string? policy) => policy is ManageAccess or ManageEvents or ManagePeople or Watch;

    /// <summary>Whether the caller's key may see personal data.</summary>
    public static bool MayReadPeople(this ClaimsPrincipal caller) => caller.HasClaim(ScopeClaim, Scopes.Read);

    /// <summary>Whether whoever asks may see personal data of anybody: a key that reads, a person who administers.</summary>
    public static bool MayReadPeople(this HttpContext context) =>
        context.User.MayReadPeople() || context.Features.Get<Actor>() is { User: not null, Administers: true };

    /// <summary>True for a server's key: what it says of people can be believed.</summary>
    public static bool IsServer(this ClaimsPrincipal caller) => caller.HasClaim(KindClaim, "server");

    private static AuthorizationPolicyBuilder NeedsAdministrator(this AuthorizationPolicyBuilder policy) =>
        policy.AddAuthenticationSchemes(Caller).RequireAuthenticatedUser().RequireAssertion(Administers);

    private static bool Administers(AuthorizationHandlerContext call) =>
        call.Resource is HttpContext context && context.Features.Get<Actor>() is { Administers: true };

    private static AuthorizationPolicyBuilder Needs(this AuthorizationPolicyBuilder policy, string scope) =>
        policy.AddAuthenticationSchemes(ApiKeyHandler.Scheme).RequireClaim(ScopeClaim, scope);

    /// <summary>Source of the caller's key: what its events carry.</summary>
    public static string Source(this ClaimsPrincipal caller) => caller.FindFirstValue(SourceClaim) ?? NoSource;
}
