using Npgsql;
using NpgsqlTypes;

namespace Crm.Records;

/// <summary>Lines of the audit for what changes no record, such as an export or a sign-in.</summary>
public sealed class RecordAudit(NpgsqlDataSource database, TimeProvider clock)
{
    /// <summary>Writes one, durably.</summary>
    /// <param name="kind">The kind of the records; of accounts <c>user</c>, <c>session</c>, <c>token</c>, <c>role</c> or <c>team</c>.</param>
    /// <param name="record">Which one; empty for many.</param>
    /// <param name="action">What was done, such as <c>export</c>.</param>
    /// <param name="details">A JSON object.</param>
    public async Task Write(string kind, string record, string action, string details, ChangeCause cause, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(cause);
        await using var command = database.CreateCommand(
            "INSERT INTO audit (at, by_whom, address, kind, record, action, changes) VALUES ($1, $2, $3, $4, $5, $6, $7)")
            .With(NpgsqlDbType.TimestampTz, clock.GetUtcNow().UtcDateTime).With(NpgsqlDbType.Text, cause.By).With(NpgsqlDbType.Text, cause.Address)
            .With(NpgsqlDbType.Text, kind).With(NpgsqlDbType.Text, record).With(NpgsqlDbType.Text, action).With(NpgsqlDbType.Jsonb, details);
        await command.ExecuteNonQueryAsync(stop);
    }
}
