using System.Text.Json.Nodes;
using Crm.Auditing;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Records;

/// <summary>What came of a change of a field.</summary>
public enum CustomFieldWrite
{
    /// <summary>It is stored.</summary>
    Done,

    /// <summary>The kind has one of that name, perhaps a deleted one whose values are not purged.</summary>
    Exists,

    /// <summary>Somebody changed it meanwhile, or it is gone.</summary>
    Stale,

    /// <summary>The kind has as many as it may.</summary>
    Bound,

    /// <summary>Records hold a choice that would go.</summary>
    InUse,
}

/// <summary>Fields of one's own in PostgreSQL.</summary>
public sealed class CustomFields
{
    private const string Columns =
        "id, kind, name, type, label, required, choices, linked_kind, deleted_at, indexed_at IS NOT NULL, record_version, created_at, updated_at";

    private readonly NpgsqlDataSource _database;
    private readonly TimeProvider _clock;

    internal CustomFields(DataSources sources, TimeProvider clock) => (_database, _clock) = (sources.Reading, clock);

    /// <summary>A number that every change raises.</summary>
    public async Task<long> Revision(CancellationToken stop = default)
    {
        await using var command = _database.CreateCommand("SELECT revision FROM custom_field_revision");
        return (long)(await command.ExecuteScalarAsync(stop))!;
    }

    /// <summary>All fields, also deleted ones, by kind and in the order in which they were made.</summary>
    public async Task<IReadOnlyList<CustomField>> List(CancellationToken stop = default)
    {
        await using var command = _database.CreateCommand($"SELECT {Columns} FROM custom_field ORDER BY kind, number");
        await using var rows = await command.ExecuteReaderAsync(stop);
        var fields = new List<CustomField>();
        while (await rows.ReadAsync(stop)) fields.Add(Read(rows));
        return fields;
    }

    /// <summary>Makes one.</summary>
    public async Task<CustomFieldWrite> Create(CustomField field, ChangeCause cause, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(field);
        await using var change = await AuditedChange.Begin(_database, _clock, cause, stop);
        bool made, exists;
        await using (var command = Fields(change.Command($"""
            WITH made AS (
              INSERT INTO custom_field (id, kind, name, type, label, required, choices, linked_kind, created_at, updated_at)
              SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $9 WHERE (SELECT count(*) FROM custom_field WHERE kind = $2) < {CustomField.MaxOfKind}
              ON CONFLICT DO NOTHING RETURNING 1)
            SELECT (SELECT count(*) FROM made) = 1, EXISTS (SELECT FROM custom_field WHERE kind = $2 AND name = $3)
            """), field, change.At))
        await using (var row = await command.ExecuteReaderAsync(stop))
        {
            await row.ReadAsync(stop);
            (made, exists) = (row.GetBoolean(0), row.GetBoolean(1));
        }

        if (!made) return exists ? CustomFieldWrite.Exists : CustomFieldWrite.Bound;
        await change.Commit("field", field.Id, "create", AuditChanges.Between(null, Said(field)), stop);
        return CustomFieldWrite.Done;
    }

    /// <summary>Writes label, choices, whether it is needed and whether it is deleted, if it is still in the version that was read.</summary>
    public async Task<CustomFieldWrite> Update(CustomField field, IReadOnlyList<string> goneChoices, ChangeCause cause, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(field);
        if (goneChoices.Count > 0 && await Holds(field, goneChoices, stop)) return CustomFieldWrite.InUse;
        await using var change = await AuditedChange.Begin(_database, _clock, cause, stop);
        if (await Held(change, field.Id, stop) is not { } before || before.RecordVersion != field.RecordVersion) return CustomFieldWrite.Stale;
        await change.Command("""
            UPDATE custom_field SET label = $2, required = $3, choices = $4, deleted_at = $5, updated_at = $6, record_version = record_version + 1 WHERE id = $1
            """).With(NpgsqlDbType.Text, field.Id).With(NpgsqlDbType.Text, field.Label).With(NpgsqlDbType.Boolean, field.Required)
            .WithArray(NpgsqlDbType.Text, field.Choices).With(NpgsqlDbType.TimestampTz, field.DeletedAt?.UtcDateTime)
            .With(NpgsqlDbType.TimestampTz, change.At.UtcDateTime).Run(stop);
        var action = (before.DeletedAt, field.DeletedAt) switch
        {
            (null, not null) => "delete",
            (not null, null) => "restore",
            _ => "edit",
        };
        await change.Commit("field", field.Id, action, AuditChanges.Between(Said(before), Said(field)), stop);
        return CustomFieldWrite.Done;
    }

