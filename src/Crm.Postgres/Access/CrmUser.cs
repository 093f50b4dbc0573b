using System.Security.Cryptography;

namespace Crm.Access;

/// <summary>A person who works in the CRM.</summary>
/// <param name="Id">Never changes; records name their owner by it.</param>
/// <param name="UserName">What the person signs in with; no two differ only in case.</param>
/// <param name="Name">What others call the person.</param>
/// <param name="Role">The role's id.</param>
public sealed record CrmUser(string Id, string UserName, string Name, string Role)
{
    /// <summary>Longest user name and name, in characters.</summary>
    public const int MaxUserNameLength = 100;

    /// <inheritdoc cref="MaxUserNameLength"/>
    public const int MaxNameLength = 200;

    /// <summary>Languages that the CRM speaks.</summary>
    public static IReadOnlyList<string> Languages { get; } = ["en", "zh-CN"];

    public string? Email { get; init; }

    /// <summary>The team's id; null for none.</summary>
    public string? Team { get; init; }

    public string Language { get; init; } = "en";

    /// <summary>False: may not come in.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>False while an invitation waits to be taken.</summary>
    public bool HasPassword { get; init; }

    public DateTimeOffset? SignedInAt { get; init; }

    /// <summary>Counts its edits, from 1.</summary>
    public long RecordVersion { get; init; } = 1;

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>A new user's id.</summary>
    public static string NewId() => "us_" + RandomNumberGenerator.GetHexString(20, lowercase: true);

    /// <summary>Whether a text can be a user name: letters and digits of any script, and signs that do not hide.</summary>
    public static bool IsUserName(string? text) =>
        text is { Length: > 0 and <= MaxUserNameLength } && text.Trim() == text && !text.Any(c => char.IsControl(c) || char.IsSurrogate(c) || char.IsWhiteSpace(c));
}

/// <summary>How an attempt to sign in ended.</summary>
public enum SignInEnd
{
    Done,

    /// <summary>There is nobody of that name, or the password is another. Nobody is told which.</summary>
    Wrong,

    /// <summary>Too many wrong tries in a row: nobody comes in for a while.</summary>
    Locked,

    /// <summary>This wrong try was one too many: from now on it is <see cref="Locked"/>.</summary>
    Locks,

    /// <summary>The account was closed.</summary>
    Closed,
}
