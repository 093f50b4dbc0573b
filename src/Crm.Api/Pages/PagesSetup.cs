using Crm.Access;
using Crm.Calls;
using Crm.Hosting;
using Crm.Language;
using Crm.Records;
using Crm.Theme;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.TestHost;
using MudBlazor.Services;

namespace Crm.Pages;

/// <summary>The pages that people see: drawn in this process, kept alive over a connection, and clients of this API.</summary>
internal static class PagesSetup
{
    /// <summary>Pages that lost their connection and may come back to where they were.</summary>
    private const int MaxAway = 200;

    private static readonly TimeSpan s_away = TimeSpan.FromMinutes(5);

    public static void AddPages(this WebApplicationBuilder builder)
    {
        // A build has its files where the packages are, a published copy beside itself: the manifest says where.
        builder.WebHost.UseStaticWebAssets();
        builder.Configuration["ReloadStaticAssetsAtRuntime"] = "false";
        var services = builder.Services;
        services.AddRazorComponents().AddInteractiveServerComponents(circuits =>
        {
            circuits.DisconnectedCircuitMaxRetained = MaxAway;
            circuits.DisconnectedCircuitRetentionPeriod = s_away;
        });

        // Files of packages come as they were built. They hold nothing of anybody, so that their length tells nothing.
        services.AddResponseCompression(answers => (answers.EnableForHttps, answers.MimeTypes) = (true, ["text/css", "text/javascript"]));

        // What a page carries of its state is of use to this process alone.
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
        services.AddCascadingAuthenticationState();
        services.AddMudServices(mud => mud.SnackbarConfiguration.PositionClass = MudBlazor.Defaults.Classes.Position.BottomCenter);
        services.AddScoped<Texts>().AddScoped<Formats>().AddScoped<Api>().AddScoped<Me>().AddScoped<Preferences>().AddScoped<BulkWork>();
        services.AddSingleton<IFirstRun, FirstRun>();
        var network = services.Last(s => s.ServiceType == typeof(IServer));
        services.Remove(network);
        services.AddSingleton(all => new TestServer(all) { PreserveExecutionContext = false });
        services.AddSingleton(all => new InnerServer((IServer)ActivatorUtilities.CreateInstance(all, network.ImplementationType!), all.GetRequiredService<TestServer>()));
        services.AddSingleton<IServer>(all => all.GetRequiredService<InnerServer>());
        services.AddSingleton<IApiDoor>(all => all.GetRequiredService<InnerServer>());
    }

    /// <summary>Makes the files of pages small on their way.</summary>
    public static void UsePages(this WebApplication app) =>
        app.UseWhen(context => context.Request.Path.StartsWithSegments("/_content"), files => files.UseResponseCompression());

    public static void MapPages(this WebApplication app)
    {
        app.MapStaticAssets().AllowAnonymous();
        app.MapInstallFiles();
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode().RequireAuthorization(Policies.Pages).WithMetadata(PageEndpoint.Instance).ExcludeFromDescription();
        app.MapGet("/language/{tag}", Speak).AllowAnonymous().ExcludeFromDescription();
        app.MapGet("/sign-out", Leave).AllowAnonymous().ExcludeFromDescription();
    }

    private static IResult Speak(HttpContext context, string tag, string? then)
    {
        if (Texts.Of(tag) is { } language)
            context.Response.Cookies.Append(Look.LanguageCookie, language, new CookieOptions { SameSite = SameSiteMode.Strict, MaxAge = TimeSpan.FromDays(365), Path = "/", IsEssential = true });
        return Results.LocalRedirect(IsHere(then) ? then! : "/");
    }

    // A link of our own page alone: a foreign one that leads here brings no cookie.
    private static async Task<IResult> Leave(HttpContext context, Sessions sessions, SignedIn signedIn)
    {
        if (PersonHandler.Token(context.Request) is { } token && await signedIn.Find(token, sessions.Find, context.RequestAborted) is { } session)
        {
            await sessions.End(session.User, session.Id, context.Cause(session.User), context.RequestAborted);
            signedIn.Recheck();
        }

        context.Response.Cookies.Delete(PersonHandler.Cookie, new CookieOptions { Path = "/", SameSite = SameSiteMode.Strict });
        return Results.LocalRedirect("/sign-in");
    }

    private static bool IsHere(string? path) => path is ['/', ..] && path is not ['/', '/' or '\\', ..];
}

/// <inheritdoc cref="IFirstRun"/>
internal sealed class FirstRun(Users users, OneTimeLinks links) : IFirstRun
{
    private volatile bool _over;

    public async Task<bool> IsNow(CancellationToken stop)
    {
        if (!_over) _over = await users.Any(stop);
        return !_over;
    }

    public async Task<string?> Invited(string link, CancellationToken stop)
    {
        foreach (var purpose in (LinkPurpose[])[LinkPurpose.Invite, LinkPurpose.Reset])
            if (await links.Look(purpose, link, stop) is { Works: true, User: { } id } && await users.Get(id, stop) is { } user) return user.UserName;
        return null;
    }
}
