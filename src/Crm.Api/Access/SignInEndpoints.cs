using System.Net;
using System.Threading.RateLimiting;
using Crm.Hosting;
using Microsoft.AspNetCore.RateLimiting;

namespace Crm.Access;

/// <summary>People come in: the first one makes the administrator's account, later ones are invited; a session begins and ends.</summary>
internal static class SignInEndpoints
{
    /// <summary>The limit of whatever tries a password.</summary>
    public const string Limit = "sign-in";

    private const string SelfMadeRole = "sales";

    private static readonly IResult s_badBody = PlainAnswers.Fail(StatusCodes.Status400BadRequest, "Send username and password, as a form or as JSON.");

    private static readonly Problem s_limited = new(StatusCodes.Status429TooManyRequests, "rate-limited", "Too many tries.", "Wait a minute.", 60);

    /// <summary>Of one network address only so many tries a minute are looked at: each costs a hash.</summary>
    public static void AddSignInLimit(this IServiceCollection services, SignInLimits signIn) => services.AddRateLimiter(limits =>
    {
        limits.AddPolicy(Limit, context => RateLimitPartition.GetFixedWindowLimiter(
            context.Connection.RemoteIpAddress?.ToString() ?? "",
            _ => new FixedWindowRateLimiterOptions { PermitLimit = signIn.TriesPerMinute, Window = TimeSpan.FromMinutes(1) }));
        limits.OnRejected = async (rejected, _) =>
        {
            var context = rejected.HttpContext;
            context.Response.Headers.RetryAfter = "60";
            if (context.GetEndpoint()?.Metadata.GetMetadata<PlainAnswers>() is null) await Problems.Write(context, s_limited);
            else await PlainAnswers.Of(s_limited).ExecuteAsync(context);
        };
    });

    public static void MapSignIn(this IEndpointRouteBuilder routes)
    {
        var plain = routes.MapGroup("").WithMetadata(PlainAnswers.Instance).ExcludeFromDescription();
        plain.MapPost("/register", Register).AllowAnonymous().RequireRateLimiting(Limit);
        plain.MapPost("/login", SignIn).AllowAnonymous().RequireRateLimiting(Limit);
        plain.MapPost("/logout", SignOut).RequireAuthorization(Policies.SignedIn);
    }

    private static async Task<IResult> Register(HttpContext context, Users users, OneTimeLinks links, AccessWatch watch, ApiOptions options)
    {
        var stop = context.RequestAborted;
        if (!PersonHandler.IsOurs(context.Request) || await PlainAnswers.Fields(context.Request) is not { } fields) return s_badBody;
        var (name, password) = (fields.GetValueOrDefault("username", "").Trim(), fields.GetValueOrDefault("password", ""));
        if (fields.TryGetValue("invitation", out var invitation)) return await Accept(context, invitation, password, users, links, watch);
        if (!CrmUser.IsUserName(name)) return PlainAnswers.Fail(StatusCodes.Status400BadRequest, $"username has 1 to {CrmUser.MaxUserNameLength} visible characters and no blanks.");
        if (Passwords.Problem(password, name) is { } weak) return PlainAnswers.Fail(StatusCodes.Status400BadRequest, weak);
        if (!await users.Any(stop))
        {
            var setup = IsThisMachine(context) ? null : fields.GetValueOrDefault("setup", "");
            if (setup is not null && !(await links.Look(LinkPurpose.Setup, setup, stop)).Works) return PlainAnswers.Fail(StatusCodes.Status403Forbidden, "The first account is made on the machine itself, or with the token that it printed: setup=TOKEN.");
            if (await Made(context, users, new CrmUser(CrmUser.NewId(), name, name, Role.Administrator), password, watch, true, setup)) return PlainAnswers.Success;
        }

        if (!options.OpenRegistration) return PlainAnswers.Fail(StatusCodes.Status403Forbidden, "An administrator invites people: invitation=TOKEN.");
        return await Made(context, users, new CrmUser(CrmUser.NewId(), name, name, SelfMadeRole), password, watch)
            ? PlainAnswers.Success
            : PlainAnswers.Fail(StatusCodes.Status409Conflict, "The username is taken.");
    }

