using Crm.Access;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Deals;

/// <summary>How the company sells, over the API.</summary>
[Collection(DealsCollection.Name)]
public sealed class SalesSettingsTests(DealsFixture crm)
{
    [Fact]
    public async Task Settings_are_changed_within_their_bounds_by_administrators()
    {
        const string Path = "/api/v1/settings/sales";
        Assert.Equal("75", (await crm.Ask("PATCH", Path, """{"committedFrom":75}""")).Json.GetProperty("committedFrom").ToString());
        Assert.Equal("75", (await crm.Ask("GET", Path)).Json.GetProperty("committedFrom").ToString());
        Assert.Equal(422, (await crm.Ask("PATCH", Path, """{"heatHalfLifeDays":0}""")).Status);
        Assert.Equal(422, (await crm.Ask("PATCH", Path, """{"heatHalfLifeDays":"long"}""")).Status);
        Assert.Equal(422, (await crm.Ask("PATCH", Path, """{"colour":1}""")).Status);
        Assert.Equal(403, (await crm.Ask("PATCH", Path, "{}", await crm.Key([Scopes.Read, Scopes.Ingest]))).Status);
        Assert.Equal(200, (await crm.Ask("PATCH", Path, """{"committedFrom":80}""")).Status);
    }

    [Fact]
    public async Task Phones_without_a_country_are_those_of_the_companys_region()
    {
        const string Path = "/api/v1/settings/company";
        Assert.Equal((422, 422, 422), ((await crm.Ask("PATCH", Path, """{"phoneRegion":"Germany"}""")).Status,
            (await crm.Ask("PATCH", Path, """{"timeZone":null}""")).Status, (await crm.Ask("PATCH", Path, """{"baseCurrency":"EUR"}""")).Status));
        Assert.Equal(403, (await crm.Ask("PATCH", Path, "{}", await crm.Key([Scopes.Read, Scopes.Ingest]))).Status);
        Assert.Equal("DE", (await crm.Ask("PATCH", Path, """{"phoneRegion":"de"}""")).Text("phoneRegion"));
        Assert.Equal("DE", (await crm.Ask("GET", Path)).Text("phoneRegion"));

        // Each silo hears of it within seconds.
        await Eventually.True(
            async () => (await crm.Ask("POST", "/api/v1/customers", """{"name":"Local","phones":["030 1234567"]}""")).Json.TryGetProperty("phonesE164", out var read)
                && read[0].GetString() == "+49301234567", "the region is used");
        Assert.Equal(200, (await crm.Ask("PATCH", Path, """{"phoneRegion":null}""")).Status);
    }

    [Fact]
    public async Task The_description_names_the_endpoints_of_sales()
    {
        var paths = (await crm.Ask("GET", "/openapi/v1.json")).Json.GetProperty("paths");

        foreach (var path in (string[])["/api/v1/pipelines/{id}/board", "/api/v1/deals/{id}/win", "/api/v1/leads/{id}/convert", "/api/v1/forecast", "/api/v1/quotas", "/api/v1/settings/sales", "/api/v1/settings/company"])
            Assert.True(paths.TryGetProperty(path, out _), path);
    }
}
