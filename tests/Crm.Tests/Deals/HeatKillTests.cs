using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Crm.Access;
using Crm.Clickstream;
using Crm.Infrastructure;
using Crm.Records;
using Xunit;

namespace Crm.Deals;

/// <summary>A silo that is killed between events and answers: the deal's heat is exact all the same.</summary>
public sealed class HeatKillTests : IAsyncLifetime
{
    private readonly PostgresFixture _postgres = new();

    public Task InitializeAsync() => _postgres.InitializeAsync();

    public Task DisposeAsync() => _postgres.DisposeAsync();

    [Fact]
    public async Task Heat_is_exact_after_a_kill_in_the_middle_of_events()
    {
        const string Id = "de_killed";
        await using (var first = await TestSilo.Start(_postgres.ConnectionString))
            Assert.Equal(RecordRefusal.None, (await first.Grains.Record("deal", Id).Create("""{"name":"Warm","customers":["u:kim"]}""", DealsFixture.Cause())).Refusal);
        var key = (await new ApiKeys(_postgres.Source, TimeProvider.System).Create(new KeyOrder(ApiKeyKind.Server, "tests", "office", Scopes.All))).Secret;
        await using var api = await HostProcess.Api(_postgres.ConnectionString);
        api.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        await using var doomed = await HostProcess.Silo(_postgres.ConnectionString);
        await doomed.UntilReady();

        var expected = new List<(DateTimeOffset At, int Weight)>();
        var position = "";
        for (var i = 0; i < 60; i++)
        {
            position = await Track(api, i % 3 == 0 ? ("Product Added", 8) : ("Product Viewed", 2), expected);
            if (i == 20) await Eventually.True(async () => (await Get(api, Id, position)).Status == 200, "it answers", TimeSpan.FromSeconds(60));
            if (i == 40) await doomed.Kill();
        }

        await using var next = await HostProcess.Silo(_postgres.ConnectionString);
        await next.UntilReady();
        Reply? reply = null;
        await Eventually.True(async () => (reply = await Get(api, Id, position)).Status == 200, "it answers again", TimeSpan.FromSeconds(90));

        var now = TimeProvider.System.GetUtcNow();
        var exact = expected.Sum(e => e.Weight * Math.Pow(2, -(now - e.At).TotalDays / Heat.DefaultHalfLifeDays));
        Assert.Equal(exact, reply!.Json.GetProperty("heat").GetProperty("value").GetDouble(), 0.003 * expected.Sum(e => e.Weight));
        Assert.Equal(1 + expected.Count, reply.Json.GetProperty("version").GetInt64());
    }

    private static async Task<string> Track(HostProcess api, (string Name, int Weight) what, List<(DateTimeOffset, int)> expected)
    {
        var at = TimeProvider.System.GetUtcNow();
        expected.Add((at, what.Weight));
        var body = JsonSerializer.Serialize(new
        {
            userId = "kim", @event = what.Name, timestamp = at.ToString("O", CultureInfo.InvariantCulture), properties = new { product_id = "p" },
        });
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await api.Http.PostAsync(new Uri("/v1/track", UriKind.Relative), content);
        return (await Reply.Of(response)).Text("position") ?? throw new InvalidOperationException("Not accepted.");
    }

    private static async Task<Reply> Get(HostProcess api, string id, string position)
    {
        using var response = await api.Http.GetAsync(new Uri($"/api/v1/deals/{id}?minPosition={position}", UriKind.Relative));
        return await Reply.Of(response);
    }
}
