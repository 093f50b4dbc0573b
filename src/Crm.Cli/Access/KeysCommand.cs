using System.Globalization;
using Crm.CommandLine;
using Npgsql;

namespace Crm.Access;

/// <summary><c>crm keys</c>: makes, lists, rotates and ends the keys of clients.</summary>
internal sealed class KeysCommand : ICliCommand
{
    public string Name => "keys";

    public string Summary => "Makes, lists, rotates and revokes the keys of clients.";

    public string Usage => "create --kind write|server|admin --name NAME [--source ID] [--rate-limit N] | list [--source ID] | rotate ID [--overlap HOURS] | revoke ID";

    public IReadOnlyList<CliOption> Options { get; } =
    [
        new("kind", "KIND", "write (sends events; may stand in pages and apps), server (also reads customers) or admin (also administers)"),
        new("name", "NAME", "what people call the key"),
        new("source", "ID", "its source, which is made when it is not there (default: the name)"),
        new("rate-limit", "N", "requests a minute that one API process takes (default: as many as come)"),
        new("overlap", "HOURS", "how long the old key works on after a rotation, 0 to 2160 (default 24)"),
    ];

    public string Details => "\"create\" and \"rotate\" print the key alone on stdout: it is shown once and stored nowhere. It is sent as the Basic user name.";

    public async Task<int> Run(Arguments arguments, CliContext context, CancellationToken cancellationToken)
    {
        Func<ApiKeys, Task<int>> action = arguments.Words switch
        {
            ["create"] => Create(arguments, context, cancellationToken),
            ["list"] => keys => List(keys, arguments.Text("source"), context, cancellationToken),
            ["rotate", var id] => Rotate(id, arguments, context, cancellationToken),
            ["revoke", var id] => Revoke(id, context, cancellationToken),
            _ => throw new UsageException("it takes create, list, rotate ID or revoke ID."),
        };
        await using var database = Database.Open(await context.Postgres(cancellationToken));
        return await action(new ApiKeys(database, TimeProvider.System));
    }

    private static Func<ApiKeys, Task<int>> Create(Arguments arguments, CliContext context, CancellationToken stop)
    {
        var (kind, scopes) = arguments.Required("kind") switch
        {
            "write" => (ApiKeyKind.Write, Scopes.Of(ApiKeyKind.Write)),
            "server" => (ApiKeyKind.Server, Scopes.Of(ApiKeyKind.Server)),
            "admin" => (ApiKeyKind.Server, Scopes.All),
            var other => throw new UsageException($"--kind is write, server or admin, not \"{other}\"."),
        };
        var name = arguments.Required("name");
        int? rate = arguments.Has("rate-limit") ? arguments.Number("rate-limit", 0, 1, ApiKeys.MaxRateLimit) : null;
        return async keys =>
        {
            try
            {
                var made = await keys.Create(new KeyOrder(kind, name, arguments.Text("source") ?? name, scopes, rate), stop: stop);
                await context.Out.WriteLineAsync(made.Secret);
                return 0;
            }
            catch (ArgumentException wrong)
            {
                throw new UsageException(wrong.Message);
            }
        };
    }

    private static async Task<int> List(ApiKeys keys, string? source, CliContext context, CancellationToken stop)
    {
        foreach (var key in await keys.List(source, stop: stop))
        {
            var state = key.RevokedAt is { } at ? $"revoked {Time(at)}" : key.LastUsedAt is { } used ? $"last used {Time(used)}" : "never used";
            if (key is { RevokedAt: null, ExpiresAt: { } end }) state += $"  works until {Time(end)}";
            if (key.RateLimit is { } rate) state += $"  {rate} requests a minute";
            var kind = key.Scopes.Contains(Scopes.Admin) ? "admin" : key.Kind.ToString().ToLowerInvariant();
            await context.Out.WriteLineAsync(
                $"{key.Id}  {kind,-6}  {key.Prefix}...  {key.Name}  source {key.Source}  made {Time(key.CreatedAt)}  {state}");
        }

        return 0;
    }

    private static Func<ApiKeys, Task<int>> Rotate(string id, Arguments arguments, CliContext context, CancellationToken stop)
    {
        var key = Id(id);
        var until = TimeProvider.System.GetUtcNow().AddHours(arguments.Number("overlap", 24, 0, 2_160));
        return async keys =>
        {
            var made = await keys.Rotate(key, until, stop: stop)
                ?? throw new CommandFailedException("there is no such key, or it works no longer, or it was rotated before.");
            await context.Out.WriteLineAsync(made.Secret);
            await context.Error.WriteLineAsync($"The old key works until {Time(until)}.");
            return 0;
        };
    }

    private static Func<ApiKeys, Task<int>> Revoke(string id, CliContext context, CancellationToken stop)
    {
        var key = Id(id);
        return async keys =>
        {
            if (!await keys.Revoke(key, stop: stop)) throw new CommandFailedException("there is no such key, or it was revoked before.");
            await context.Error.WriteLineAsync("Revoked. Running APIs notice within two seconds.");
            return 0;
        };
    }

    private static Guid Id(string text) =>
        Guid.TryParse(text, out var id) ? id : throw new UsageException($"\"{text}\" is not an id; \"crm keys list\" shows them.");

    private static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture);
}
