using System.Collections.Concurrent;
using System.Security.Claims;
using Npgsql;

namespace Crm.Access;

/// <summary>What a presented key turned out to be.</summary>
/// <param name="Caller">Who it is; null when the key is wrong or unknown.</param>
/// <param name="Unknown">True when it could not be looked up: neither right nor wrong (503).</param>
/// <param name="Key">The key; null when it is wrong or unknown.</param>
internal readonly record struct KeyAnswer(ClaimsPrincipal? Caller, bool Unknown, HeldKey? Key = null)
{
    public static KeyAnswer Wrong => new(null, false);

    public static KeyAnswer NotKnown => new(null, true);

    public static KeyAnswer Of(HeldKey key) => new(key.Caller, false, key);
}

/// <summary>
/// The keys in memory. A right key is believed for 30 s or until something changed (<see cref="Recheck"/>), and for as long as
/// PostgreSQL does not answer, but never past its own end; a wrong one for 2 s.
/// Keys are found by the hash of all that was presented, so that no time tells how much of it was right.
/// </summary>
internal sealed class KeyRing(ApiKeys keys, TimeProvider clock)
{
    /// <summary>How long a right key is believed when nobody says that anything changed.</summary>
    public static readonly TimeSpan RightFor = TimeSpan.FromSeconds(30);

    /// <summary>How long a wrong key is remembered: so late does a new key work that was tried before it was made.</summary>
    public static readonly TimeSpan WrongFor = TimeSpan.FromSeconds(2);

    /// <summary>How long a key that cannot be looked up again is believed on, before the next try.</summary>
    private static readonly TimeSpan s_againAfter = TimeSpan.FromSeconds(2);

    /// <summary>Wrong keys that are remembered; a flood of guesses must not fill the memory.</summary>
    private const int MaxWrong = 10_000;

    /// <summary>Look-ups at a time; guesses beyond are told to come again instead of queueing on the database.</summary>
    private const int MaxLookups = 64;

    private readonly ConcurrentDictionary<KeyHash, HeldKey> _right = new();
    private readonly ConcurrentDictionary<KeyHash, long> _wrong = new();
    private int _lookups;

    /// <summary>Counts the changes: what was looked up before one is not believed after it.</summary>
    private int _changes;

    /// <summary>Who presents this key.</summary>
    public ValueTask<KeyAnswer> Find(string secret, CancellationToken stop)
    {
        if (secret.Length is 0 or > ApiKeySecret.MaxLength) return new(KeyAnswer.Wrong);
        var hash = new KeyHash(ApiKeySecret.Hash(secret));
        var now = clock.GetTimestamp();
        if (_right.TryGetValue(hash, out var entry))
        {
            if (entry.Key.ExpiresAt <= clock.GetUtcNow()) return new(Forget(hash));
            entry.Used = true;
            if (now < Volatile.Read(ref entry.BelieveUntil) || Interlocked.Exchange(ref entry.Refreshing, 1) == 1) return new(KeyAnswer.Of(entry));
            return LookUp(hash, entry, stop);
        }

        if (_wrong.TryGetValue(hash, out var until) && now < until) return new(KeyAnswer.Wrong);
        return LookUp(hash, null, stop);
    }

    /// <summary>Something changed: every key is looked up again at its next use, and wrong ones are no longer remembered.</summary>
    public void Recheck()
    {
        Interlocked.Increment(ref _changes);
        foreach (var entry in _right.Values) Volatile.Write(ref entry.BelieveUntil, long.MinValue);
        _wrong.Clear();
    }

    /// <summary>The keys used since the last call.</summary>
    /// <param name="firstOnly">Only those that nobody is known to have used before.</param>
    public IReadOnlyList<Guid> TakeUsed(bool firstOnly = false)
    {
        var used = new List<Guid>();
        foreach (var entry in _right.Values)
        {
            if (!entry.Used || (firstOnly && entry.IsKnownUsed)) continue;
            entry.IsKnownUsed = true;
            entry.Used = false;
            used.Add(entry.Key.Id);
        }

        return used;
    }

    private async ValueTask<KeyAnswer> LookUp(KeyHash hash, HeldKey? known, CancellationToken stop)
    {
        try
        {
            if (Interlocked.Increment(ref _lookups) > MaxLookups) return Unsure(known);
            var changes = Volatile.Read(ref _changes);
            var key = await keys.Find(hash.Bytes, stop);
            return key is null ? Forget(hash) : Learn(hash, key, changes);
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

    private KeyAnswer Unsure(HeldKey? known)
    {
        if (known is null) return KeyAnswer.NotKnown;
        Volatile.Write(ref known.BelieveUntil, After(s_againAfter));
        return KeyAnswer.Of(known);
    }

    private KeyAnswer Learn(KeyHash hash, ApiKey key, int changes)
    {
        // What was counted goes on counting, unless the limit itself changed.
        var rate = _right.TryGetValue(hash, out var before) && before.Rate?.Limit == key.RateLimit ? before.Rate
            : key.RateLimit is { } limit ? new RateWindow(limit, clock)
            : null;
        var entry = new HeldKey(key, rate) { BelieveUntil = After(RightFor), Used = true };
        _right[hash] = entry;
        if (Volatile.Read(ref _changes) != changes) Volatile.Write(ref entry.BelieveUntil, long.MinValue);
        _wrong.TryRemove(hash, out _);
        return KeyAnswer.Of(entry);
    }

    private KeyAnswer Forget(KeyHash hash)
    {
        _right.TryRemove(hash, out _);
        if (_wrong.Count >= MaxWrong) _wrong.Clear();
        _wrong[hash] = After(WrongFor);
        return KeyAnswer.Wrong;
    }

    private long After(TimeSpan pause) => clock.GetTimestamp() + (long)(pause.TotalSeconds * clock.TimestampFrequency);

    private readonly struct KeyHash(byte[] bytes) : IEquatable<KeyHash>
    {
        public byte[] Bytes { get; } = bytes;

        public bool Equals(KeyHash other) => System.Security.Cryptography.CryptographicOperations.FixedTimeEquals(Bytes, other.Bytes);

        public override bool Equals(object? obj) => obj is KeyHash other && Equals(other);

        public override int GetHashCode() => BitConverter.ToInt32(Bytes, 0);
    }
}
