using System.Globalization;
using Crm.CommandLine;
using Npgsql;

namespace Crm.Access;

/// <summary><c>crm keys</c>: makes, lists and ends the keys of clients.</summary>
internal sealed class KeysCommand : ICliCommand
{
    public string Name => "keys";

    public string Summary => "Makes, lists and revokes the keys of clients.";

    public string Usage => "create --kind write|server --name NAME [--source NAME] | list | revoke ID";

    public IReadOnlyList<CliOption> Options { get; } =
    [
        new("kind", "KIND", "write (sends events; may stand in pages and apps) or server (also reads customers)"),
        new("name", "NAME", "what people call the key"),
        new("source", "NAME", "what its events carry as their source (default: the name)"),
    ];

    public string Details => "\"create\" prints the key alone on stdout: it is shown once and stored nowhere. It is sent as the Basic user name.";

    public async Task<int> Run(Arguments arguments, CliContext context, CancellationToken cancellationToken)
    {
        Func<ApiKeys, Task<int>> action = arguments.Words switch
        {
            ["create"] => Create(arguments, context, cancellationToken),
            ["list"] => keys => List(keys, context, cancellationToken),
            ["revoke", var id] => Revoke(id, context, cancellationToken),
            _ => throw new UsageException("it takes create, list or revoke ID."),
        };
        await using var database = Database.Open(await context.Postgres(cancellationToken));
        return await action(new ApiKeys(database, TimeProvider.System));
    }

    private static Func<ApiKeys, Task<int>> Create(Arguments arguments, CliContext context, CancellationToken stop)
    {
        var kind = arguments.Required("kind") switch
        {
            "write" => ApiKeyKind.Write,
            "server" => ApiKeyKind.Server,
            var other => throw new UsageException($"--kind is write or server, not \"{other}\"."),
        };
        var name = arguments.Required("name");
        return async keys =>
        {
            try
            {
                await context.Out.WriteLineAsync((await keys.Create(kind, name, arguments.Text("source"), stop)).Secret);
                return 0;
            }
            catch (ArgumentException wrong)
            {
                throw new UsageException(wrong.Message);
            }
        };
    }

    private static async Task<int> List(ApiKeys keys, CliContext context, CancellationToken stop)
    {
        foreach (var key in await keys.List(stop))
        {
            var state = key.RevokedAt is { } at ? $"revoked {Time(at)}" : key.LastUsedAt is { } used ? $"last used {Time(used)}" : "never used";
            await context.Out.WriteLineAsync(
                $"{key.Id}  {key.Kind.ToString().ToLowerInvariant(),-6}  {key.Prefix}...  {key.Name}  source {key.Source}  made {Time(key.CreatedAt)}  {state}");
        }

        return 0;
    }

    private static Func<ApiKeys, Task<int>> Revoke(string id, CliContext context, CancellationToken stop)
    {
        if (!Guid.TryParse(id, out var key)) throw new UsageException($"\"{id}\" is not an id; \"crm keys list\" shows them.");
        return async keys =>
        {
            if (!await keys.Revoke(key, stop)) throw new CommandFailedException("there is no such key, or it was revoked before.");
            await context.Error.WriteLineAsync("Revoked. Running APIs notice within half a minute.");
            return 0;
        };
    }

    private static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture);
}
