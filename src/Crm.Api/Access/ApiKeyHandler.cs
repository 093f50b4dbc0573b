using System.Text;
using System.Text.Encodings.Web;
using Crm.Clickstream;
using Crm.Hosting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Crm.Access;

/// <summary>
/// Reads a key from <c>Authorization</c>: Basic with the key as user name and no password, or Bearer. Without that header the
/// endpoint may say where else it stands (<see cref="IKeyInRequest"/>).
/// </summary>
internal sealed class ApiKeyHandler(
    KeyDoor door, IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public new const string Scheme = "ApiKey";

    private const string Basic = "Basic ";
    private const string Bearer = "Bearer ";

    private static readonly Problem s_unauthorized = new(
        StatusCodes.Status401Unauthorized, "unauthorized", "A valid key is needed.",
        "Send a key as the user name of Basic authentication (empty password) or as a Bearer token. Make one with: crm keys create.");

    private static readonly Problem s_forbidden = new(
        StatusCodes.Status403Forbidden, "forbidden", "This key may not do that.",
        "A write key may only send events. Reading needs a server key (crm keys create --kind server), administering one with the "
        + "admin scope (crm keys create --kind admin).");

    /// <summary>The key in a header, or null when there is none to be read.</summary>
    internal static string? Secret(string header)
    {
        if (header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)) return header[Bearer.Length..].Trim();
        if (!header.StartsWith(Basic, StringComparison.OrdinalIgnoreCase)) return null;
        var encoded = header.AsSpan(Basic.Length).Trim();
        Span<byte> decoded = stackalloc byte[ApiKeySecret.MaxLength + 8];
        if (encoded.Length > decoded.Length || !Convert.TryFromBase64Chars(encoded, decoded, out var length)) return null;
        var pair = Encoding.UTF8.GetString(decoded[..length]);
        var colon = pair.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? pair : pair[..colon];
    }

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization.ToString();
        var secret = header.Length > 0 ? Secret(header)
            : Context.GetEndpoint()?.Metadata.GetMetadata<IKeyInRequest>() is { } place ? await place.Find(Context)
            : null;
        if (secret is null) return AuthenticateResult.NoResult();
        Context.Features.Set(new PresentedKey(secret));
        return await door.Enter(Context, secret) is { } caller
            ? AuthenticateResult.Success(new AuthenticationTicket(caller, ApiKeyHandler.Scheme))
            : AuthenticateResult.Fail("The key is wrong.");
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (Context.Features.Get<KeyRefusal>() is { } refusal) return Problems.Write(Context, refusal.Problem);
        if (Context.Features.Get<IngestFailure>() is { } unreadable) return IngestAnswer.Failed(unreadable).Write(Response);
        Response.Headers.WWWAuthenticate = "Basic realm=\"crm\", Bearer";
        return Problems.Write(Context, s_unauthorized);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => Problems.Write(Context, s_forbidden);
}
