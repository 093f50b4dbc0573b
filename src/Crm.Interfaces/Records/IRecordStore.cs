namespace Crm.Records;

/// <summary>One write of a record, with what is to be known of it ever after.</summary>
/// <param name="State">The record as it is to be.</param>
/// <param name="RowVersion">The row's version before; 0 for none.</param>
/// <param name="Action">What was done: <c>create</c>, <c>edit</c>, <c>delete</c>, <c>restore</c>, ...</param>
/// <param name="Changes">Field to <c>[before, after]</c>, as JSON.</param>
public sealed record RecordChange(RecordState State, long RowVersion, string Action, string Changes, ChangeCause Cause)
{
    /// <summary>When, for the audit, where that is not when the record was last updated.</summary>
    public DateTimeOffset? At { get; init; }
}

/// <summary>A record with the version of its row, and the cause of its last change.</summary>
public sealed record StoredRecord(RecordState State, long RowVersion, Guid LastCause = default);

/// <summary>The rows of records. Each write carries the record, its listed columns and its line in the audit at once.</summary>
public interface IRecordStore
{
    /// <summary>A record; null when there is none.</summary>
    Task<StoredRecord?> Read(string kind, string id, CancellationToken stop = default);

    /// <summary>Writes one. False when the row is not in the version that was seen.</summary>
    /// <exception cref="Customers.StoreUnavailableException">Surely not written.</exception>
    /// <exception cref="RecordTakenException">Not written: another record has what only one may have.</exception>
    Task<bool> Write(RecordChange change, CancellationToken stop = default);

    /// <summary>Writes several in one transaction: all, or none when any row is not in the version that was seen.</summary>
    /// <exception cref="Customers.StoreUnavailableException">Surely not written.</exception>
    /// <exception cref="RecordTakenException">Not written: another record has what only one may have.</exception>
    Task<bool> Write(IReadOnlyList<RecordChange> changes, CancellationToken stop = default);
}

/// <summary>Another record has the value of a field that only one may have.</summary>
public sealed class RecordTakenException(string field) : Exception($"Another record has that {field}.")
{
    /// <summary>The field's name in the API.</summary>
    public string Field { get; } = field;
}
