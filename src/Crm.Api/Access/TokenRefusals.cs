using Crm.Hosting;
using Microsoft.AspNetCore.Authorization;

namespace Crm.Access;

/// <summary>Why an API token may not do what its user may: which scope it lacks, or that only who is signed in does it. And what to do.</summary>
internal static class TokenRefusals
{
    private static readonly Problem s_signedIn = new(
        StatusCodes.Status403Forbidden, "token-forbidden", "An API token may not do that.",
        "Passwords, sessions and tokens are seen and changed by who signs in: POST /login with username and password; send the cookie that it sets, or its X-Crm-Token.");

    /// <summary>
    /// What to answer to whoever is refused at a policy; null when another one would be refused as well.
    /// </summary>
    /// <param name="user">What the token's user may.</param>
    public static Problem? Of(HttpContext context, UserToken token, Actor? user)
    {
        var policies = context.GetEndpoint()?.Metadata.GetOrderedMetadata<IAuthorizeData>().Select(a => a.Policy).ToArray() ?? [];
        if (policies.Contains(Policies.SignedIn)) return s_signedIn;
        if (policies.Any(Policies.IsForAdministrators)) return user?.Administers == true && token.Scope != TokenScope.Admin ? Lacks(token, TokenScope.Admin) : null;
        return token.Scope == TokenScope.Read ? Lacks(token, TokenScope.Write) : null;
    }

    /// <summary>Null when who asks administers; else what to answer.</summary>
    /// <param name="forbidden">To whom does not administer by any token.</param>
    public static Problem? MustAdminister(this HttpContext context, Problem forbidden)
    {
        if (context.Actor().Administers) return null;
        return context.Features.Get<UserToken>() is { } token && context.RequestServices.GetRequiredService<PeopleDirectory>().Actor(token.User) is { Administers: true }
            ? Lacks(token, TokenScope.Admin)
            : forbidden;
    }

    private static Problem Lacks(UserToken token, TokenScope scope) => new(
        StatusCodes.Status403Forbidden, "token-scope", scope == TokenScope.Write ? "The API token may only read." : "The API token may not administer.",
        $"It lacks the scope {Word(scope)}; it has {Word(token.Scope)}. Sign in and make one that has it: POST /api/v1/me/tokens with \"scope\": \"{Word(scope)}\".");

    private static string Word(TokenScope scope) => scope.ToString().ToLowerInvariant();
}
