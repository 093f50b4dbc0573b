using Npgsql;

namespace Crm.Access;

/// <summary>Asks the server whether it lives, on a connection of its own, so that a busy pool is not taken for a dead server.</summary>
public sealed class PostgresProbe(NpgsqlDataSource database) : IAsyncDisposable
{
    /// <summary>Null when the server answers and can be written to; otherwise what is wrong, in words.</summary>
    public async Task<string?> Ask(CancellationToken stop = default)
    {
        try
        {
            await using var command = database.CreateCommand("select pg_is_in_recovery()");
            return await command.ExecuteScalarAsync(stop) is true ? "PostgreSQL is a read-only standby." : null;
        }
        catch (Exception exception) when (!stop.IsCancellationRequested)
        {
            // A driver whose server dies in the middle throws more than its own exceptions: none of them may end who asks.
            return exception is PostgresException { SqlState: PostgresErrorCodes.CannotConnectNow }
                ? "PostgreSQL is starting or stopping."
                : "PostgreSQL does not answer.";
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => database.DisposeAsync();
}
