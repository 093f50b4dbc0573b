using Npgsql;

namespace Crm.Infrastructure;

/// <summary>While it lives, no merge is decided: it holds the lock under which the ledger decides.</summary>
internal sealed class LedgerPause : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;

    private LedgerPause(NpgsqlConnection connection) => _connection = connection;

    public static async Task<LedgerPause> Begin(NpgsqlDataSource database)
    {
        var connection = await database.OpenConnectionAsync();
        await using var hold = new NpgsqlCommand("SELECT pg_advisory_lock(7103, 0)", connection);
        await hold.ExecuteNonQueryAsync();
        return new LedgerPause(connection);
    }

    public async ValueTask DisposeAsync()
    {
        await using (var release = new NpgsqlCommand("SELECT pg_advisory_unlock(7103, 0)", _connection)) await release.ExecuteNonQueryAsync();
        await _connection.DisposeAsync();
    }
}
