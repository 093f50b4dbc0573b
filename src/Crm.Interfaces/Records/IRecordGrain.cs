using Crm.Access;

namespace Crm.Records;

/// <summary>A record as it is stored and answered.</summary>
[GenerateSerializer, Immutable, Alias("crm.record-state")]
public sealed record RecordState
{
    /// <summary>Who made what nobody made: events did.</summary>
    public const string ByEvents = "events";

    [Id(0)] public required string Kind { get; init; }

    [Id(1)] public required string Id { get; init; }

    /// <summary>All fields but the system's own: one JSON object, canonical (see <see cref="FieldValues"/>).</summary>
    [Id(2)] public required string Fields { get; init; }

    /// <summary>Counts people's edits, from 1: what <c>If-Match</c> compares.</summary>
    [Id(3)] public long RecordVersion { get; init; }

    /// <summary>Counts everything that changed it.</summary>
    [Id(4)] public long Version { get; init; }

    [Id(5)] public DateTimeOffset CreatedAt { get; init; }

    [Id(6)] public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Who made it: a user's id, or a key's.</summary>
    [Id(7)] public string CreatedBy { get; init; } = "";

    /// <summary>When it went into the trash; null while it is none.</summary>
    [Id(8)] public DateTimeOffset? DeletedAt { get; init; }

    [Id(9)] public string? Owner { get; init; }

    [Id(10)] public string? Team { get; init; }

    /// <summary>Whose it is.</summary>
    public Ownership Whose => new(Owner, Team);
}

/// <summary>Why a change was not made.</summary>
public enum RecordRefusal
{
    /// <summary>It was made.</summary>
    None,

    /// <summary>There is no such record, or it is in the trash.</summary>
    Missing,

    /// <summary>There is one already.</summary>
    Exists,

    /// <summary>The record was changed meanwhile; the answer holds it as it is.</summary>
    Stale,

    /// <summary>Some fields cannot be used.</summary>
    BadFields,

    /// <summary>It is unknown whether the change is stored: ask again.</summary>
    Unknown,

    /// <summary>The record as it is does not allow it; the answer says why.</summary>
    Refused,

    /// <summary>Another record has what only one may have, such as its external id; the answer names the field.</summary>
    Taken,
}

/// <summary>What came of a command.</summary>
[GenerateSerializer, Immutable, Alias("crm.record-answer")]
public sealed record RecordAnswer(
    [property: Id(0)] RecordRefusal Refusal,
    [property: Id(1)] RecordState? Record = null,
    [property: Id(2)] IReadOnlyDictionary<string, string>? Errors = null,
    [property: Id(3)] string? Why = null);

/// <summary>Who changes a record, for the rule of access was asked already and for the audit.</summary>
/// <param name="By">The user's id, or the key's.</param>
/// <param name="Address">Network address; null where there is none.</param>
/// <param name="Cause">Names the command: one that comes again changes nothing.</param>
/// <param name="IsOneOfMany">Part of a handover: nobody is told of each.</param>
[GenerateSerializer, Immutable, Alias("crm.change-cause")]
public sealed record ChangeCause(
    [property: Id(0)] string By, [property: Id(1)] string? Address, [property: Id(2)] Guid Cause, [property: Id(3)] bool IsOneOfMany = false)
{
    /// <summary>Whoever has the machine, by <c>crm</c>.</summary>
    public static ChangeCause CommandLine { get; } = new("command line", null, Guid.Empty);
}

/// <summary>One record. Key: kind, a slash, and its id.</summary>
[Alias("crm.record")]
public interface IRecordGrain : IGrainWithStringKey
{
    /// <summary>The record, also from the trash; null when there is none.</summary>
    [Alias("get")]
    Task<RecordState?> Get();

    /// <summary>Makes it.</summary>
    [Alias("create")]
    Task<RecordAnswer> Create(string fields, ChangeCause cause);

    /// <summary>Changes fields by a merge-patch (RFC 7396), if it is still in a version; null for any.</summary>
    [Alias("edit")]
    Task<RecordAnswer> Edit(string patch, long? recordVersion, ChangeCause cause);

    /// <summary>Puts it into the trash, or takes it out.</summary>
    [Alias("delete")]
    Task<RecordAnswer> SetDeleted(bool deleted, long? recordVersion, ChangeCause cause);

    /// <summary>Takes away what it holds of a deleted field of one's own, also in the trash.</summary>
    /// <param name="field">The field's name, without <c>custom.</c></param>
    [Alias("forget")]
    Task<RecordAnswer> Forget(string field, ChangeCause cause);

    /// <summary>Gives its money its worth anew, by the rates of the day on which it was last written. That is no edit.</summary>
    /// <param name="all">False for what has no worth alone.</param>
    [Alias("revalue")]
    Task<RecordAnswer> Revalue(bool all, ChangeCause cause);

    /// <summary>What is stored was changed by another than this grain: it reads it again.</summary>
    [Alias("refresh")]
    Task Refresh();

    /// <summary>Runs a command of the kind's own, such as a deal's move.</summary>
    /// <param name="command">Its name.</param>
    /// <param name="arguments">A JSON object.</param>
    [Alias("do")]
    Task<RecordAnswer> Do(string command, string arguments, long? recordVersion, ChangeCause cause);
}
