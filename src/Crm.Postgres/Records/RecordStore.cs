using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Customers;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Records;

/// <summary>Records' rows. A write is one statement: the row where it is still in the version that was seen, and then its line in the audit.</summary>
internal sealed class RecordStore(DataSources sources) : IRecordStore
{
    private const string Columns = "state, row_version, record_version, version, created_at, updated_at, created_by, deleted_at, owner, team";

    // Whom somebody else gives a task is told of it, by the same write. A key or the CRM itself gives to many, and tells nobody.
    private const string TellAssigned = """
        , told AS (
          INSERT INTO notification (user_id, kind, record_kind, record_id, at, created_at)
          SELECT u.id, 'task.assigned', $13, w.id, $7, $7 FROM written w JOIN crm_user u ON u.id = $15 -> 'owner' ->> 1 AND u.ended_at IS NULL
          WHERE $5 ->> 'status' = 'open' AND $9 IS NULL AND u.id <> $11 AND EXISTS (SELECT FROM crm_user WHERE id = $11) ON CONFLICT DO NOTHING)
        """;

    /// <summary>The command by which a record forgets a person.</summary>
    private const string Forgotten = "forget";

    public async Task<StoredRecord?> Read(string kind, string id, CancellationToken stop = default)
    {
        var table = RecordTable.Of(kind);
        var apart = table.Apart.Count == 0 ? "NULL" : "apart";
        await using var command = sources.Records.CreateCommand($"SELECT {Columns}, last_cause, {apart} FROM {table.Name} WHERE id = $1").With(NpgsqlDbType.Text, Sql.Text(id));
        await using var row = await command.ExecuteReaderAsync(stop);
        if (!await row.ReadAsync(stop)) return null;
        var state = State(kind, id, row);
        return new StoredRecord(row.IsDBNull(11) ? state : state with { Fields = Whole(state.Fields, row.GetString(11)) }, row.GetInt64(1), row.GetGuid(10));
    }

    public Task<bool> Write(RecordChange change, CancellationToken stop = default) => Write([change], stop);

    public async Task<bool> Write(IReadOnlyList<RecordChange> changes, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(changes);
        await using var connection = await Open(stop);
        try
        {
            if (changes is [{ Action: not Forgotten } single]) return await One(single, connection, null, stop);
            await using var transaction = await connection.BeginTransactionAsync(stop);
            foreach (var change in changes)
            {
                if (!await One(change, connection, transaction, stop)) return false;
                if (change.Action == Forgotten) await Attachments.Forget(connection, transaction, change.State.Kind, change.State.Id, stop);
            }

            await transaction.CommitAsync(stop);
            return true;
        }
        catch (PostgresException refusal) when (refusal.SqlState == PostgresErrorCodes.UniqueViolation && Taken(changes, refusal) is { } field)
        {
            throw new RecordTakenException(field);
        }
        catch (PostgresException refusal)
        {
            throw new StoreUnavailableException(refusal);
        }
    }

    private static string? Taken(IReadOnlyList<RecordChange> changes, PostgresException refusal) =>
        changes.Select(c => RecordTable.Of(c.State.Kind).Unique(refusal.ConstraintName)).FirstOrDefault(f => f is not null);

