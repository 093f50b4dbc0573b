using System.Text;
using System.Text.Json;
using Crm.Access;
using Crm.Hosting;

namespace Crm.Live;

/// <summary>
/// The page <c>/</c>: people come to the CRM's home by it. For whoever has its token, an account or none, it shows that the CRM lives.
/// </summary>
internal static class LiveEndpoints
{
    private const int MaxFormBytes = 4_096;

    // Everything comes from here, nothing is inline: markup in someone's data could do nothing even if it became markup.
    private const string ContentPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    private static readonly Problem s_crowded = new(
        StatusCodes.Status503ServiceUnavailable, "crowded", "Too many people are watching.", "Try again after the pause.", 5);

    public static void MapLive(this IEndpointRouteBuilder routes)
    {
        var page = routes.MapGroup("").AllowAnonymous().ExcludeFromDescription();
        page.MapGet("/", Get);
        page.MapPost("/", Post);
        Asset(page, "/live.css", "live.css", "text/css; charset=utf-8");
        Asset(page, "/live.js", "live.js", "text/javascript; charset=utf-8");
        Asset(page, "/icon.svg", "icon.svg", "image/svg+xml");
        routes.MapGet("/live", Stream).RequireAuthorization(Policies.Page).ExcludeFromDescription();
    }

    private static async Task Get(HttpContext context)
    {
        var query = context.Request.Query;
        if (query["lang"].ToString() is { Length: > 0 } wanted)
        {
            if (LivePage.Of(wanted) is { } language)
                context.Response.Cookies.Append(LivePage.LanguageCookie, language, new CookieOptions { SameSite = SameSiteMode.Strict, MaxAge = TimeSpan.FromDays(365) });
            Home(context);
        }
        else if (query["token"].ToString() is { Length: > 0 } token)
        {
            await Open(context, token);
        }
        else if (!query.ContainsKey("token") && (context.Request.Cookies.ContainsKey(PersonHandler.Cookie) || !context.Request.Cookies.ContainsKey(PageAccess.Cookie)))
        {
            context.Response.Redirect("/home");
        }
        else
        {
            var answer = await Access(context).Check(context.Request.Cookies[PageAccess.Cookie], context.RequestAborted);
            if (answer.Caller is not null) await Write(context, LivePage.Live(LivePage.Language(context.Request)));
            else await Ask(context, StatusCodes.Status200OK, answer.Unknown ? "tokenUnknown" : null);
        }
    }

    private static async Task Post(HttpContext context)
    {
        if (!context.Request.HasFormContentType || context.Request.ContentLength is null or > MaxFormBytes)
            await Ask(context, StatusCodes.Status400BadRequest, "tokenWrong");
        else
            await Open(context, (await context.Request.ReadFormAsync(context.RequestAborted))["token"].ToString().Trim());
    }

    /// <summary>Signs in who has the right token, and leaves it out of the address.</summary>
    private static async Task Open(HttpContext context, string token)
    {
        var answer = await Access(context).Check(token, context.RequestAborted);
        if (answer.Caller is null)
        {
            await Ask(
                context,
                answer.Unknown ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status401Unauthorized,
                answer.Unknown ? "tokenUnknown" : "tokenWrong");
            return;
        }

        PageAccess.SignIn(context, token);
        Home(context);
    }

    private static async Task Stream(HttpContext context)
    {
        var feed = context.RequestServices.GetRequiredService<LiveFeed>();
        if (feed.Watch() is not { } watcher)
        {
            await Problems.Write(context, s_crowded);
            return;
        }

        var ending = context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, ending);
        try
        {
            await EventStream.Begin(context.Response, stop.Token);
            await context.Response.Body.FlushAsync(stop.Token);
            await foreach (var message in watcher.Reader.ReadAllAsync(stop.Token))
            {
                await context.Response.Body.WriteAsync(Message(message), stop.Token);
                await context.Response.Body.FlushAsync(stop.Token);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The watcher left, or the process ends: both are the ordinary end of a stream.
            return;
        }
        finally
        {
            feed.Leave(watcher);
        }
    }

    private static byte[] Message(LiveFrame frame) =>
        Encoding.UTF8.GetBytes($"event: pulse\ndata: {JsonSerializer.Serialize(frame, LiveJson.Default.LiveFrame)}\n\n");

    private static void Asset(IEndpointRouteBuilder routes, string path, string name, string contentType)
    {
        var bytes = LivePage.File(name);
        routes.MapGet(path, context =>
        {
            Secure(context);
            context.Response.ContentType = contentType;
            context.Response.ContentLength = bytes.Length;
            context.Response.Headers.CacheControl = "no-cache";
            return context.Response.Body.WriteAsync(bytes).AsTask();
        });
    }

    private static Task Ask(HttpContext context, int status, string? problem)
    {
        context.Response.StatusCode = status;
        return Write(context, LivePage.Token(LivePage.Language(context.Request), problem));
    }

    private static Task Write(HttpContext context, string html)
    {
        Secure(context);
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.Vary = "Accept-Language, Cookie";
        return context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(html)).AsTask();
    }

    private static void Home(HttpContext context)
    {
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = "/";
    }

    private static void Secure(HttpContext context)
    {
        context.Response.Headers.ContentSecurityPolicy = ContentPolicy;
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
    }

    private static PageAccess Access(HttpContext context) => context.RequestServices.GetRequiredService<PageAccess>();
}
