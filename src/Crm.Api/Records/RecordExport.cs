using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Hosting;
using Crm.Records.Filters;

namespace Crm.Records;

/// <summary>Takes many records out, as CSV or as lines of JSON: read page by page and sent as they are read, whatever their number.</summary>
internal static class RecordExport
{
    private const int PageSize = 1_000;

    /// <param name="within">What else holds for all of them; null for nothing.</param>
    /// <param name="segment">The segment that this makes of it, for the audit.</param>
    public static async Task<IResult> Run(HttpContext context, RecordKind kind, Filter? within = null, string? segment = null)
    {
        var format = context.Request.Query["format"].ToString();
        if (format is not ("csv" or "ndjson")) return RecordRequests.BadQuery("format must be csv or ndjson.");
        if (context.Actor().Reach(RecordAction.Export, kind.Name).IsEmpty) return RecordCommands.Forbidden with { Title = $"Your role may not export {kind.Plural}." };
        var (request, problem) = await ListRequest.Read(context, kind, RecordAction.Export);
        if (request is null) return problem!;
        if (request.Apart is { } alone) return alone;
        if (request.Expand.Count > 0 || request.Count || request.Sum is not null) return RecordRequests.BadQuery("An export takes filter, sort, fields, q and trash.");
        if (within is not null) request = request with { Query = request.Query with { Filter = new Filter.All([request.Query.Filter, within]) } };
        var lists = context.RequestServices.GetRequiredService<RecordLists>();
        try
        {
            var first = await lists.Page(request.Query with { Limit = PageSize }, context.RequestAborted);
            await Note(context, kind, segment);
            return Results.Stream(
                body => Write(context, request, first, lists, format, body), format == "csv" ? "text/csv; charset=utf-8" : "application/x-ndjson", $"{kind.Plural}.{format}");
        }
        catch (ListTooSlowException)
        {
            return RecordReads.TooSlow;
        }
        catch (BadPlaceException)
        {
            return ListRequest.BadCursor;
        }
    }

    // Before anything is sent: what nobody knows of does not leave.
    private static Task Note(HttpContext context, RecordKind kind, string? segment)
    {
        var asked = context.Request.Query.ToDictionary(q => q.Key, q => q.Value.ToString());
        if (segment is not null) asked["segment"] = segment;
        return context.RequestServices.GetRequiredService<RecordAudit>()
            .Write(kind.Name, "", "export", JsonSerializer.Serialize(asked), RecordCommands.Cause(context), context.RequestAborted);
    }

    private static async Task Write(HttpContext context, ListRequest request, ListedPage page, RecordLists lists, string format, Stream body)
    {
        var (actor, fields, stop) = (context.Actor(), context.Fields(request.Query.Kind.Name), context.RequestAborted);
        var csv = format == "csv" ? new CsvColumns(context.Seen(request.Query.Kind), request.Fields) : null;
        await using var writer = new StreamWriter(body, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true);
        if (csv is not null) await writer.WriteAsync(csv.Header().AsMemory(), stop);
        while (true)
        {
            foreach (var listed in page.Records)
            {
                var json = RecordJson.Of(listed.State, actor, fields);
                var line = csv is not null ? csv.Line(json) : (request.Fields is { } only ? RecordJson.Only(json, only) : json).ToJsonString(RecordJson.Options) + "\n";
                await writer.WriteAsync(line.AsMemory(), stop);
            }

            if (page.IsLast) return;
            await writer.FlushAsync(stop);
            var last = page.Records[^1];
            try
            {
                page = await lists.Page(request.Query with { Limit = PageSize, After = (last.SortValue, last.State.Id) }, stop);
            }
            catch (ListTooSlowException)
            {
                // Half an export must not look like a whole one.
                context.Abort();
                return;
            }
        }
    }
}

/// <summary>The columns of an export: money has one for its currency, lists are joined, what has an inside is JSON.</summary>
internal sealed class CsvColumns
{
    private readonly List<(string Name, string Path, bool IsMoney)> _columns;

    public CsvColumns(SeenFields fields, IReadOnlyList<string>? only)
    {
        var rules = fields.Rules.Where(r => r.Field.Type != FieldType.Html).ToDictionary(r => r.Field.Name, r => r.Field.Type);
        string[] all = ["id", .. rules.Keys.Where(n => n != "id"), "recordVersion", "version", "deletedAt"];
        _columns = [.. (only is null ? all : all.Where(n => n == "id" || only.Contains(n))).Select(n => (n, n, rules.GetValueOrDefault(n) == FieldType.Money))];
    }

    public string Header() => Row(_columns.SelectMany(c => c.IsMoney ? [c.Name, c.Name + "Currency"] : new[] { c.Name }));

    public string Line(JsonObject record) => Row(_columns.SelectMany(c => c.IsMoney
        ? [Cell(Value(record, c.Path)?["amount"], isNumber: true), Cell(Value(record, c.Path)?["currency"])]
        : new[] { Cell(Value(record, c.Path)) }));

    private static JsonNode? Value(JsonObject record, string path) => path.StartsWith(CustomField.Prefix, StringComparison.Ordinal)
        ? record[KindFields.Member]?[path[CustomField.Prefix.Length..]]
        : record[path];

    private static string Row(IEnumerable<string> cells) => string.Join(',', cells) + "\r\n";

    private static string Cell(JsonNode? value, bool isNumber = false) => value switch
    {
        null => "",
        JsonArray list when list.All(v => v is JsonValue) => Quoted(Harmless(string.Join("; ", list.Select(v => v!.ToString())))),
        JsonValue text when text.GetValueKind() == JsonValueKind.String => Quoted(isNumber ? text.ToString() : Harmless(text.ToString())),
        _ => Quoted(value.ToJsonString(RecordJson.Options)),
    };

    // A spreadsheet runs a cell that begins so; the apostrophe makes it a text, and is not shown.
    private static string Harmless(string text) => text.Length > 0 && text[0] is '=' or '+' or '-' or '@' or '\t' or '\r' or '\n' or '＝' or '＋' or '－' or '＠' ? "'" + text : text;

    private static string Quoted(string text) => text.AsSpan().ContainsAny(",\"\r\n;") || text.StartsWith(' ') || text.EndsWith(' ')
        ? "\"" + text.Replace("\"", "\"\"", StringComparison.Ordinal) + "\""
        : text;
}
