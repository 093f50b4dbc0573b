using Crm.Access;
using Crm.Company;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Records;

/// <summary>Activities, tasks and orders over HTTP: what the CRM sets itself, commands, worth.</summary>
[Collection(RecordsGroup.Name)]
public sealed class WorkRecordTests(RecordsFixture crm)
{
    [Fact]
    public async Task A_task_knows_when_it_was_done()
    {
        var id = await crm.Make(RecordKind.ToDo, """{"due":"2026-05-01T10:00:00+02:00","priority":"high"}""");
        var open = await crm.Ask("GET", "/api/v1/tasks/" + id);
        Assert.Equal(("open", "high", "2026-05-01T08:00:00.000Z", null), (open["status"], open["priority"], open["due"], open["doneAt"]));

        Assert.NotNull((await crm.Ask("PATCH", "/api/v1/tasks/" + id, """{"status":"done"}"""))["doneAt"]);
        Assert.Null((await crm.Ask("PATCH", "/api/v1/tasks/" + id, """{"status":"open"}"""))["doneAt"]);
        Assert.Equal(422, (await crm.Ask("PATCH", "/api/v1/tasks/" + id, """{"doneAt":"2026-05-01T10:00:00Z"}""")).Status);
    }

    [Fact]
    public async Task An_activity_says_something()
    {
        Assert.Equal(422, (await crm.Ask("POST", "/api/v1/activities", """{"type":"call"}""")).Status);
        Assert.Equal(422, (await crm.Ask("POST", "/api/v1/activities", """{"subject":"x","durationMinutes":-1}""")).Status);
        var note = await crm.Ask("POST", "/api/v1/activities", """{"body":"They\ncalled","participants":["usr_1","Ada"]}""");
        Assert.Equal((201, "note"), (note.Status, note["type"]));
        Assert.NotNull(note["at"]);
        Assert.Contains(note["id"], (await crm.Ask("GET", "/api/v1/activities?filter=participants%20has%20Ada")).Ids);
    }

    [Fact]
    public async Task An_order_from_the_catalogue_is_paid_and_given_back_once_for_each_request()
    {
        var product = await crm.Make(RecordKind.Product, """{"name":"Tea","price":{"amount":"10","currency":"EUR"},"taxRate":7}""");
        var made = await crm.Ask("POST", "/api/v1/orders", $$"""{"lines":[{"product":"{{product}}","quantity":3,"discountPercent":10}]}""");
        Assert.Equal((201, "28.89", "1.89", "3.00"), (made.Status, (string?)made.Json["total"]!["amount"], (string?)made.Json["tax"]!["amount"], (string?)made.Json["discount"]!["amount"]));
        Assert.Equal("Tea", (string?)made.Json["lines"]![0]!["name"]);
        var path = "/api/v1/orders/" + made["id"];

        var missing = await crm.Ask("POST", "/api/v1/orders", """{"lines":[{"product":"pr_none","price":1}]}""");
        Assert.Equal((422, true), (missing.Status, missing["detail"]!.Contains("pr_none", StringComparison.Ordinal)));
        Assert.Equal((409, "urn:crm:problem:refused"), ((await crm.Ask("POST", path + "/refund")).Status, (await crm.Ask("POST", path + "/refund")).Type));
        var once = ("Idempotency-Key", "pay-" + crm.NewId());
        Assert.Equal("partly_paid", (await crm.Ask("POST", path + "/pay", """{"amount":"8.89"}""", headers: once))["paymentState"]);
        Assert.Equal("8.89", (string?)(await crm.Ask("POST", path + "/pay", """{"amount":"8.89"}""", headers: once)).Json["paid"]!["amount"]);
        Assert.Equal(412, (await crm.Ask("POST", path + "/pay", "{}", headers: ("If-Match", "\"1.1\""))).Status);
        Assert.Equal("paid", (await crm.Ask("POST", path + "/pay", "{}", headers: ("If-Match", "\"2.2\"")))["status"]);
        Assert.Equal("refunded", (await crm.Ask("POST", path + "/refund", """{"reason":"broken"}"""))["status"]);
        Assert.Equal(404, (await crm.Ask("POST", path + "/explode", "{}")).Status);
    }

    [Fact]
    public async Task Money_is_worth_what_it_was_when_it_was_written_and_nothing_without_a_rate()
    {
        var mark = "w" + crm.NewId();
        await Rates(("EUR", 1.25m));
        var (euros, pounds) = (await Priced(mark, "EUR"), await Priced(mark, "GBP"));
        Assert.Equal(1.25m * 8, await Worth(euros));
        Assert.Equal(0, await crm.Database.Ask<long>($"SELECT count(*) FROM product WHERE id = '{pounds}' AND price_worth IS NOT NULL"));

        await Rates(("EUR", 2m), ("GBP", 3m));
        await crm.Ask("PATCH", "/api/v1/products/" + euros, """{"name":"Renamed","price":{"amount":"8.00","currency":"eur"}}""");
        Assert.Equal(1.25m * 8, await Worth(euros));
        await crm.Ask("PATCH", "/api/v1/products/" + euros, """{"price":{"amount":"9","currency":"EUR"}}""");
        Assert.Equal(18m, await Worth(euros));

        var listed = await crm.Ask("GET", $"/api/v1/products?filter=source%20=%20{mark}%20and%20price%20>%2017&sort=-price");
        Assert.Equal([euros], listed.Ids);
        Assert.Equal("""{"amount":"9.00","currency":"EUR"}""", listed.Items[0]!["price"]!.ToJsonString());
    }

    private Task<string> Priced(string mark, string currency) =>
        crm.Make(RecordKind.Product, $$$"""{"source":"{{{mark}}}","price":{"amount":"8","currency":"{{{currency}}}"}}""");

    private Task<decimal> Worth(string id) => crm.Database.Ask<decimal>($"SELECT price_worth FROM product WHERE id = '{id}'");

    private async Task Rates(params (string Currency, decimal Rate)[] rates)
    {
        var settings = await crm.Grains.Company().Get();
        Assert.Null(await crm.Grains.Company().Set(settings with { Rates = [.. rates.Select(r => new ExchangeRate(r.Currency, new DateOnly(2020, 1, 1), r.Rate))] }, ChangeCause.CommandLine));
        await Eventually.True(() => crm.Settings.Current.Rates.Count == rates.Length, "the silo knows the rates");
    }
}
