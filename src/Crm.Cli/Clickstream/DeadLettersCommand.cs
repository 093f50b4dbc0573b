using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Crm.CommandLine;
using Crm.Sending;

namespace Crm.Clickstream;

/// <summary><c>crm dead-letters</c>: what could not be accepted or applied, and its replay.</summary>
internal sealed class DeadLettersCommand : ICliCommand
{
    private const int DefaultLimit = 100;

    public string Name => "dead-letters";

    public string Summary => "Lists, counts, replays and removes what could not be accepted or applied.";

    public string Usage => "list | counts | replay [ID ...] | delete [ID ...]  [--source ID] [--reason NAME] [--stage ingest|silo] [--limit N]";

    public IReadOnlyList<CliOption> Options { get; } =
    [
        new("source", "ID", "only those of a source"),
        new("reason", "NAME", "only those of a reason, such as refused, plan, rate, poison"),
        new("stage", "STAGE", "ingest (not accepted) or silo (not applied)"),
        new("limit", "N", $"at most so many (default {DefaultLimit}, at most {DeadLetterStore.MaxAtATime})"),
        new("all", null, "replay or delete without naming which"),
    ];

    public string Details =>
        "\"replay\" asks the running API, which sends each event through the accept path again with its messageId and its times; it prints\n"
        + "what became of each. What was replayed is marked, and never replayed twice.";

    public async Task<int> Run(Arguments arguments, CliContext context, CancellationToken cancellationToken)
    {
        var limit = arguments.Number("limit", DefaultLimit, 1, DeadLetterStore.MaxAtATime);
        var filter = Filter(arguments);
        string[] words = [.. arguments.Words];
        return words switch
        {
            ["list"] => await WithStore(context, letters => List(letters, filter, limit, context, cancellationToken), cancellationToken),
            ["counts"] => await WithStore(context, letters => Counts(letters, filter, context, cancellationToken), cancellationToken),
            ["replay", .. var ids] => await Replay(arguments, ids, filter, limit, context, cancellationToken),
            ["delete", .. var ids] => await WithStore(
                context, letters => Delete(letters, Chosen(arguments, ids, filter), filter, limit, context, cancellationToken), cancellationToken),
            _ => throw new UsageException("it takes list, counts, replay or delete."),
        };
    }

    private static async Task<int> WithStore(CliContext context, Func<DeadLetterStore, Task> action, CancellationToken stop)
    {
        await using var database = Database.Open(await context.Postgres(stop));
        await action(new DeadLetterStore(database, TimeProvider.System));
        return 0;
    }

    private static async Task List(DeadLetterStore letters, LetterFilter filter, int limit, CliContext context, CancellationToken stop)
    {
        // Without the sample: a terminal's scrollback is no place for people's data.
        foreach (var letter in await letters.List(filter, limit, stop: stop))
        {
            var state = letter.Replayed ? $"  replayed {Time(letter.ReplayedAt!.Value)}" : "";
            await context.Out.WriteLineAsync($"{letter.Id}  {Time(letter.At)}  {letter.Source}  {letter.Code}  {letter.Event ?? letter.Call ?? "-"}  {letter.Reason}{state}");
        }
    }

    private static async Task Counts(DeadLetterStore letters, LetterFilter filter, CliContext context, CancellationToken stop)
    {
        foreach (var count in await letters.Counts(filter, stop))
            await context.Out.WriteLineAsync($"{count.Open,8} open  {count.Replayed,8} replayed  {count.Source}  {count.Code}  {count.Reason}");
    }

    private static async Task Delete(
        DeadLetterStore letters, LetterId[]? named, LetterFilter filter, int limit, CliContext context, CancellationToken stop)
    {
        var ids = named ?? [.. (await letters.List(filter, limit, stop: stop)).Select(l => l.Id)];
        await context.Out.WriteLineAsync($"{await letters.Delete(ids, stop)} removed");
    }

    private static async Task<int> Replay(
        Arguments arguments, string[] words, LetterFilter filter, int limit, CliContext context, CancellationToken stop)
    {
        var ids = Chosen(arguments, words, filter);
        await using var key = await RunKey.ForAdministering("dead-letters", context, stop);
        using var http = EventSender.Connect(context.Api(), key.Secret, connections: 1);
        object body = ids is not null
            ? new { ids = ids.Select(i => i.ToString()) }
            : new { filter = new { source = filter.Source, reason = filter.Code, stage = arguments.Text("stage") }, limit };
        using var response = await http.PostAsJsonAsync(new Uri("api/v1/dead-letters/replay", UriKind.Relative), body, stop);
        var text = await response.Content.ReadAsStringAsync(stop);
        if (!response.IsSuccessStatusCode) throw new CommandFailedException($"the API answered {(int)response.StatusCode}: {text}");
        using var answer = JsonDocument.Parse(text);
        var failed = false;
        foreach (var result in answer.RootElement.GetProperty("data").EnumerateArray())
        {
            var status = result.GetProperty("status").GetString();
            failed |= status is not ("replayed" or "already");
            await context.Out.WriteLineAsync($"{result.GetProperty("id").GetString()}  {status}  {result.GetProperty("detail").GetString()}".TrimEnd());
        }

        return failed ? 1 : 0;
    }

    private static LetterId[]? Chosen(Arguments arguments, string[] words, LetterFilter filter)
    {
        if (words.Length > DeadLetterStore.MaxAtATime) throw new UsageException($"it takes at most {DeadLetterStore.MaxAtATime} ids at a time.");
        if (words.Length > 0)
            return [.. words.Select(w => LetterId.TryParse(w, out var id) ? id : throw new UsageException($"\"{w}\" is no id; \"crm dead-letters list\" shows them."))];
        if (filter == new LetterFilter() && !arguments.Has("all")) throw new UsageException("name the dead letters by ids, by --source, --reason or --stage, or say --all.");
        return null;
    }

    private static LetterFilter Filter(Arguments arguments) => new(
        arguments.Text("source"),
        arguments.Text("reason"),
        arguments.Text("stage") switch
        {
            null => null,
            "ingest" => false,
            "silo" => true,
            var other => throw new UsageException($"--stage is ingest or silo, not \"{other}\"."),
        });

    private static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
