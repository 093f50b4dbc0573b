using Crm.CommandLine;
using Crm.Records;

namespace Crm.Access;

/// <summary><c>crm sources</c>: where events come from.</summary>
internal sealed class SourcesCommand : ICliCommand
{
    private const int MaxTries = 5;

    public string Name => "sources";

    public string Summary => "Lists, makes, changes and removes sources: the sites and apps that events come from.";

    public string Usage => "list | create ID [--name NAME] [--kind KIND] ... | update ID ... | delete ID";

    public IReadOnlyList<CliOption> Options { get; } =
    [
        new("name", "NAME", "what people call the source"),
        new("kind", "KIND", string.Join(", ", Source.Kinds)),
        new("origins", "LIST", "pages that may use its keys, such as https://shop.example,https://*.shop.example; all: any page"),
        new("retention-days", "N", "days that its events are kept; 0: as long as the company keeps any"),
        new("violations", "WHAT", "keep or refuse events that break its data plan"),
        new("enabled", "YES", "true or false: whether its keys do anything"),
    ];

    public string Details => "Removing a source removes its keys and its data plan. Running APIs notice every change within two seconds.";

    public async Task<int> Run(Arguments arguments, CliContext context, CancellationToken cancellationToken)
    {
        Func<Sources, Task> action = arguments.Words switch
        {
            ["list"] => sources => List(sources, context, cancellationToken),
            ["create", var id] => sources => Create(sources, id, arguments, cancellationToken),
            ["update", var id] => sources => Update(sources, id, arguments, cancellationToken),
            ["delete", var id] => sources => Delete(sources, id, cancellationToken),
            _ => throw new UsageException("it takes list, create ID, update ID or delete ID."),
        };
        await using var database = Database.Open(await context.Postgres(cancellationToken));
        await action(new Sources(database, TimeProvider.System));
        return 0;
    }

    private static async Task List(Sources sources, CliContext context, CancellationToken stop)
    {
        foreach (var source in await sources.List(stop: stop))
        {
            var origins = source.AllowedOrigins.Count == 0 ? "any origin" : string.Join(',', source.AllowedOrigins);
            var days = source.RetentionDays is { } kept ? $"  {kept} days" : "";
            await context.Out.WriteLineAsync(
                $"{source.Id}  {source.Kind,-6}  {source.Name}  {origins}  {(source.RefusesViolations ? "refuses" : "keeps")} violations{days}{(source.Enabled ? "" : "  disabled")}");
        }
    }

    private static async Task Create(Sources sources, string id, Arguments arguments, CancellationToken stop)
    {
        if (!ApiKeys.IsName(id)) throw new UsageException($"an id is 1 to {ApiKeys.MaxNameLength} printable characters.");
        if (await sources.Create(Changed(new Source(id, id, "web"), arguments), ChangeCause.CommandLine, stop) is null)
            throw new CommandFailedException("there is a source with this id.");
    }

    private static async Task Update(Sources sources, string id, Arguments arguments, CancellationToken stop)
    {
        for (var attempt = 0; attempt < MaxTries; attempt++)
        {
            var source = await sources.Get(id, stop) ?? throw new CommandFailedException("there is no such source.");
            if (await sources.Update(Changed(source, arguments), ChangeCause.CommandLine, stop) is not null) return;
        }

        throw new CommandFailedException("others are changing it; try again.");
    }

    private static async Task Delete(Sources sources, string id, CancellationToken stop)
    {
        if (await sources.Delete(id, null, ChangeCause.CommandLine, stop) != RecordWrite.Done) throw new CommandFailedException("there is no such source.");
    }

    private static Source Changed(Source source, Arguments arguments)
    {
        if (arguments.Text("name") is { } name)
            source = ApiKeys.IsName(name) ? source with { Name = name } : throw new UsageException($"a name is 1 to {ApiKeys.MaxNameLength} printable characters.");
        if (arguments.Text("kind") is { } kind)
            source = Source.Kinds.Contains(kind) ? source with { Kind = kind } : throw new UsageException($"--kind is one of {string.Join(", ", Source.Kinds)}.");
        if (arguments.Text("origins") is { } origins) source = source with { AllowedOrigins = origins == "all" ? [] : Read(origins) };
        if (arguments.Has("retention-days"))
            source = source with { RetentionDays = arguments.Number("retention-days", 0, 0, Source.MaxRetentionDays) is > 0 and var days ? days : null };
        if (arguments.Text("violations") is { } violations)
            source = source with { RefusesViolations = OneOf("violations", violations, "refuse", "keep") };
        if (arguments.Text("enabled") is { } enabled) source = source with { Enabled = OneOf("enabled", enabled, "true", "false") };
        return source;
    }

    private static string[] Read(string origins)
    {
        var list = origins.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (list.Length > Source.MaxOrigins) throw new UsageException($"a source has at most {Source.MaxOrigins} origins.");
        return [.. list.Select(o => Origins.Normal(o) ?? throw new UsageException($"\"{o}\" is no origin such as https://shop.example."))];
    }

    private static bool OneOf(string option, string text, string yes, string no) =>
        text == yes || (text == no ? false : throw new UsageException($"--{option} is {yes} or {no}, not \"{text}\"."));
}