    /// <summary>Ids of records, also in the trash, that hold a value of a field.</summary>
    public async Task<IReadOnlyList<string>> Holders(CustomField field, int max, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(field);
        await using var command = _database.CreateCommand($"SELECT id FROM {RecordTable.Of(field.Kind).Name} WHERE state -> 'custom' ? $1 LIMIT $2")
            .With(NpgsqlDbType.Text, field.Name).With(NpgsqlDbType.Integer, max);
        await using var rows = await command.ExecuteReaderAsync(stop);
        var ids = new List<string>();
        while (await rows.ReadAsync(stop)) ids.Add(rows.GetString(0));
        return ids;
    }

    /// <summary>Forgets a deleted field, whose name is free then.</summary>
    public async Task Remove(CustomField field, ChangeCause cause, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(field);
        await using var change = await AuditedChange.Begin(_database, _clock, cause, stop);
        if (await Held(change, field.Id, stop) is not { DeletedAt: not null } gone) return;
        await change.Command("DELETE FROM custom_field WHERE id = $1").With(NpgsqlDbType.Text, field.Id).Run(stop);
        await change.Commit("field", field.Id, "purge", AuditChanges.Between(Said(gone), null), stop);
    }

    private static async Task<CustomField?> Held(AuditedChange change, string id, CancellationToken stop)
    {
        await using var command = change.Command($"SELECT {Columns} FROM custom_field WHERE id = $1 FOR NO KEY UPDATE").With(NpgsqlDbType.Text, id);
        await using var row = await command.ExecuteReaderAsync(stop);
        return await row.ReadAsync(stop) ? Read(row) : null;
    }

    private static JsonObject Said(CustomField field) => new()
    {
        ["kind"] = field.Kind, ["name"] = field.Name, ["type"] = Type(field), ["label"] = field.Label, ["required"] = field.Required,
        ["choices"] = new JsonArray([.. field.Choices.Select(c => (JsonNode)c)]), ["linkedKind"] = field.LinkedKind,
        ["deletedAt"] = field.DeletedAt?.ToString("O"),
    };

    internal static CustomField Read(NpgsqlDataReader row) =>
        new(row.GetString(0), row.GetString(1), row.GetString(2), CustomField.Types[row.GetString(3)])
        {
            Label = row.GetString(4),
            Required = row.GetBoolean(5),
            Choices = row.GetFieldValue<string[]>(6),
            LinkedKind = row.IsDBNull(7) ? null : row.GetString(7),
            DeletedAt = row.IsDBNull(8) ? null : row.GetFieldValue<DateTimeOffset>(8),
            Indexed = row.GetBoolean(9),
            RecordVersion = row.GetInt64(10),
            CreatedAt = row.GetFieldValue<DateTimeOffset>(11),
            UpdatedAt = row.GetFieldValue<DateTimeOffset>(12),
        };

    private async Task<bool> Holds(CustomField field, IReadOnlyList<string> choices, CancellationToken stop)
    {
        var column = RecordTable.Of(field.Kind).Column(field.Rule.Field).Sql;
        var holds = field.Type == FieldType.Choices ? $"{column} && $1" : $"{column} = ANY($1)";
        await using var command = _database.CreateCommand($"SELECT EXISTS (SELECT FROM {RecordTable.Of(field.Kind).Name} WHERE {holds})").WithArray(NpgsqlDbType.Text, choices);
        return (bool)(await command.ExecuteScalarAsync(stop))!;
    }

    private static string Type(CustomField field) => CustomField.Types.First(t => t.Value == field.Type).Key;

    private static NpgsqlCommand Fields(NpgsqlCommand command, CustomField field, DateTimeOffset at) => command
        .With(NpgsqlDbType.Text, field.Id).With(NpgsqlDbType.Text, field.Kind).With(NpgsqlDbType.Text, field.Name)
        .With(NpgsqlDbType.Text, Type(field)).With(NpgsqlDbType.Text, field.Label)
        .With(NpgsqlDbType.Boolean, field.Required).WithArray(NpgsqlDbType.Text, field.Choices).With(NpgsqlDbType.Text, field.LinkedKind)
        .With(NpgsqlDbType.TimestampTz, at.UtcDateTime);
}
