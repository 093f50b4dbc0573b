using System.Globalization;
using Xunit;

namespace Crm.Records;

/// <summary>Pages that miss none and repeat none: equal values, empty ones, records that come meanwhile, a thousand pages and more.</summary>
[Collection(RecordsGroup.Name)]
public sealed class RecordPagingTests(RecordsFixture crm)
{
    private const int Records = 5_050;
    private const int PageSize = 5;

    [Theory]
    [InlineData("size")]
    [InlineData("-size")]
    [InlineData("-name")]
    [InlineData("createdAt")]
    public async Task A_thousand_pages_hold_each_record_once_and_in_order(string sort)
    {
        var mark = "p" + crm.NewId();
        var all = await Store(mark);
        var path = $"/api/v1/companies?filter=source%20=%20{mark}&sort={sort}&limit={PageSize}";
        var (seen, pages, cursor) = (new List<string>(), 0, (string?)null);
        do
        {
            var page = await crm.Ask("GET", path + (cursor is null ? "" : "&cursor=" + cursor));
            Assert.True(page.Status == 200, page.Text);
            seen.AddRange(page.Ids);
            cursor = page["next"];
            if (++pages % 100 == 0) await crm.Make(RecordKind.Company, $$"""{"name":"Late","source":"{{mark}}","size":{{pages % 4}}}""");
        }
        while (cursor is not null);

        Assert.True(pages > 1_000);
        Assert.Equal(seen.Count, seen.Distinct().Count());
        Assert.Equal(Ordered(all, sort), seen.Where(id => id.StartsWith("co_" + mark, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_cursor_goes_with_its_question_alone()
    {
        await crm.Make(RecordKind.Lead);
        await crm.Make(RecordKind.Lead);
        var next = (await crm.Ask("GET", "/api/v1/leads?limit=1"))["next"]!;

        Assert.Equal(200, (await crm.Ask("GET", "/api/v1/leads?limit=2&cursor=" + next)).Status);
        Assert.Equal(400, (await crm.Ask("GET", "/api/v1/leads?sort=name&cursor=" + next)).Status);
        Assert.Equal(400, (await crm.Ask("GET", "/api/v1/tasks?cursor=" + next)).Status);
        Assert.Equal(400, (await crm.Ask("GET", "/api/v1/leads?filter=name%20=%20x&cursor=" + next)).Status);
        Assert.Equal(400, (await crm.Ask("GET", "/api/v1/leads?cursor=" + next[..^2])).Status);
        var question = RecordCursor.Question("lead", "", "-createdAt", "", "");
        Assert.Equal(400, (await crm.Ask("GET", "/api/v1/leads?cursor=" + RecordCursor.Write(question, "no time", "le_1"))).Status);
        Assert.Equal(200, (await crm.Ask("GET", "/api/v1/leads?cursor=" + RecordCursor.Write(question, "2026-01-01", "\0"))).Status);
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=201")]
    [InlineData("limit=x")]
    [InlineData("sort=nothing")]
    [InlineData("sort=tags")]
    [InlineData("sort=--name")]
    [InlineData("fields=nothing")]
    [InlineData("expand=name")]
    [InlineData("count=maybe")]
    [InlineData("filtre=name")]
    [InlineData("filter=address%20=%20x")]
    [InlineData("q=a%20b%20c%20d%20e%20f")]
    public async Task A_question_that_cannot_be_used_is_refused(string query) =>
        Assert.Equal((query, 400), (query, (await crm.Ask("GET", "/api/v1/companies?" + query)).Status));

    [Fact]
    public async Task A_filter_is_told_where_its_fault_is()
    {
        var wrong = await crm.Ask("GET", "/api/v1/companies?filter=" + Uri.EscapeDataString("name = x and sise > 3"));

        Assert.Equal((400, "urn:crm:problem:bad-filter", "13"), (wrong.Status, wrong.Type, wrong["at"]));
        Assert.Contains("sise", wrong["detail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_that_takes_too_long_ends_in_words()
    {
        // Somebody holds the table: the statement waits for it until its time is over.
        await using var connection = await crm.Database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var hold = connection.CreateCommand())
        {
            hold.CommandText = "LOCK TABLE product IN ACCESS EXCLUSIVE MODE";
            await hold.ExecuteNonQueryAsync();
        }

        var slow = await crm.Ask("GET", "/api/v1/products");

        Assert.Equal((422, "urn:crm:problem:too-slow"), (slow.Status, slow.Type));
    }

    [Theory]
    [InlineData("北京", "北京华联")]
    [InlineData("华", "北京华联")]
    [InlineData("联 北", "北京华联")]
    [InlineData("acme", "ACME Ltd")]
    [InlineData("ltd me", "ACME Ltd")]
    [InlineData("100%", "100% Wool")]
    [InlineData("ü", "Müller 株式会社")]
    [InlineData("会社", "Müller 株式会社")]
    [InlineData("田中さん", "田中さん")]
    public async Task Names_of_every_script_are_found_by_their_parts(string words, string name)
    {
        var mark = "s" + crm.NewId();
        foreach (var each in (string[])["北京华联", "ACME Ltd", "100% Wool", "1000 Wool", "Müller 株式会社", "田中さん", "京北"])
            await crm.Make(RecordKind.Company, $$"""{"name":"{{each}}","source":"{{mark}}"}""");

        var found = await crm.Ask("GET", $"/api/v1/companies?q={Uri.EscapeDataString(words)}&filter=source%20=%20{mark}");

        Assert.Equal([name], found.Items.Select(i => (string)i!["name"]!));
    }

    private async Task<IReadOnlyList<(string Id, int? Size, string Name)>> Store(string mark)
    {
        await using var command = crm.Database.CreateCommand($$"""
            INSERT INTO company (id, row_version, record_version, version, state, created_at, updated_at, created_by, last_cause)
            SELECT 'co_{{mark}}_' || lpad(i::text, 5, '0'), 1, 1, 1,
              jsonb_strip_nulls(jsonb_build_object('name', 'Name ' || i % 7, 'source', '{{mark}}', 'size', CASE WHEN i % 5 > 0 THEN i % 4 END)),
              timestamptz '2026-01-01' + make_interval(secs => i / 3), now(), 'test', gen_random_uuid()
            FROM generate_series(1, {{Records}}) i RETURNING id, size::int, name
            """);
        await using var rows = await command.ExecuteReaderAsync();
        var all = new List<(string, int?, string)>();
        while (await rows.ReadAsync()) all.Add((rows.GetString(0), rows.IsDBNull(1) ? null : rows.GetInt32(1), rows.GetString(2)));
        return all;
    }

    // What is empty comes last, whichever way; equal ones go by their ids in the same way.
    private static IEnumerable<string> Ordered(IReadOnlyList<(string Id, int? Size, string Name)> all, string sort)
    {
        var numbered = all.Select(r => (r.Id, Value: sort switch
        {
            "size" or "-size" => r.Size?.ToString("D5", CultureInfo.InvariantCulture),
            "-name" => r.Name,
            _ => (int.Parse(r.Id[^5..], CultureInfo.InvariantCulture) / 3).ToString("D5", CultureInfo.InvariantCulture),
        })).ToArray();
        var up = numbered.OrderBy(r => r.Value is null).ThenBy(r => r.Value, StringComparer.Ordinal).ThenBy(r => r.Id, StringComparer.Ordinal);
        var down = numbered.OrderBy(r => r.Value is null).ThenByDescending(r => r.Value, StringComparer.Ordinal).ThenByDescending(r => r.Id, StringComparer.Ordinal);
        return (sort[0] == '-' ? down : up).Select(r => r.Id);
    }
}
