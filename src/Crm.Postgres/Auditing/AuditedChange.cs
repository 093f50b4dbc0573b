using System.Text.Json.Nodes;
using Crm.Records;
using Npgsql;

namespace Crm.Auditing;

/// <summary>
/// A change of what is no record, such as an account, a key or a pipeline, in one transaction with what the audit says of it: both are
/// there, or neither. One that is not committed changed nothing.
/// </summary>
internal sealed class AuditedChange : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;
    private readonly ChangeCause _cause;
    private bool _said;

    private AuditedChange(NpgsqlConnection connection, NpgsqlTransaction transaction, DateTimeOffset at, ChangeCause cause) =>
        (_connection, _transaction, At, _cause) = (connection, transaction, at, cause);

    /// <summary>When it happens, for the rows and for the audit.</summary>
    public DateTimeOffset At { get; }

    public static async Task<AuditedChange> Begin(NpgsqlDataSource database, TimeProvider clock, ChangeCause cause, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(cause);
        var connection = await database.OpenConnectionAsync(stop);
        try
        {
            return new AuditedChange(connection, await connection.BeginTransactionAsync(stop), clock.GetUtcNow(), cause);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>A statement of the change.</summary>
    public NpgsqlCommand Command(string sql) => new(sql, _connection, _transaction);

    /// <summary>Says what is changed: kind, which one, what was done, and before and after.</summary>
    public Task Note(string kind, string record, string action, JsonObject changes, CancellationToken stop)
    {
        _said = true;
        return RecordAudit.Write(Command, At, kind, record, action, changes.ToJsonString(), _cause, stop);
    }

    /// <summary>Says what was changed, and makes it so.</summary>
    public async Task Commit(string kind, string record, string action, JsonObject changes, CancellationToken stop)
    {
        await Note(kind, record, action, changes, stop);
        await Commit(stop);
    }

    /// <summary>Makes so what was said.</summary>
    public Task Commit(CancellationToken stop) =>
        _said ? _transaction.CommitAsync(stop) : throw new InvalidOperationException("A change that the audit says nothing of.");

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
