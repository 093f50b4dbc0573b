using System.Globalization;
using Crm.Infrastructure;
using Npgsql;
using Xunit;

namespace Crm.Schema;

/// <summary>A database of a test of its own, which some of the numbered scripts have made: a test fills it as it was then, and runs the rest.</summary>
public abstract class OldDatabase : IAsyncLifetime
{
    protected string Connection { get; private set; } = "";

    protected NpgsqlDataSource Database { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Connection = await TestServer.CreateDatabase(withSchema: false);
        Database = NpgsqlDataSource.Create(Connection);
    }

    public async Task DisposeAsync()
    {
        await Database.DisposeAsync();
        NpgsqlConnection.ClearPool(new NpgsqlConnection(Connection));
        await TestServer.DropDatabase(Connection);
    }

    /// <summary>Runs the scripts with these numbers.</summary>
    protected async Task Run(Func<int, bool> which)
    {
        foreach (var script in SchemaUpgrade.Scripts().Where(s => which(int.Parse(s.Name[..4], CultureInfo.InvariantCulture))))
            await Database.Do(script.Contents);
    }
}
