using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Crm.Access;
using Crm.Hosting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Crm.Live;

/// <summary>Who may see the live page: whoever has its token, or a server key. The browser keeps it in a cookie that scripts cannot read.</summary>
internal sealed class PageAccess(ApiOptions options, KeyRing ring)
{
    public const string Cookie = "crm_page";

    /// <summary>How long a browser stays signed in.</summary>
    private static readonly TimeSpan s_cookieAge = TimeSpan.FromDays(14);

    /// <summary>Whether what was presented opens the page. Compared by hashes, so that no time tells how much of it was right.</summary>
    public async ValueTask<KeyAnswer> Check(string? presented, CancellationToken stop)
    {
        if (string.IsNullOrEmpty(presented) || presented.Length > ApiKeySecret.MaxLength) return KeyAnswer.Wrong;
        if (options.PageToken is { } token && CryptographicOperations.FixedTimeEquals(Hash(token), Hash(presented)))
            return new KeyAnswer(new ClaimsPrincipal(new ClaimsIdentity([], PageCookieHandler.Scheme)), false);
        var answer = await ring.Find(presented, stop);
        return answer.Caller?.MayReadPeople() is false ? KeyAnswer.Wrong : answer;
    }

    /// <summary>Lets the browser keep what opened the page.</summary>
    public static void SignIn(HttpContext context, string presented) => context.Response.Cookies.Append(Cookie, presented, new CookieOptions
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Secure = context.Request.IsHttps,
        MaxAge = s_cookieAge,
        Path = "/",
        IsEssential = true,
    });

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}

/// <summary>Reads the page's cookie.</summary>
internal sealed class PageCookieHandler(
    PageAccess access, IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public new const string Scheme = "PageCookie";

    private static readonly Problem s_unauthorized = new(
        StatusCodes.Status401Unauthorized, "unauthorized", "The page needs its token.", "Open / and give the token that ./run printed, or a server key.");

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Request.Cookies[PageAccess.Cookie] is not { } presented) return AuthenticateResult.NoResult();
        var answer = await access.Check(presented, Context.RequestAborted);
        return answer.Caller is { } caller
            ? AuthenticateResult.Success(new AuthenticationTicket(caller, PageCookieHandler.Scheme))
            : AuthenticateResult.Fail("The token is wrong.");
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties) => Problems.Write(Context, s_unauthorized);
}
