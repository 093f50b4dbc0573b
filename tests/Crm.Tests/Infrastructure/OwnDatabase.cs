using Npgsql;

namespace Crm.Infrastructure;

/// <summary>A database for one test that changes its tables.</summary>
internal sealed class OwnDatabase : IAsyncDisposable
{
    private NpgsqlDataSource? _source;

    public string ConnectionString { get; private set; } = "";

    public async Task<NpgsqlDataSource> Create()
    {
        ConnectionString = await TestServer.CreateDatabase(withSchema: true);
        return _source = NpgsqlDataSource.Create(ConnectionString);
    }

    public async ValueTask DisposeAsync()
    {
        if (_source is null) return;
        await _source.DisposeAsync();
        await TestServer.DropDatabase(ConnectionString);
    }
}
