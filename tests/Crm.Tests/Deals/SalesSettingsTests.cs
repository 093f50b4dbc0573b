using Crm.Access;
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
    public async Task The_description_names_the_endpoints_of_sales()
    {
        var paths = (await crm.Ask("GET", "/openapi/v1.json")).Json.GetProperty("paths");

        foreach (var path in (string[])["/api/v1/pipelines/{id}/board", "/api/v1/deals/{id}/win", "/api/v1/leads/{id}/convert", "/api/v1/forecast", "/api/v1/quotas", "/api/v1/settings/sales"])
            Assert.True(paths.TryGetProperty(path, out _), path);
    }
}
