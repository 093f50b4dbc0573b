using System.Text.Json.Serialization;

namespace Crm.Access;

/// <summary>Kinds of records, as roles, lists and the API name them.</summary>
public static class RecordKinds
{
    public const string Customer = "customer";
    public const string Company = "company";
    public const string Lead = "lead";
    public const string Deal = "deal";
    public const string Activity = "activity";
    public const string TaskKind = "task";
    public const string Product = "product";
    public const string Order = "order";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [Customer, Company, Lead, Deal, Activity, TaskKind, Product, Order];
}

/// <summary>What may be done to a record.</summary>
public enum RecordAction
{
    /// <summary>Make one.</summary>
    Create,

    /// <summary>See it, in whatever place: alone, in a list, a count, a timeline, a stream.</summary>
    Read,

    /// <summary>Change it.</summary>
    Edit,

    /// <summary>Put it into the trash, and take it out again.</summary>
    Delete,

    /// <summary>Take many of them out of the CRM.</summary>
    Export,
}

/// <summary>On whose records something may be done. Each includes those before it.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RecordScope>))]
public enum RecordScope
{
    /// <summary>On nobody's.</summary>
    [JsonStringEnumMemberName("none")]
    None,

    /// <summary>On those that one owns.</summary>
    [JsonStringEnumMemberName("own")]
    Own,

    /// <summary>On those of one's team.</summary>
    [JsonStringEnumMemberName("team")]
    Team,

    /// <summary>On those of one's team and of the teams below it.</summary>
    [JsonStringEnumMemberName("below")]
    Below,

    /// <summary>On all, also on those that nobody owns.</summary>
    [JsonStringEnumMemberName("all")]
    All,
}

/// <summary>What a role may do with records of one kind.</summary>
public sealed record KindRights
{
    public bool Create { get; init; }

    public RecordScope Read { get; init; }

    public RecordScope Edit { get; init; }

    public RecordScope Delete { get; init; }

    public RecordScope Export { get; init; }

    /// <summary>Fields that are not shown, in no place, and cannot be filtered or sorted by.</summary>
    public IReadOnlyList<string> Hidden { get; init => field = value ?? []; } = [];

    /// <summary>Fields that are shown and cannot be changed.</summary>
    public IReadOnlyList<string> ReadOnly { get; init => field = value ?? []; } = [];

    /// <summary>Everything.</summary>
    public static KindRights Full { get; } = new()
    {
        Create = true, Read = RecordScope.All, Edit = RecordScope.All, Delete = RecordScope.All, Export = RecordScope.All,
    };

    /// <summary>Nothing.</summary>
    public static KindRights Nothing { get; } = new();

    /// <summary>On whose records an action may be done; making one knows no owner yet.</summary>
    public RecordScope Of(RecordAction action) => action switch
    {
        RecordAction.Create => Create ? RecordScope.All : RecordScope.None,
        RecordAction.Read => Read,
        RecordAction.Edit => Edit,
        RecordAction.Delete => Delete,
        // What one may take out one may see.
        RecordAction.Export => Export < Read ? Export : Read,
        _ => RecordScope.None,
    };
}

/// <summary>Whose a record is.</summary>
/// <param name="User">Its owner; null for nobody's.</param>
/// <param name="Team">The team it belongs to; null for none.</param>
public readonly record struct Ownership(string? User, string? Team);

/// <summary>
/// Who asks, and what they may do: the one rule of access. Every door asks it, for a record that it has, or for the condition of a
/// statement that looks for many.
/// </summary>
public sealed record Actor
{
    /// <summary>The user's id; null for a key.</summary>
    public string? User { get; init; }

    /// <summary>The key's id; null for a user.</summary>
    public string? Key { get; init; }

    /// <summary>How changes name who made them: a user's id, or a key's.</summary>
    public string Name => User ?? Key ?? "crm";

    /// <summary>The user's team.</summary>
    public string? Team { get; init; }

    /// <summary>The user's team and all below it.</summary>
    public IReadOnlyList<string> TeamsBelow { get; init; } = [];

    /// <summary>May administer, and do everything with every record.</summary>
    public bool Administers { get; init; }

    /// <summary>What the role says, by kind.</summary>
    public IReadOnlyDictionary<string, KindRights> Rights { get; init; } = new Dictionary<string, KindRights>();

    /// <summary>What may be done with a kind.</summary>
    public KindRights Of(string kind) => Administers ? KindRights.Full : Rights.GetValueOrDefault(kind, KindRights.Nothing);

    /// <summary>Whether something may be done to a record of that owner.</summary>
    public bool May(RecordAction action, string kind, Ownership whose) => Reach(Of(kind).Of(action)).Covers(whose);

    /// <summary>Whose records something may be done to, for many at once.</summary>
    public Reach Reach(RecordAction action, string kind) => Reach(Of(kind).Of(action));

    private Reach Reach(RecordScope scope) => scope switch
    {
        RecordScope.All => new Reach(true, null, []),
        RecordScope.Below => new Reach(false, User, TeamsBelow),
        RecordScope.Team => new Reach(false, User, Team is null ? [] : [Team]),
        RecordScope.Own => new Reach(false, User, []),
        _ => new Reach(false, null, []),
    };
}

/// <summary>Whose records are meant: everybody's, or those of a user and of some teams.</summary>
public sealed record Reach(bool Everybody, string? User, IReadOnlyList<string> Teams)
{
    /// <summary>True for nobody's.</summary>
    public bool IsEmpty => !Everybody && User is null && Teams.Count == 0;

    /// <summary>Whether a record is one of them.</summary>
    public bool Covers(Ownership whose) =>
        Everybody || (whose.User is not null && whose.User == User) || (whose.Team is not null && Teams.Contains(whose.Team));
}
