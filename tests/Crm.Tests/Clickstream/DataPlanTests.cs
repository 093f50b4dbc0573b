using System.Text.Json;
using Crm.Access;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Clickstream;

/// <summary>Data plans over HTTP: set, taken over by the running API, kept to or counted.</summary>
[Collection(IngestGroup.Name)]
public sealed class DataPlanTests(IngestFixture crm)
{
    private const string Priced = """{"properties":{"properties":{"required":["price"],"properties":{"price":{"type":"number"}}}}}""";
    private const string Good = """{"userId":"planned","event":"Product Viewed","properties":{"price":1}}""";
    private const string Bad = """{"userId":"planned","event":"Product Viewed","properties":{"price":"one"}}""";
    private const string Rule = "/properties/properties/properties/price/type";

    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_plan_is_set_read_changed_and_removed()
    {
        var (id, _) = await crm.NewSource();
        var path = $"/api/v1/sources/{id}/plan/{Uri.EscapeDataString("Order / Completed")}";

        var set = await crm.Ask("PUT", path, Priced);
        var read = await crm.Ask("GET", path);
        Assert.Equal((200, 200, set.ETag(), "Order / Completed"), (set.Status, read.Status, read.ETag(), read.Text("event")));
        Assert.Equal(Priced, read.Json.GetProperty("schema").GetRawText());
        Assert.Equal(304, (await crm.Ask("GET", path, headers: ("If-None-Match", set.ETag()))).Status);
        Assert.Single((await crm.Ask("GET", $"/api/v1/sources/{id}/plan")).Data());

        var again = await crm.Ask("PUT", path, "{}", headers: ("If-Match", set.ETag()));
        Assert.Equal(200, again.Status);
        Assert.Equal(412, (await crm.Ask("PUT", path, Priced, headers: ("If-Match", set.ETag()))).Status);
        Assert.Equal(412, (await crm.Ask("DELETE", path, headers: ("If-Match", set.ETag()))).Status);
        Assert.Equal(204, (await crm.Ask("DELETE", path, headers: ("If-Match", again.ETag()))).Status);
        Assert.Equal(404, (await crm.Ask("GET", path)).Status);
        Assert.Equal(412, (await crm.Ask("PUT", path, Priced, headers: ("If-Match", set.ETag()))).Status);
        Assert.Equal(404, (await crm.Ask("PUT", "/api/v1/sources/nowhere/plan/x", Priced)).Status);
    }

    [Theory]
    [InlineData("""{"$ref":"http://169.254.169.254/latest"}""")]
    [InlineData("""{"type":"nonsense"}""")]
    [InlineData("no json")]
    public async Task A_schema_that_cannot_be_kept_is_refused_in_words(string schema)
    {
        var reply = await crm.Ask("PUT", "/api/v1/sources/shop/plan/x", schema);

        Assert.Equal(422, reply.Status);
        Assert.NotEmpty(reply.Json.GetProperty("errors").GetProperty("schema")[0].GetString()!);
    }

    [Fact]
    public async Task A_violation_is_kept_marked_and_counted_unless_the_source_refuses_it()
    {
        var (id, key) = await crm.NewSource();
        await crm.Ask("PUT", $"/api/v1/sources/{id}/plan/{Uri.EscapeDataString("Product Viewed")}", Priced);

        await Eventually.True(async () => (await LoggedFaults(await crm.Send("track", Bad, key))).HasFlag(EventFaults.Plan), "the plan is kept to", s_soon);
        Assert.False((await LoggedFaults(await crm.Send("track", Good, key))).HasFlag(EventFaults.Plan));
        Assert.False((await LoggedFaults(await crm.Send("track", Bad.Replace("Viewed", "Added", StringComparison.Ordinal), key))).HasFlag(EventFaults.Plan));
        Assert.False((await LoggedFaults(await crm.Send("track", Bad))).HasFlag(EventFaults.Plan));

        var kept = 0L;
        await Eventually.True(async () => (kept = (await Violations(id)).GetValueOrDefault(("Product Viewed", Rule)).Kept) > 0, "the violation is counted");
        Assert.Equal((0, "price"), ((await Violations(id))[("Product Viewed", Rule)].Refused, Rule.Split('/')[^2]));

        await crm.Ask("PATCH", "/api/v1/sources/" + id, """{"planViolations":"refuse"}""");
        await Eventually.True(async () => (await crm.Send("track", Bad, key)).Status == 400, "the source refuses", s_soon);
        Assert.Equal(200, (await crm.Send("track", Good, key)).Status);
        await Eventually.True(async () => (await Violations(id))[("Product Viewed", Rule)].Refused > 0, "the refusal is counted");
        Assert.True((await Violations(id))[("Product Viewed", Rule)].Kept >= kept);
    }

    [Fact]
    public async Task Other_calls_have_plans_too_and_a_batch_loses_only_the_bad_element()
    {
        var (id, key) = await crm.NewSource("""{"planViolations":"refuse"}""");
        await crm.Ask("PUT", $"/api/v1/sources/{id}/plan/$identify", """{"properties":{"traits":{"required":["email"]}}}""");
        var batch = """
            {"batch":[{"type":"identify","userId":"p1","traits":{"name":"x"}},{"type":"identify","userId":"p2","traits":{"email":"e"}},
            {"type":"track","userId":"p3","event":"$identify"}]}
            """;

        await Eventually.True(async () => (await crm.Send("batch", batch, key)).Text("refused") == "1", "one element is refused", s_soon);
        JsonElement[] letters = [];
        await Eventually.True(
            async () => (letters = [.. (await crm.Ask("GET", $"/api/v1/dead-letters?source={id}&reason=plan&limit=1")).Data()]).Length > 0, "it is kept", s_soon);
        var letter = Assert.Single(letters);
        Assert.Equal("identify", letter.GetProperty("call").GetString());
        Assert.Equal("p1", JsonDocument.Parse(letter.GetProperty("sample").GetString()!).RootElement.GetProperty("userId").GetString());
    }

    private async Task<Dictionary<(string, string), (long Kept, long Refused)>> Violations(string id) =>
        (await crm.Ask("GET", $"/api/v1/sources/{id}/violations")).Data().ToDictionary(
            v => (v.GetProperty("event").GetString()!, v.GetProperty("rule").GetString()!),
            v => (v.GetProperty("kept").GetInt64(), v.GetProperty("refused").GetInt64()));

    private async Task<EventFaults> LoggedFaults(Reply reply)
    {
        Assert.Equal(200, reply.Status);
        return (await Logs.At(crm, reply.Text("position")!)).Faults;
    }
}
