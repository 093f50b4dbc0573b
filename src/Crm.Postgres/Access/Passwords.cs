using Microsoft.AspNetCore.Identity;

namespace Crm.Access;

/// <summary>Passwords of people: what one may be, and how it is kept (ASP.NET Core Identity's hasher: PBKDF2 with HMAC-SHA512).</summary>
public static class Passwords
{
    /// <summary>Shortest, in characters (NIST SP 800-63B).</summary>
    public const int MinLength = 8;

    /// <summary>Longest, in characters: beyond, hashing is only a way to keep a server busy.</summary>
    public const int MaxLength = 256;

    private static readonly PasswordHasher<string> s_hasher = new();

    /// <summary>Checked against when there is nobody of that name, so that no time tells.</summary>
    private static readonly string s_nobody = s_hasher.HashPassword("", "nobody has this one");

    /// <summary>What is wrong with a password that somebody chose; null when nothing is.</summary>
    public static string? Problem(string password, string userName)
    {
        ArgumentNullException.ThrowIfNull(password);
        if (password.Length is < MinLength or > MaxLength) return $"A password has {MinLength} to {MaxLength} characters.";
        if (string.Equals(password, userName, StringComparison.OrdinalIgnoreCase)) return "A password is not the user name.";
        return password.Distinct().Count() == 1 ? "A password is more than one character again and again." : null;
    }

    /// <summary>What is stored of a password.</summary>
    public static string Hash(string userName, string password) => s_hasher.HashPassword(userName, password);

    /// <summary>Whether a password is the one that a hash was made of; takes as long without a hash.</summary>
    public static bool Match(string userName, string? hash, string password)
    {
        ArgumentNullException.ThrowIfNull(password);
        if (password.Length > MaxLength) return false;
        var verdict = s_hasher.VerifyHashedPassword(userName, hash ?? s_nobody, password);
        return hash is not null && verdict != PasswordVerificationResult.Failed;
    }
}
