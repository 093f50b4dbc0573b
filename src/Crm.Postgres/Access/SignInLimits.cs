namespace Crm.Access;

/// <summary>How often a password may be tried.</summary>
public sealed record SignInLimits
{
    /// <summary>Wrong tries in a row after which an account is closed for <see cref="LockedFor"/>.</summary>
    public int WrongTries { get; init; } = 10;

    /// <summary>Long enough that guessing is hopeless, short enough that nobody needs to be called.</summary>
    public TimeSpan LockedFor { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Tries a minute that are looked at from one network address, by each API: each costs a hash.</summary>
    public int TriesPerMinute { get; init; } = 120;

    /// <summary>What to do about a locked account, in words.</summary>
    public string Wait => $"Too many wrong tries. Wait {LockedFor.TotalMinutes:0} minutes.";
}
