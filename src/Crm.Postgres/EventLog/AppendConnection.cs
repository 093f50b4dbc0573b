using System.Data;
using Npgsql;

namespace Crm.Clickstream;

/// <summary>A writer's own connection with its prepared append, and who the log on its other end is.</summary>
internal sealed class AppendConnection : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlCommand _append;

    private AppendConnection(NpgsqlConnection connection, NpgsqlCommand append, string identity) =>
        (_connection, _append, Identity) = (connection, append, identity);

    /// <summary>Who the log is. A restore or failover breaks the connection, so this holds for its life.</summary>
    public string Identity { get; }

    public bool Usable => _connection.State == ConnectionState.Open;

    public static async Task<AppendConnection> Open(DataSources sources, int partitions, CancellationToken stop)
    {
        var connection = await sources.LogWriting.OpenConnectionAsync(stop);
        try
        {
            await using var ask = connection.CreateCommand();
            var (identity, _) = await LogInfo.Ask(ask, partitions, stop);
            var append = CommitBatch.Command(connection);
            await append.PrepareAsync(stop);
            return new AppendConnection(connection, append, identity);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Appends a batch in one commit. When it returns, the commit is known.</summary>
    public async Task Commit(CommitBatch batch)
    {
        batch.Fill(_append);
        await using var rows = await _append.ExecuteReaderAsync();
        while (await rows.ReadAsync()) batch.Began(rows.GetInt16(0), rows.GetInt64(1));

        // The rows come before the commit; only the end of the whole answer says that it happened.
        await rows.NextResultAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _append.DisposeAsync();
        await _connection.DisposeAsync();
    }
}