    private static async Task<IResult> Accept(
        HttpContext context, string invitation, string password, Users users, OneTimeLinks links, AccessWatch watch)
    {
        var stop = context.RequestAborted;
        foreach (var purpose in (LinkPurpose[])[LinkPurpose.Invite, LinkPurpose.Reset])
        {
            if (await links.Look(purpose, invitation, stop) is not { Works: true, User: { } id } || await users.Get(id, stop) is not { } user) continue;
            if (Passwords.Problem(password, user.UserName) is { } weak) return PlainAnswers.Fail(StatusCodes.Status400BadRequest, weak);
            if (!await users.ChoosePassword(user, password, purpose, invitation, context.Cause(id), stop)) break;
            await watch.Look(stop);
            return PlainAnswers.Success;
        }

        return PlainAnswers.Fail(StatusCodes.Status403Forbidden, "The link was used, or is over. Ask for another one.");
    }

    private static async Task<IResult> SignIn(HttpContext context, Users users, Sessions sessions, AccessWatch watch, SignInLimits limits)
    {
        var stop = context.RequestAborted;
        if (!PersonHandler.IsOurs(context.Request) || await PlainAnswers.Fields(context.Request) is not { } fields) return s_badBody;
        var name = fields.GetValueOrDefault("username", "").Trim();
        var (end, user) = await users.SignIn(name, fields.GetValueOrDefault("password", ""), context.Cause(AccountAudit.Nobody), stop);
        if (user is null) return PlainAnswers.Fail(StatusCodes.Status401Unauthorized, end is SignInEnd.Locked or SignInEnd.Locks ? limits.Wait : null);
        var (_, token) = await sessions.Begin(user.Id, context.Connection.RemoteIpAddress?.ToString(), context.Request.Headers.UserAgent, context.Cause(user.Id), stop);

        // Made a moment ago, maybe at another API: whoever signs in can work at once.
        await watch.Look(stop);
        context.Response.Headers[PersonHandler.TokenHeader] = token;
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Cookies.Append(PersonHandler.Cookie, token, Cookie(context, Sessions.IdleFor));
        return PlainAnswers.Success;
    }

    private static async Task<IResult> SignOut(HttpContext context, Sessions sessions, SignedIn signedIn)
    {
        var session = context.Features.Get<UserSession>()!;
        await sessions.End(session.User, session.Id, context.Cause(), context.RequestAborted);
        signedIn.Recheck();
        context.Response.Cookies.Delete(PersonHandler.Cookie, Cookie(context, null));
        return PlainAnswers.Success;
    }

    private static CookieOptions Cookie(HttpContext context, TimeSpan? age) =>
        new() { HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = context.Request.IsHttps, Path = "/", IsEssential = true, MaxAge = age };

    private static async Task<bool> Made(
        HttpContext context, Users users, CrmUser user, string password, AccessWatch watch, bool onlyFirst = false, string? setup = null)
    {
        if (await users.Create(user, password, context.Cause(user.Id), onlyFirst, setup, context.RequestAborted) is null) return false;
        await watch.Look(context.RequestAborted);
        return true;
    }

    // Behind a proxy everybody comes from this machine; and a page whose name was bent to this address is none of ours.
    private static bool IsThisMachine(HttpContext context)
    {
        if (context.Connection.RemoteIpAddress is not { } address || !IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address)) return false;
        if (((string[])["X-Forwarded-For", "X-Real-IP", "Forwarded", "Via"]).Any(context.Request.Headers.ContainsKey)) return false;
        var host = context.Request.Host.Host;
        return host == "localhost" || (IPAddress.TryParse(host.Trim('[', ']'), out var named) && IPAddress.IsLoopback(named));
    }
}
