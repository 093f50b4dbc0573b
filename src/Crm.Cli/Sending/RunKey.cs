using Crm.Access;
using Crm.CommandLine;
using Npgsql;

namespace Crm.Sending;

/// <summary>The key that a command sends with: given, or made for its run and revoked at its end.</summary>
internal sealed class RunKey : IAsyncDisposable
{
    private readonly NpgsqlDataSource? _database;
    private readonly Guid _id;

    private RunKey(string secret, NpgsqlDataSource? database = null, Guid id = default)
    {
        Secret = secret;
        _database = database;
        _id = id;
    }

    public string Secret { get; }

    /// <summary>A key that may administer, made in the database.</summary>
    public static async Task<RunKey> ForAdministering(string name, CliContext context, CancellationToken stop)
    {
        var database = Database.Open(await context.Postgres(stop));
        var made = await new ApiKeys(database, TimeProvider.System).Create(new KeyOrder(ApiKeyKind.Server, name, "crm", [Scopes.Admin]), stop: stop);
        return new RunKey(made.Secret, database, made.Key.Id);
    }

    /// <summary><c>--key</c>, else <c>CRM_KEY</c>, else a server key made in the database with <c>--source</c> as its source.</summary>
    public static async Task<RunKey> For(Arguments arguments, CliContext context, CancellationToken stop)
    {
        var given = arguments.Text("key") ?? Environment.GetEnvironmentVariable("CRM_KEY");
        if (!string.IsNullOrEmpty(given))
        {
            if (arguments.Has("source")) throw new UsageException("a given key has its own source; --source is for a key made for this run.");
            return new RunKey(given);
        }

        if (arguments.Has("api")) throw new UsageException("with --api a --key is needed too.");
        var database = Database.Open(await context.Postgres(stop));
        try
        {
            var source = arguments.Text("source") ?? "replay";
            var made = await new ApiKeys(database, TimeProvider.System).Create(ApiKeyKind.Server, "replay", source, stop);
            return new RunKey(made.Secret, database, made.Key.Id);
        }
        catch (ArgumentException wrong)
        {
            await database.DisposeAsync();
            throw new UsageException(wrong.Message);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_database is null) return;
        await new ApiKeys(_database, TimeProvider.System).Revoke(_id);
        await _database.DisposeAsync();
    }
}
