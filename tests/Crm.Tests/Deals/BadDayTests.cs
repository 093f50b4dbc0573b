using System.Text.Json;
using Crm.Clickstream;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Deals;

/// <summary>What happens to people who work while others, or events, change the same things.</summary>
[Collection(DealsCollection.Name)]
public sealed class BadDayTests(DealsFixture crm)
{
    private const int Edits = 100;
    private const int EventsBetween = 10;

    [Fact]
    public async Task Of_two_people_who_edit_one_deal_the_second_gets_both_versions()
    {
        var deal = (await crm.Ask("POST", "/api/v1/deals", """{"name":"Two of us"}""")).Text("id")!;
        var read = ETag(await crm.Ask("GET", $"/api/v1/deals/{deal}"));

        var first = await crm.Ask("PATCH", $"/api/v1/deals/{deal}", """{"name":"Hers"}""", null, ("If-Match", read));
        var second = await crm.Ask("PATCH", $"/api/v1/deals/{deal}", """{"name":"His"}""", null, ("If-Match", read));

        Assert.Equal((200, 412), (first.Status, second.Status));
        Assert.Equal("Hers", second.Json.GetProperty("current").GetProperty("name").GetString());
        Assert.Equal("His", second.Json.GetProperty("sent").GetProperty("name").GetString());
        var again = await crm.Ask("PATCH", $"/api/v1/deals/{deal}", """{"name":"His"}""", null, ("If-Match", ETag(first)));
        Assert.Equal((200, "His"), (again.Status, again.Text("name")));
    }

    [Fact]
    public async Task A_hundred_edits_of_a_customer_who_receives_a_thousand_events_meet_no_false_412()
    {
        var user = Guid.NewGuid().ToString("N");
        var customer = "u:" + user;
        var deal = (await crm.Ask("POST", "/api/v1/deals", $$"""{"name":"Warm","customers":["{{customer}}"]}""")).Text("id")!;
        var position = await Happen(user);
        var began = (await crm.Ask("GET", $"/api/v1/customers/{customer}?minPosition={position}")).Json;
        var dealBegan = (await crm.Ask("GET", $"/api/v1/deals/{deal}")).Json.GetProperty("recordVersion").GetInt64();

        for (var edit = 1; edit <= Edits; edit++)
        {
            // They arrive between what is read and what is written, and beside both.
            var beside = Happen(user);
            var read = await crm.Ask("GET", $"/api/v1/customers/{customer}");
            var changed = await crm.Ask("PATCH", $"/api/v1/customers/{customer}", $$"""{"description":"edit {{edit}}"}""", null, ("If-Match", ETag(read)));
            Assert.True(changed.Status == 200, $"edit {edit}: {changed.Json}");
            var warm = ETag(await crm.Ask("GET", $"/api/v1/deals/{deal}"));
            position = await beside;
            var moved = await crm.Ask("PATCH", $"/api/v1/deals/{deal}", $$"""{"description":"edit {{edit}}"}""", null, ("If-Match", warm));
            Assert.True(moved.Status == 200, $"edit {edit}: {moved.Json}");
        }

        var ended = (await crm.Ask("GET", $"/api/v1/customers/{customer}?minPosition={position}")).Json;
        Assert.Equal(Edits, Number(ended, "recordVersion") - Number(began, "recordVersion"));
        Assert.Equal(Edits * EventsBetween, Number(ended, "events") - Number(began, "events"));
        Assert.True(Number(ended, "version") - Number(began, "version") >= Edits * EventsBetween);
        Assert.Equal(Edits, (await crm.Ask("GET", $"/api/v1/deals/{deal}")).Json.GetProperty("recordVersion").GetInt64() - dealBegan);
        var late = await crm.Ask("PATCH", $"/api/v1/customers/{customer}", """{"description":"too late"}""", null, ("If-Match", "\"1.1\""));
        Assert.Equal((412, $"edit {Edits}"), (late.Status, late.Json.GetProperty("current").GetProperty("description").GetString()));
    }

    [Fact]
    public async Task A_field_that_a_stage_demands_stays_until_the_stage_lets_it_go()
    {
        var name = "f" + Guid.NewGuid().ToString("N")[..12];
        var field = (await crm.Ask("POST", "/api/v1/fields", $$"""{"kind":"deal","name":"{{name}}","type":"text"}""")).Text("id")!;
        var pipeline = (await crm.Ask("POST", "/api/v1/pipelines", $$"""
            {"name":"Demanding","stages":[{"name":"Begin"},{"name":"Offer","required":["custom.{{name}}"]},{"name":"Won","type":"won"},{"name":"Lost","type":"lost"}]}
            """)).Json;
        var (id, stages) = (pipeline.GetProperty("id").GetString(), pipeline.GetProperty("stages").EnumerateArray().ToArray());

        var refused = await crm.Ask("DELETE", $"/api/v1/fields/{field}");
        Assert.Equal((409, "urn:crm:problem:field-in-use"), (refused.Status, refused.Text("type")));
        Assert.Contains("Offer of Demanding", refused.Text("detail"), StringComparison.Ordinal);

        var free = stages.Select(s => new { id = s.GetProperty("id").GetString(), name = s.GetProperty("name").GetString(), type = s.GetProperty("type").GetString(), required = Array.Empty<string>() });
        Assert.Equal(200, (await crm.Ask("PATCH", $"/api/v1/pipelines/{id}", JsonSerializer.Serialize(new { stages = free }))).Status);
        var gone = await crm.Ask("DELETE", $"/api/v1/fields/{field}");
        Assert.Equal((200, "0"), (gone.Status, gone.Text("records")));
        Assert.Equal(400, (await crm.Ask("GET", $"/api/v1/deals?filter=custom.{name}%20is%20empty")).Status);
    }

    private async Task<string> Happen(string user) => await crm.Happens("batch", JsonSerializer.Serialize(new
    {
        batch = Enumerable.Range(0, EventsBetween).Select(_ => new { type = "track", userId = user, @event = "Product Viewed", messageId = Guid.NewGuid().ToString("N"), properties = new { product_id = "p" } }),
    }));

    private static long Number(JsonElement json, string member) =>
        member == "events" ? json.GetProperty("profile").GetProperty("counts").GetProperty("byType").GetProperty("track").GetInt64() : json.GetProperty(member).GetInt64();

    private static string ETag(Reply reply) => reply.Headers.GetValues("ETag").Single();
}
