using Crm.Infrastructure;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Xunit;

namespace Crm.Schema;

public sealed class SchemaUpgradeTests : IAsyncLifetime
{
    private string _database = "";

    public async Task InitializeAsync() => _database = await TestServer.CreateDatabase(withSchema: false);

    public Task DisposeAsync()
    {
        NpgsqlConnection.ClearPool(new NpgsqlConnection(_database));
        return TestServer.DropDatabase(_database);
    }

    [Fact]
    public void Scripts_are_numbered_in_a_row()
    {
        var names = SchemaUpgrade.Scripts().Select(s => s.Name).ToArray();

        Assert.Equal(names.Order(StringComparer.Ordinal), names);
        Assert.Equal(names.Length, names.Select(n => n[..4]).Distinct().Count());
    }

    [Fact]
    public async Task Each_script_runs_once_however_many_start_at_a_time()
    {
        var starters = Enumerable.Range(0, 4).Select(_ => Task.Run(() => SchemaUpgrade.Run(_database, NullLogger.Instance, CancellationToken.None)));
        await Task.WhenAll(starters);
        await SchemaUpgrade.Run(_database, NullLogger.Instance, CancellationToken.None);

        Assert.Equal(SchemaUpgrade.Scripts().Select(s => s.Name), await Journal());
    }

    [Fact]
    public async Task A_wait_for_the_lock_can_be_given_up()
    {
        await using var holder = new NpgsqlConnection(_database);
        await holder.OpenAsync();
        await using var hold = new NpgsqlCommand("select pg_advisory_lock($1)", holder) { Parameters = { new() { Value = SchemaUpgrade.LockKey } } };
        await hold.ExecuteNonQueryAsync();
        using var patience = new CancellationTokenSource();

        var upgrade = SchemaUpgrade.Run(_database, NullLogger.Instance, patience.Token);
        await Eventually.True(SomebodyWaits, "the upgrade waits for the lock");
        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => upgrade);
    }

    private async Task<bool> SomebodyWaits()
    {
        await using var connection = new NpgsqlConnection(_database);
        await connection.OpenAsync();
        await using var waiting = new NpgsqlCommand("select count(*) from pg_locks where locktype = 'advisory' and not granted", connection);
        return (long)(await waiting.ExecuteScalarAsync())! > 0;
    }

    private async Task<List<string>> Journal()
    {
        await using var connection = new NpgsqlConnection(_database);
        await connection.OpenAsync();
        await using var select = new NpgsqlCommand("select scriptname from schema_versions order by schemaversionsid", connection);
        await using var rows = await select.ExecuteReaderAsync();
        var names = new List<string>();
        while (await rows.ReadAsync())
        {
            names.Add(rows.GetString(0));
        }

        return names;
    }
}
