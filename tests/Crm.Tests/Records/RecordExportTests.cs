using System.Text.Json.Nodes;
using Crm.Infrastructure;
using Microsoft.VisualBasic.FileIO;
using Xunit;

namespace Crm.Records;

/// <summary>Exports as another program reads them.</summary>
[Collection(RecordsGroup.Name)]
public sealed class RecordExportTests(RecordsFixture crm)
{
    [Fact]
    public async Task A_csv_holds_what_was_written_and_nothing_that_a_spreadsheet_would_run()
    {
        var mark = "x" + crm.NewId();
        string[] names = ["=1+1", "+49 30", "-2", "@cmd", "Say \"hi\", you", "two\tparts", "北京"];
        foreach (var name in names)
            await crm.Make(RecordKind.Product, new JsonObject
            {
                ["name"] = name, ["source"] = mark, ["tags"] = new JsonArray("=a", "b"), ["description"] = "=line 1\nline 2",
                ["price"] = new JsonObject { ["amount"] = "-1.50", ["currency"] = "EUR" },
            }.ToJsonString().Replace("\\t", " ", StringComparison.Ordinal));

        var csv = await crm.Ask("GET", $"/api/v1/products/export?format=csv&sort=createdAt&filter=source%20=%20{mark}");

        Assert.Equal((200, "text/csv", "products.csv"), (csv.Status, csv.Content.ContentType!.MediaType, csv.Content.ContentDisposition!.FileName));
        using var reader = new TextFieldParser(new StringReader(csv.Text)) { Delimiters = [","], TrimWhiteSpace = false };
        var header = reader.ReadFields()!;
        foreach (var name in names.Select(n => n.Replace('\t', ' ')))
        {
            var row = header.Zip(reader.ReadFields()!).ToDictionary(c => c.First, c => c.Second);
            Assert.Equal("=+-@".Contains(name[0], StringComparison.Ordinal) ? "'" + name : name, row["name"]);
            Assert.Equal(("-1.50", "EUR", "'=a; b", "'=line 1\nline 2"), (row["price"], row["priceCurrency"], row["tags"], row["description"].ReplaceLineEndings("\n")));
        }

        Assert.True(reader.EndOfData);
        Assert.DoesNotContain("worth", csv.Text, StringComparison.Ordinal);
        Assert.Equal("usr_admin", await crm.Database.Ask<string>($"SELECT by_whom FROM audit WHERE kind = 'product' AND action = 'export' AND changes ->> 'filter' LIKE '%{mark}'"));
    }

    [Fact]
    public async Task An_export_goes_beyond_a_page_and_misses_none()
    {
        var mark = "x" + crm.NewId();
        await crm.Database.Do($$"""
            INSERT INTO lead (id, row_version, record_version, version, state, created_at, updated_at, created_by, last_cause)
            SELECT 'le_{{mark}}_' || i, 1, 1, 1, jsonb_build_object('name', 'n', 'status', 'new', 'source', '{{mark}}'), now(), now(), 'test', gen_random_uuid()
            FROM generate_series(1, 3500) i
            """);

        var lines = (await crm.Ask("GET", $"/api/v1/leads/export?format=ndjson&fields=name&filter=source%20=%20{mark}")).Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(3_500, lines.Select(l => (string)JsonNode.Parse(l)!["id"]!).Distinct().Count());
        Assert.All(lines, l => Assert.Equal(2, ((JsonObject)JsonNode.Parse(l)!).Count));
        Assert.Equal(400, (await crm.Ask("GET", "/api/v1/leads/export?format=xml")).Status);
        Assert.Equal(400, (await crm.Ask("GET", "/api/v1/leads/export?format=csv&expand=owner")).Status);
    }
}
