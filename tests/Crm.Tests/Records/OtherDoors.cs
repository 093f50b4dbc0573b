using System.Globalization;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Records;

/// <summary>
/// The doors of the matrix beside lists and single records: search, timelines (of the record, and of a company that everybody sees and that
/// the records belong to), the board and the forecast. All of a kind's records carry the mark.
/// </summary>
internal sealed class OtherDoors(RecordsFixture crm, RecordKind kind, string mark)
{
    private static readonly Dictionary<string, string> s_entries = new()
    {
        [RecordKinds.Activity] = TimelineKinds.Activity, [RecordKinds.TaskKind] = TimelineKinds.ToDo, [RecordKinds.Order] = TimelineKinds.Order,
        [RecordKinds.Lead] = TimelineKinds.Conversion, [RecordKinds.Deal] = TimelineKinds.Stage, [RecordKinds.Customer] = TimelineKinds.Activity,
    };

    private readonly Dictionary<string, string> _notes = [];
    private string _company = "";

    public static bool HasTimeline(RecordKind kind) => kind == RecordKind.Customer || kind == RecordKind.Company || kind == RecordKind.Deal;

    /// <summary>Makes a record that stands in all of the doors.</summary>
    public async Task<string> Make(string belongs)
    {
        if (_company.Length == 0 && kind != RecordKind.Company) _company = await crm.Make(RecordKind.Company);
        var fields = (JsonObject)JsonNode.Parse(belongs)!;
        (fields["source"], fields[kind == RecordKind.Activity || kind == RecordKind.ToDo ? "subject" : "name"]) = (mark, $"{mark} and more");
        if (kind.Rule("company") is { Field.Type: FieldType.Link }) fields["company"] = _company;
        if (kind == RecordKind.Deal) (fields["amount"], fields["closeDate"]) = (new JsonObject { ["amount"] = "1", ["currency"] = "USD" }, Month + "-10");
        var id = await crm.Make(kind, fields.ToJsonString());
        foreach (var link in (string[])[RecordKinds.Customer, RecordKinds.Deal])
            if (kind.Name == link) _notes[await crm.Make(RecordKind.Activity, new JsonObject { [link] = id }.ToJsonString())] = id;
        return id;
    }

    /// <summary>That each shows what the scope covers, and nothing else.</summary>
    public async Task Check(string user, IReadOnlyList<string> seen, RecordScope scope)
    {
        string[] found = [.. (await Found(user)).Order()];
        Assert.True(seen.SequenceEqual(found), $"{user} should find {string.Join(' ', seen)} and found {string.Join(' ', found)}; asked again {string.Join(' ', await Found(user))}.");
        if (s_entries.TryGetValue(kind.Name, out var entry)) Assert.Equal(seen, await Entries(entry, user));
        if (kind != RecordKind.Deal) return;

        Assert.Equal(seen, await Entries(TimelineKinds.Activity, user));
        var board = (await Asked($"/api/v1/pipelines/default/board?limit=100&filter=source%20=%20{mark}", user)).Json["stages"]!.AsArray();
        Assert.Equal(seen, board.SelectMany(s => s!["items"]!.AsArray()).Select(i => (string)i!["id"]!).Order());
        Assert.Equal(seen.Count, board.Sum(s => (int)s!["count"]!));
        var forecast = await crm.Ask("GET", $"/api/v1/forecast?from={Month}&to={Month}", user: user);
        Assert.Equal(scope == RecordScope.None ? 403 : 200, forecast.Status);
        if (scope != RecordScope.None) Assert.Equal(seen.Count, forecast.Items.Sum(i => (int)i!["openDeals"]!));
    }

    // Of a month that is the mark's own.
    private string Month
    {
        get
        {
            var number = int.Parse(string.Concat(mark.Where(char.IsAsciiDigit)), CultureInfo.InvariantCulture);
            return string.Create(CultureInfo.InvariantCulture, $"{2040 + (number / 12):D4}-{1 + (number % 12):D2}");
        }
    }

    private async Task<IEnumerable<string>> Found(string user) => (await Asked($"/api/v1/{kind.Plural}?limit=200&q={mark}", user)).Ids;

    private async Task<string[]> Entries(string entry, string user)
    {
        // As a conversion leaves a lead.
        if (kind == RecordKind.Lead)
            await crm.Database.Do($$"""UPDATE lead SET state = state || '{"companyId":"{{_company}}","convertedAt":"2026-01-01T00:00:00.000Z"}' WHERE source = '{{mark}}'""");
        var ids = (await Asked($"/api/v1/companies/{_company}/timeline?limit=200&kinds={entry}", user)).Items.Select(i => (string)i!["record"]!["id"]!);
        return [.. ids.Select(id => _notes.GetValueOrDefault(id, id)).Distinct().Order()];
    }

    private async Task<RecordsFixture.Answer> Asked(string path, string user)
    {
        var answer = await crm.Ask("GET", path, user: user);
        Assert.True(answer.Status == 200, $"{path}: {answer.Text}");
        return answer;
    }
}
