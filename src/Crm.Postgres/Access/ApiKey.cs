namespace Crm.Access;

/// <summary>What a key may do.</summary>
public enum ApiKeyKind
{
    /// <summary>May send events, nothing else: it stands in web pages and apps.</summary>
    Write,

    /// <summary>May read customers and send events: it stays on servers.</summary>
    Server,
}

/// <summary>A client's key, without its secret.</summary>
/// <param name="Id">Identifies the key for revoking.</param>
/// <param name="Kind">What it may do.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Source">What its events carry as their source.</param>
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
    DateTimeOffset? LastUsedAt);

/// <summary>A key just made. <paramref name="Secret"/> is the key itself: shown once, stored nowhere.</summary>
public sealed record NewApiKey(ApiKey Key, string Secret);
