using System.Collections.Concurrent;
using System.Security.Claims;
using Npgsql;

namespace Crm.Access;

/// <summary>What a presented key turned out to be.</summary>
/// <param name="Caller">Who it is; null when the key is wrong or unknown.</param>
/// <param name="Unknown">True when it could not be looked up: neither right nor wrong (503).</param>
internal readonly record struct KeyAnswer(ClaimsPrincipal? Caller, bool Unknown)
{
    public static KeyAnswer Wrong => new(null, false);

    public static KeyAnswer NotKnown => new(null, true);
}

/// <summary>
/// The keys in memory. A right key is believed for 30 s, and for as long as PostgreSQL does not answer; a wrong one for 2 s.
/// Keys are found by the hash of all that was presented, so that no time tells how much of it was right.
/// </summary>
internal sealed class KeyRing(ApiKeys keys, TimeProvider clock)
{
    /// <summary>How long a right key is believed: so late does a revocation take effect.</summary>
    public static readonly TimeSpan RightFor = TimeSpan.FromSeconds(30);

    /// <summary>How long a wrong key is remembered: so late does a new key work that was tried before it was made.</summary>
    public static readonly TimeSpan WrongFor = TimeSpan.FromSeconds(2);

    /// <summary>How long a key that cannot be looked up again is believed on, before the next try.</summary>
    private static readonly TimeSpan s_againAfter = TimeSpan.FromSeconds(2);

    /// <summary>Wrong keys that are remembered; a flood of guesses must not fill the memory.</summary>
    private const int MaxWrong = 10_000;

    /// <summary>Look-ups at a time; guesses beyond are told to come again instead of queueing on the database.</summary>
    private const int MaxLookups = 64;

    private readonly ConcurrentDictionary<KeyHash, Entry> _right = new();
    private readonly ConcurrentDictionary<KeyHash, long> _wrong = new();
    private int _lookups;

    /// <summary>Who presents this key.</summary>
    public ValueTask<KeyAnswer> Find(string secret, CancellationToken stop)
    {
        if (secret.Length is 0 or > ApiKeySecret.MaxLength) return new(KeyAnswer.Wrong);
        var hash = new KeyHash(ApiKeySecret.Hash(secret));
        var now = clock.GetTimestamp();
        if (_right.TryGetValue(hash, out var entry))
        {
            entry.Used = true;
            if (now < entry.BelieveUntil || Interlocked.Exchange(ref entry.Refreshing, 1) == 1) return new(new KeyAnswer(entry.Caller, false));
            return LookUp(hash, entry, stop);
        }

        if (_wrong.TryGetValue(hash, out var until) && now < until) return new(KeyAnswer.Wrong);
        return LookUp(hash, null, stop);
    }

    /// <summary>The keys used since the last call.</summary>
    public IReadOnlyList<Guid> TakeUsed()
    {
        var used = new List<Guid>();
        foreach (var entry in _right.Values)
        {
            if (!entry.Used) continue;
            entry.Used = false;
            used.Add(entry.Id);
        }

        return used;
    }

    private async ValueTask<KeyAnswer> LookUp(KeyHash hash, Entry? known, CancellationToken stop)
    {
        try
        {
            if (Interlocked.Increment(ref _lookups) > MaxLookups) return Unsure(known);
            var key = await keys.Find(hash.Bytes, stop);
            return key is null ? Forget(hash) : Learn(hash, key);
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException or IOException)
        {
            return Unsure(known);
        }
        finally
        {
            Interlocked.Decrement(ref _lookups);
            if (known is not null) Volatile.Write(ref known.Refreshing, 0);
        }
    }

    private KeyAnswer Unsure(Entry? known)
    {
        if (known is null) return KeyAnswer.NotKnown;
        known.BelieveUntil = After(s_againAfter);
        return new KeyAnswer(known.Caller, false);
    }

    private KeyAnswer Learn(KeyHash hash, ApiKey key)
    {
        var entry = new Entry(key.Id, Caller(key)) { BelieveUntil = After(RightFor), Used = true };
        _right[hash] = entry;
        _wrong.TryRemove(hash, out _);
        return new KeyAnswer(entry.Caller, false);
    }

    private KeyAnswer Forget(KeyHash hash)
    {
        _right.TryRemove(hash, out _);
        if (_wrong.Count >= MaxWrong) _wrong.Clear();
        _wrong[hash] = After(WrongFor);
        return KeyAnswer.Wrong;
    }

    private long After(TimeSpan pause) => clock.GetTimestamp() + (long)(pause.TotalSeconds * clock.TimestampFrequency);

    private static ClaimsPrincipal Caller(ApiKey key) => new(new ClaimsIdentity(
        [
            new Claim(ClaimTypes.NameIdentifier, key.Id.ToString()),
            new Claim(Policies.KindClaim, key.Kind == ApiKeyKind.Write ? "write" : "server"),
            new Claim(Policies.SourceClaim, key.Source),
        ],
        ApiKeyHandler.Scheme));

    private sealed class Entry(Guid id, ClaimsPrincipal caller)
    {
        public Guid Id { get; } = id;

        public ClaimsPrincipal Caller { get; } = caller;

        public long BelieveUntil;
        public int Refreshing;
        public volatile bool Used;
    }

    private readonly struct KeyHash(byte[] bytes) : IEquatable<KeyHash>
    {
        public byte[] Bytes { get; } = bytes;

        public bool Equals(KeyHash other) => System.Security.Cryptography.CryptographicOperations.FixedTimeEquals(Bytes, other.Bytes);

        public override bool Equals(object? obj) => obj is KeyHash other && Equals(other);

        public override int GetHashCode() => BitConverter.ToInt32(Bytes, 0);
    }
}
