using System.Globalization;
using System.Security.Claims;

namespace Crm.Access;

/// <summary>A right key in memory: what it is, and how much of its rate is used.</summary>
internal sealed class HeldKey(ApiKey key, RateWindow? rate)
{
    public ApiKey Key { get; } = key;

    /// <summary>What it may do with records.</summary>
    public Actor Actor { get; } = Actors.Of(key);

    /// <summary>Counts its requests; null for a key without a limit.</summary>
    public RateWindow? Rate { get; } = rate;

    /// <summary>Who presents it.</summary>
    public ClaimsPrincipal Caller { get; } = new(new ClaimsIdentity(
        [
            new Claim(ClaimTypes.NameIdentifier, key.Id.ToString()),
            new Claim(Policies.KindClaim, key.Kind == ApiKeyKind.Write ? "write" : "server"),
            new Claim(Policies.SourceClaim, key.Source),
            .. key.Scopes.Select(scope => new Claim(Policies.ScopeClaim, scope)),
        ],
        ApiKeyHandler.Scheme));

    public long BelieveUntil;
    public int Refreshing;
    public volatile bool Used;

    /// <summary>Whether it is noted that somebody ever used it.</summary>
    public volatile bool IsKnownUsed = key.LastUsedAt is not null;
}

/// <summary>What a request may still do after it.</summary>
/// <param name="Taken">False when there was nothing left for it.</param>
/// <param name="Left">Requests that are left until the window ends.</param>
/// <param name="EndsInSeconds">Seconds until all are there again, at least 1.</param>
internal readonly record struct RateAnswer(bool Taken, int Left, int EndsInSeconds);

/// <summary>So many requests a minute. The minute begins with the first request after the one before was over.</summary>
internal sealed class RateWindow(int limit, TimeProvider clock)
{
    /// <summary>Length of the window.</summary>
    public const int Seconds = 60;

    private readonly Lock _lock = new();
    private long _began = long.MinValue;
    private int _used;

    public int Limit { get; } = limit;

    /// <summary>The value of the RateLimit-Policy header.</summary>
    public string Policy { get; } = string.Create(CultureInfo.InvariantCulture, $"\"key\";q={limit};w={Seconds}");

    /// <summary>Counts one request.</summary>
    public RateAnswer Take()
    {
        lock (_lock)
        {
            var now = clock.GetTimestamp();
            if (_began == long.MinValue || clock.GetElapsedTime(_began, now).TotalSeconds >= Seconds) (_began, _used) = (now, 0);
            var left = Math.Clamp((int)Math.Ceiling(Seconds - clock.GetElapsedTime(_began, now).TotalSeconds), 1, Seconds);
            if (_used >= Limit) return new RateAnswer(false, 0, left);
            _used++;
            return new RateAnswer(true, Limit - _used, left);
        }
    }
}