    private static async Task<bool> One(RecordChange change, NpgsqlConnection connection, NpgsqlTransaction? transaction, CancellationToken stop)
    {
        var (state, kept) = (change.State, RecordTable.Of(change.State.Kind));
        var table = kept.Name;
        var told = state.Kind == RecordKinds.TaskKind && !change.Cause.IsOneOfMany ? TellAssigned : "";
        var (column, value, set) = kept.Apart.Count == 0 ? ("", "", "") : (", apart", ", $17", ", apart = $17");
        var (fields, apart) = Parts(kept, state.Fields);
        var write = change.RowVersion == 0
            ? $"""
              INSERT INTO {table} (id, row_version, record_version, version, state, created_at, updated_at, created_by, deleted_at, last_cause{column})
              VALUES ($1, 1, $3, {kept.FirstVersion}, $5, $6, $7, $8, $9, $10{value}) ON CONFLICT (id) {kept.OnConflict} RETURNING id
              """
            : $"""
              UPDATE {table} SET row_version = row_version + 1, record_version = $3, version = {kept.NextVersion}, state = $5, created_at = $6, updated_at = $7,
                created_by = $8, deleted_at = $9, last_cause = $10{set}
              WHERE id = $1 AND row_version = $2 RETURNING id
              """;
        await using var command = new NpgsqlCommand($"""
            WITH written AS ({write}){told}
            INSERT INTO audit (at, by_whom, address, kind, record, action, changes)
            SELECT $16, $11, $12, $13, id, $14, $15 FROM written WHERE $2::bigint IS NOT NULL AND $4::bigint IS NOT NULL
            """, connection, transaction);
        command.With(NpgsqlDbType.Text, state.Id).With(NpgsqlDbType.Bigint, change.RowVersion).With(NpgsqlDbType.Bigint, state.RecordVersion)
            .With(NpgsqlDbType.Bigint, state.Version).With(NpgsqlDbType.Jsonb, fields)
            .With(NpgsqlDbType.TimestampTz, state.CreatedAt.UtcDateTime).With(NpgsqlDbType.TimestampTz, state.UpdatedAt.UtcDateTime)
            .With(NpgsqlDbType.Text, state.CreatedBy).With(NpgsqlDbType.TimestampTz, state.DeletedAt?.UtcDateTime).With(NpgsqlDbType.Uuid, change.Cause.Cause)
            .With(NpgsqlDbType.Text, change.Cause.By).With(NpgsqlDbType.Text, change.Cause.Address).With(NpgsqlDbType.Text, state.Kind)
            .With(NpgsqlDbType.Text, change.Action).With(NpgsqlDbType.Jsonb, change.Changes)
            .With(NpgsqlDbType.TimestampTz, (change.At ?? state.UpdatedAt).UtcDateTime);
        if (kept.Apart.Count > 0) command.With(NpgsqlDbType.Jsonb, apart);

        // A few texts a kind; to plan one anew, with all generated columns, takes as long as to run it.
        await command.PrepareAsync(stop);
        return await command.ExecuteNonQueryAsync(stop) == 1;
    }

    private static (string Fields, string? Apart) Parts(RecordTable table, string fields)
    {
        if (!table.Apart.Any(name => fields.Contains($"\"{name}\":", StringComparison.Ordinal))) return (fields, null);
        var (listed, apart) = ((JsonObject)JsonNode.Parse(fields)!, new JsonObject());
        foreach (var name in table.Apart)
        {
            if (listed[name] is not { } value) continue;
            listed.Remove(name);
            apart[name] = value;
        }

        return (listed.ToJsonString(), apart.Count == 0 ? null : apart.ToJsonString());
    }

    private static string Whole(string fields, string apart)
    {
        var all = (JsonObject)JsonNode.Parse(fields)!;
        foreach (var (name, value) in (JsonObject)JsonNode.Parse(apart)!) all[name] = value?.DeepClone();
        return all.ToJsonString();
    }

    private async Task<NpgsqlConnection> Open(CancellationToken stop)
    {
        try
        {
            return await sources.Records.OpenConnectionAsync(stop);
        }
        catch (Exception failure) when (failure is NpgsqlException or TimeoutException)
        {
            throw new StoreUnavailableException(failure);
        }
    }

    internal static RecordState State(string kind, string id, NpgsqlDataReader row) => new()
    {
        Kind = kind,
        Id = id,
        Fields = row.GetString(0),
        RecordVersion = row.GetInt64(2),
        Version = row.GetInt64(3),
        CreatedAt = row.GetFieldValue<DateTimeOffset>(4),
        UpdatedAt = row.GetFieldValue<DateTimeOffset>(5),
        CreatedBy = row.GetString(6),
        DeletedAt = row.IsDBNull(7) ? null : row.GetFieldValue<DateTimeOffset>(7),
        Owner = row.IsDBNull(8) ? null : row.GetString(8),
        Team = row.IsDBNull(9) ? null : row.GetString(9),
    };
}
