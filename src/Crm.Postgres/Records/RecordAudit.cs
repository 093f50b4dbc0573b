using Npgsql;
using NpgsqlTypes;

namespace Crm.Records;

/// <summary>Lines of the audit for what changes nothing, such as an export. A change writes its own (<see cref="RecordStore"/>, <see cref="Auditing.AuditedChange"/>).</summary>
public sealed class RecordAudit(NpgsqlDataSource database, TimeProvider clock)
{
    /// <summary>Writes one, durably.</summary>
    /// <param name="kind">The kind of the records; else of what it is, such as <c>user</c>, <c>session</c>, <c>key</c> or <c>pipeline</c>.</param>
    /// <param name="record">Which one; empty for many.</param>
    /// <param name="action">What was done, such as <c>export</c>.</param>
    /// <param name="details">A JSON object.</param>
    public Task Write(string kind, string record, string action, string details, ChangeCause cause, CancellationToken stop = default) =>
        Write(database.CreateCommand, clock.GetUtcNow(), kind, record, action, details, cause, stop);

    /// <summary>Who put records into the trash, the last time; by id.</summary>
    public async Task<IReadOnlyDictionary<string, string>> Deleters(string kind, IReadOnlyCollection<string> records, CancellationToken stop = default)
    {
        await using var command = database.CreateCommand("""
            SELECT DISTINCT ON (record) record, by_whom FROM audit WHERE kind = $1 AND record = ANY ($2) AND action = 'delete' ORDER BY record, id DESC
            """).With(NpgsqlDbType.Text, kind).With(NpgsqlDbType.Array | NpgsqlDbType.Text, records.ToArray());
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop)) found[rows.GetString(0)] = rows.GetString(1);
        return found;
    }

    internal static async Task Write(
        Func<string, NpgsqlCommand> create, DateTimeOffset at, string kind, string record, string action, string details, ChangeCause cause, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(cause);
        await using var command = create("INSERT INTO audit (at, by_whom, address, kind, record, action, changes) VALUES ($1, $2, $3, $4, $5, $6, $7)")
            .With(NpgsqlDbType.TimestampTz, at.UtcDateTime).With(NpgsqlDbType.Text, Sql.Text(cause.By)).With(NpgsqlDbType.Text, cause.Address)
            .With(NpgsqlDbType.Text, kind).With(NpgsqlDbType.Text, Sql.Text(record)).With(NpgsqlDbType.Text, action).With(NpgsqlDbType.Jsonb, details);
        await command.ExecuteNonQueryAsync(stop);
    }
}
