using System.Data.Common;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Crm.Calls;
using Crm.Hosting;
using Crm.Pages;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;

namespace Crm.Access;

/// <summary>
/// Who is signed in: by the cookie that <c>/login</c> sets, or by its token in <c>X-Crm-Token</c> or as a Bearer token; or as whom a program
/// acts, by an API token as a Bearer token. A cookie comes with every request that a page makes, so a request that changes something must
/// also come from a page of ours.
/// </summary>
internal sealed class PersonHandler(
    Sessions sessions, UserTokens tokens, SignedIn signedIn, PeopleDirectory people, TimeProvider clock, IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public new const string Scheme = "Person";
    public const string Cookie = "crm_session";
    public const string TokenHeader = "X-Crm-Token";

    private const string Bearer = "Bearer ";

    private static readonly Problem s_unauthorized = new(
        StatusCodes.Status401Unauthorized, "unauthorized", "Nobody is signed in.",
        "POST /login with username and password; send the cookie that it sets, or its X-Crm-Token, with each request.");

    private static readonly Problem s_forbidden = new(
        StatusCodes.Status403Forbidden, "forbidden", "Your role may not do that.", "An administrator can change what your role may do.");

    private static readonly Problem s_unavailable = new(
        StatusCodes.Status503ServiceUnavailable, "unavailable", "It cannot be looked up now who is signed in.", "Send the same request again after the pause.", 2);

    /// <summary>Whether a request presents a session rather than a key. A header says more than a cookie, which comes by itself.</summary>
    public static bool IsPerson(HttpRequest request)
    {
        if (request.Headers.ContainsKey(TokenHeader)) return true;
        var header = request.Headers.Authorization.ToString();
        return header.Length > 0 ? InHeader(header) is not null : request.Cookies.ContainsKey(Cookie);
    }

    /// <summary>The token that a request presents; null for none.</summary>
    public static string? Token(HttpRequest request)
    {
        if (request.Headers[TokenHeader].ToString() is { Length: > 0 } token) return token;
        if (InHeader(request.Headers.Authorization.ToString()) is { } bearer) return bearer;
        return IsOurs(request) ? request.Cookies[Cookie] : null;
    }

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Token(Request) is not { } token) return AuthenticateResult.NoResult();
        try
        {
            if (token.StartsWith(UserToken.Prefix, StringComparison.Ordinal)) return await Program(token);
            if (await signedIn.Find(token, sessions.Find, Context.RequestAborted) is not { } session) return AuthenticateResult.Fail("The session is over.");
            if (people.Actor(session.User) is not { } actor) return AuthenticateResult.Fail("The account is closed.");
            Context.Features.Set(session);
            return Enter(actor, session.Id, token);
        }
        catch (Exception away) when (away is DbException or TimeoutException or IOException)
        {
            Context.Features.Set(s_unavailable);
            return AuthenticateResult.Fail("It cannot be looked up.");
        }
    }

    private async Task<AuthenticateResult> Program(string secret)
    {
        if (await signedIn.Find(secret, tokens.Find, Context.RequestAborted) is not { } token || token.ExpiresAt <= clock.GetUtcNow())
            return AuthenticateResult.Fail("The token is over.");
        if (people.Actor(token.User) is not { } actor) return AuthenticateResult.Fail("The account is closed.");
        Context.Features.Set(token);
        if (token.Scope != TokenScope.Read || HttpMethods.IsGet(Request.Method) || HttpMethods.IsHead(Request.Method))
            return Enter(token.Limit(actor), token.Id, secret);
        Context.Features.Set(TokenRefusals.Of(Context, token, actor) ?? s_forbidden);
        return AuthenticateResult.Fail("The token may only read.");
    }

    private AuthenticateResult Enter(Actor actor, Guid id, string secret)
    {
        Context.Features.Set(actor);
        Context.Features.Set(new EnteredKey(id, secret));
        return AuthenticateResult.Success(new AuthenticationTicket(
            new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, actor.Name), .. ForPages(secret)], Scheme)), Scheme));
    }

    // A page goes on asking the API for as long as it is open: with this session, from this address. Claims stay in this process.
    private IEnumerable<Claim> ForPages(string secret)
    {
        if (!PageEndpoint.Is(Context)) return [];
        return [new Claim(Api.SessionClaim, secret), new Claim(Api.AddressClaim, Context.Connection.RemoteIpAddress?.ToString() ?? "")];
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        var problem = Context.Features.Get<Problem>();
        if (problem is not null || !PageEndpoint.IsOpened(Context)) return Refuse(problem ?? s_unauthorized);
        Context.Response.Redirect(Api.SignInPath(Request.Path + Request.QueryString));
        return Task.CompletedTask;
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => 
        Refuse(Context.Features.Get<UserToken>() is { } token ? TokenRefusals.Of(Context, token, people.Actor(token.User)) ?? s_forbidden : s_forbidden);

    private static string? InHeader(string header)
    {
        if (!header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)) return null;
        var token = header[Bearer.Length..].Trim();
        return token.StartsWith(Sessions.Prefix, StringComparison.Ordinal) || token.StartsWith(UserToken.Prefix, StringComparison.Ordinal) ? token : null;
    }

    private Task Refuse(Problem problem) => Context.GetEndpoint()?.Metadata.GetMetadata<PlainAnswers>() is null
        ? Problems.Write(Context, problem)
        : PlainAnswers.Of(problem).ExecuteAsync(Context);

    // SameSite=Strict keeps other sites out in today's browsers; the origin does in all.
    internal static bool IsOurs(HttpRequest request)
    {
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method)) return true;
        var origin = request.Headers.Origin.ToString();
        return origin.Length == 0 || origin == $"{request.Scheme}://{request.Host}";
    }
}

/// <summary>Sessions and tokens that were looked up a moment ago; ended ones go with the next change that <see cref="AccessWatch"/> sees.</summary>
internal sealed class SignedIn : IDisposable
{
    private static readonly TimeSpan s_believed = TimeSpan.FromSeconds(30);

    private readonly MemoryCache _known = new(new MemoryCacheOptions { SizeLimit = 20_000 });

    /// <summary>What a secret opens; null for nothing. The prefix of the secret says what kind of thing that is.</summary>
    public async ValueTask<T?> Find<T>(string secret, Func<string, CancellationToken, Task<T?>> find, CancellationToken stop)
        where T : class
    {
        if (secret.Length > Secrets.MaxLength) return null;
        var hash = Convert.ToHexString(Secrets.Hash(secret));
        if (_known.TryGetValue(hash, out T? known)) return known;
        var found = await find(secret, stop);
        if (found is not null) _known.Set(hash, found, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = s_believed });
        return found;
    }

    /// <summary>Something changed: each is looked up again.</summary>
    public void Recheck() => _known.Clear();

    public void Dispose() => _known.Dispose();
}
