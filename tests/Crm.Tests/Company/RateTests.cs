using Crm.Access;
using Crm.Deals;
using Crm.Infrastructure;
using Crm.Records;
using Xunit;

namespace Crm.Company;

/// <summary>Rates and the base currency over the API, and what becomes of the money that is there already.</summary>
public sealed class RateTests(DealsFixture crm) : IClassFixture<DealsFixture>
{
    private const string Path = "/api/v1/settings/rates";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task Money_is_worth_what_the_rates_say_also_that_which_was_there_before()
    {
        var (dollars, euros) = (await Deal("USD"), await Deal("EUR"));
        var before = await Read(dollars);
        Assert.Equal("100.00", before.Worth);
        Assert.Null((await Read(euros)).Worth);
        await Eventually.True(async () => await Settled(), "the first terms are kept", s_patience);

        // A rate comes: what had no worth gets one, what has one keeps it.
        var table = await crm.Ask("POST", Path, """{"rates":[{"currency":"EUR","from":"2020-01-01","rate":1.25}]}""");
        Assert.True(table.Json.GetProperty("revaluing").GetBoolean());
        await Eventually.True(async () => (await Read(euros)).Worth == "125.00", "the deal in euros gets its worth", s_patience);
        Assert.Equal(before, await Read(dollars));
        await Eventually.True(async () => await Settled(), "all are revalued", s_patience);
        Assert.Equal("225.00", await Open());

        // The base currency changes: all are worth something else, and nobody has edited them.
        var changed = await crm.Ask("PUT", Path, """{"baseCurrency":"EUR","rates":[{"currency":"USD","from":"2020-01-01","rate":"0.8"}]}""");
        Assert.Equal("EUR", changed.Text("baseCurrency"));
        await Eventually.True(async () => (await Read(dollars)).Worth == "80.00", "the deal in dollars is worth 80 euros", s_patience);
        await Eventually.True(async () => await Settled(), "all are revalued again", s_patience);
        Assert.Equal("100.00", (await Read(euros)).Worth);
        var after = await Read(dollars);
        Assert.Equal((before.RecordVersion, before.UpdatedAt), (after.RecordVersion, after.UpdatedAt));
        Assert.Equal("180.00", await Open());
        Assert.Equal((1L, 2L), (await Lines("deal", dollars, "revalue", "amount"), await Lines("settings", "company", "edit", "rates")));
    }

    [Fact]
    public async Task What_is_no_table_of_rates_is_refused_in_words()
    {
        foreach (var (method, body, word) in new (string, string, string)[]
        {
            ("POST", """{"rates":[{"currency":"usd","from":"2026-01-01","rate":1}]}""", "ISO 4217"),
            ("POST", """{"rates":[{"currency":"CHF","from":"2026-01-01","rate":0}]}""", "above 0"),
            ("POST", """{"rates":[{"currency":"CHF","from":"yesterday","rate":1}]}""", "Rates are a list"),
            ("POST", """{"rates":[null]}""", "Rates are a list"),
            ("POST", """{"rates":null}""", "Rates are a list"),
            ("POST", "{}", "Rates are a list"),
            ("PUT", """{"rates":[],"colour":1}""", "Rates are a list"),
            ("PUT", """{"baseCurrency":"euro","rates":[]}""", "base currency"),
            ("PUT", """{"rates":[{"currency":"CHF","from":"2026-01-01","rate":1},{"currency":"CHF","from":"2026-01-01","rate":2}]}""", "two rates"),
        })
        {
            var answer = await crm.Ask(method, Path, body);
            Assert.Equal(422, answer.Status);
            Assert.Contains(word, answer.Json.GetProperty("errors").ToString(), StringComparison.Ordinal);
        }

        Assert.Equal(403, (await crm.Ask("PUT", Path, """{"rates":[]}""", await crm.Key([Scopes.Read, Scopes.Ingest]))).Status);
    }

    [Fact]
    public async Task Of_two_changes_at_a_time_neither_is_lost()
    {
        string[] parts = ["""{"engagedVisits":7}""", """{"engagedOrders":4}""", """{"engagedReviews":3}""", """{"highValueOrders":12}"""];
        var answers = await Task.WhenAll(parts.Select(p => crm.Ask("PATCH", "/api/v1/settings/tiers", p)));
        Assert.All(answers, a => Assert.Equal(200, a.Status));
        var tiers = (await crm.Ask("GET", "/api/v1/settings/tiers")).Json;
        Assert.Equal("7 4 3 12", $"{tiers.GetProperty("engagedVisits")} {tiers.GetProperty("engagedOrders")} {tiers.GetProperty("engagedReviews")} {tiers.GetProperty("highValueOrders")}");
        Assert.Equal(422, (await crm.Ask("PATCH", "/api/v1/settings/tiers", """{"engagedRating":6}""")).Status);
        var purposes = await crm.Ask("PATCH", "/api/v1/settings/privacy", """{"purposes":[{"purpose":"ads","category":"Advertising","allowedUnasked":false,"gpcDenies":true}]}""");
        Assert.Equal("ads", purposes.Json.GetProperty("purposes")[0].GetProperty("purpose").GetString());
        Assert.Equal(422, (await crm.Ask("PATCH", "/api/v1/settings/privacy", """{"purposes":[null]}""")).Status);
    }

    private Task<string> Deal(string currency) =>
        crm.Make(RecordKinds.Deal, $$$"""{"name":"Worth","amount":{"amount":"100","currency":"{{{currency}}}"},"closeDate":"2026-03-15"}""");

    private async Task<(string? Worth, long RecordVersion, DateTimeOffset UpdatedAt)> Read(string deal)
    {
        var record = (await crm.Grains.Record(RecordKinds.Deal, deal).Get())!;
        return ((string?)(await crm.Fields(RecordKinds.Deal, deal))["amount"]!["worth"], record.RecordVersion, DateTimeOffset.FromUnixTimeMilliseconds(record.UpdatedAt.ToUnixTimeMilliseconds()));
    }

    private async Task<bool> Settled() => !(await crm.Ask("GET", Path)).Json.GetProperty("revaluing").GetBoolean();

    private async Task<string?> Open() =>
        (await crm.Ask("GET", "/api/v1/forecast?from=2026-03&to=2026-03")).Json.GetProperty("total").GetProperty("open").GetString();

    private async Task<long> Lines(string kind, string record, string action, string changed)
    {
        await using var command = crm.Database.CreateCommand("SELECT count(*) FROM audit WHERE kind = $1 AND record = $2 AND action = $3 AND changes ? $4");
        command.Parameters.AddWithValue(kind);
        command.Parameters.AddWithValue(record);
        command.Parameters.AddWithValue(action);
        command.Parameters.AddWithValue(changed);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
