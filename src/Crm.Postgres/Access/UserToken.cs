using System.Text.Json.Serialization;

namespace Crm.Access;

/// <summary>What a token may do of what its user may. Each holds those before it.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TokenScope>))]
public enum TokenScope
{
    /// <summary>See.</summary>
    [JsonStringEnumMemberName("read")]
    Read,

    /// <summary>See and change.</summary>
    [JsonStringEnumMemberName("write")]
    Write,

    /// <summary>Administer too; only of one who administers.</summary>
    [JsonStringEnumMemberName("admin")]
    Admin,
}

/// <summary>A token by which a program acts as a user.</summary>
/// <param name="Shown">Its first signs.</param>
public sealed record UserToken(
    Guid Id, string User, string Name, TokenScope Scope, string Shown, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, DateTimeOffset? UsedAt)
{
    /// <summary>Of a token; keys begin with another one, and so do sessions.</summary>
    public const string Prefix = "pt_";

    /// <summary>Tokens that one user has at once.</summary>
    public const int MaxPerUser = 20;

    /// <summary>Longest name, in characters.</summary>
    public const int MaxNameLength = 100;

    /// <summary>How long one works that does not say.</summary>
    public const int Days = 90;

    /// <summary>How long one works at most, in days.</summary>
    public const int MaxDays = 366;

    /// <summary>What whoever presents it may do.</summary>
    /// <param name="user">What its user may do now.</param>
    public Actor Limit(Actor user)
    {
        ArgumentNullException.ThrowIfNull(user);
        if (Scope == TokenScope.Admin) return user;
        return user with { Administers = false, Rights = RecordKinds.All.ToDictionary(kind => kind, kind => Limit(user.Of(kind))) };
    }

    private KindRights Limit(KindRights rights) => Scope != TokenScope.Read
        ? rights
        : rights with { Create = false, Edit = RecordScope.None, Delete = RecordScope.None };
}
