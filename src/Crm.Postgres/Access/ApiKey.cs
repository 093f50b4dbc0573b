namespace Crm.Access;

/// <summary>Where a key may stand.</summary>
public enum ApiKeyKind
{
    /// <summary>In web pages and apps, for all to see: it may send events, nothing else.</summary>
    Write,

    /// <summary>On servers: it may what its scopes say.</summary>
    Server,
}

/// <summary>What keys may be allowed to do.</summary>
public static class Scopes
{
    /// <summary>Send events.</summary>
    public const string Ingest = "ingest";

    /// <summary>Read customers and other personal data.</summary>
    public const string Read = "read";

    /// <summary>Administer sources, keys, data plans and dead letters.</summary>
    public const string Admin = "admin";

    /// <summary>All that there are.</summary>
    public static IReadOnlyList<string> All { get; } = [Ingest, Read, Admin];

    /// <summary>What a key of a kind may when nothing else is said.</summary>
    public static IReadOnlyList<string> Of(ApiKeyKind kind) => kind == ApiKeyKind.Write ? [Ingest] : [Ingest, Read];
}

/// <summary>A key to be made.</summary>
/// <param name="Kind">Where it may stand.</param>
/// <param name="Name">What people call it; 1 to <see cref="ApiKeys.MaxNameLength"/> printable characters.</param>
/// <param name="Source">Id of its source, which is made when it is not there.</param>
/// <param name="Scopes">What it may do; <see cref="Access.Scopes.Of"/> its kind when null.</param>
/// <param name="RateLimit">Requests a minute that one API process takes; null for as many as come.</param>
public sealed record KeyOrder(ApiKeyKind Kind, string Name, string Source, IReadOnlyList<string>? Scopes = null, int? RateLimit = null);

/// <summary>A client's key, without its secret.</summary>
/// <param name="Id">Identifies the key for revoking.</param>
/// <param name="Kind">Where it may stand.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Source">Id of its source: what its events carry.</param>
/// <param name="Prefix">The first characters of the key, to tell keys apart.</param>
/// <param name="RevokedAt">Since when it no longer works; null while it does.</param>
/// <param name="LastUsedAt">About when it was last used (to the minute); null for never.</param>
public sealed record ApiKey(
    Guid Id,
    ApiKeyKind Kind,
    string Name,
    string Source,
    string Prefix,
    DateTimeOffset CreatedAt,
    DateTimeOffset? RevokedAt,
    DateTimeOffset? LastUsedAt)
{
    /// <summary>What it may do.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = Access.Scopes.Of(Kind);

    /// <summary>Until when it works; null: until it is revoked.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The key that was made in its place; null when it was not rotated.</summary>
    public Guid? ReplacedBy { get; init; }

    /// <summary>Requests a minute that one API process takes; null for as many as come.</summary>
    public int? RateLimit { get; init; }

    /// <summary>Whether its source takes events and questions.</summary>
    public bool SourceEnabled { get; init; } = true;

    /// <summary>Its source's allowed origins; empty for all.</summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];
}

/// <summary>A key just made. <paramref name="Secret"/> is the key itself: shown once, stored nowhere.</summary>
public sealed record NewApiKey(ApiKey Key, string Secret);
