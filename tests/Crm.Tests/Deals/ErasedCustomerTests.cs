using Crm.Infrastructure;
using Xunit;

namespace Crm.Deals;

/// <summary>A person is erased: deals and leads that named the person do not any more.</summary>
[Collection(DealsCollection.Name)]
public sealed class ErasedCustomerTests(DealsFixture crm)
{
    [Fact]
    public async Task Deals_and_leads_forget_who_was_erased_also_in_the_trash_and_in_the_audit()
    {
        var (user, other) = ("u:" + Guid.NewGuid().ToString("N"), "u:" + Guid.NewGuid().ToString("N"));
        var position = await crm.Happens("track", $$"""{"userId":"{{user[2..]}}","event":"Looked"}""");
        Assert.Equal(200, (await crm.Ask("GET", $"/v1/customers/{user}?minPosition={position}")).Status);
        var deal = await crm.Make("deal", $$"""{"name":"Both","customers":["{{user}}","{{other}}"]}""");
        var trashed = await crm.Make("deal", $$"""{"name":"Gone","customers":["{{user}}"]}""");
        await crm.Grains.Record("deal", trashed).SetDeleted(true, null, DealsFixture.Cause());
        var lead = await crm.Make("lead", """{"name":"Secret Name","email":"secret@example.org"}""");
        await crm.Ask("POST", $"/api/v1/leads/{lead}/convert", $$"""{"customer":"{{user}}","deal":false}""");

        var asked = await crm.Ask("DELETE", $"/v1/customers/{user}");
        Assert.True(asked.Status is 200 or 201 or 202, asked.Json.ToString());
        await Eventually.True(async () => await Named() == 0, "nobody names the person", TimeSpan.FromSeconds(60));

        Assert.Equal($"[\"{other}\"]", (await crm.Fields("deal", deal))["customers"]!.ToJsonString());
        Assert.Equal("Erased", (string)(await crm.Fields("lead", lead))["name"]!);
        Assert.Equal(0, await crm.Database.Ask<long>($"SELECT count(*) FROM audit WHERE action = 'forget' AND changes <> '{{}}'"));

        async Task<long> Named() => await crm.Database.Ask<long>($"""
            SELECT (SELECT count(*) FROM deal WHERE state::text LIKE '%{user}%') + (SELECT count(*) FROM lead WHERE state::text LIKE '%{user}%')
              + (SELECT count(*) FROM lead WHERE state::text LIKE '%Secret Name%') + (SELECT count(*) FROM deal_customer WHERE customer = '{user}')
            """);
    }

    [Fact]
    public async Task Activities_tasks_and_orders_forget_the_person_and_what_was_written_of_the_person()
    {
        var user = "u:" + Guid.NewGuid().ToString("N");
        var secret = "Whisper" + Guid.NewGuid().ToString("N");
        var position = await crm.Happens("track", $$"""{"userId":"{{user[2..]}}","event":"Looked"}""");
        Assert.Equal(200, (await crm.Ask("GET", $"/v1/customers/{user}?minPosition={position}")).Status);
        await Eventually.True(async () => await crm.Database.Ask<long>($"SELECT count(*) FROM customer WHERE id = '{user}'") == 1, "the customer is stored");
        var note = await Made("activities", $$"""{"subject":"{{secret}}","body":"{{secret}}","participants":["{{secret}}"],"customer":"{{user}}"}""");
        var task = await Made("tasks", $$"""{"subject":"{{secret}}","description":"{{secret}}","customer":"{{user}}"}""");
        var order = await Made("orders", $$"""{"name":"{{secret}}","customer":"{{user}}","currency":"EUR","lines":[{"name":"Tea","quantity":2,"price":"10.00"}]}""");
        Assert.Equal(204, (await crm.Ask("DELETE", $"/api/v1/tasks/{task}")).Status);

        Assert.True((await crm.Ask("DELETE", $"/v1/customers/{user}")).Status is 200 or 201 or 202);
        await Eventually.True(async () => await Named("activity") + await Named("task") + await Named("sales_order") == 0, "nobody names the person", TimeSpan.FromSeconds(60));

        Assert.Equal("Erased", (await crm.Ask("GET", $"/api/v1/activities/{note}")).Text("subject"));
        Assert.Equal("20.00", (await crm.Ask("GET", $"/api/v1/orders/{order}")).Json.GetProperty("total").GetProperty("amount").GetString());
        Assert.Equal(("Erased", null), ((string?)(await crm.Fields("task", task))["subject"], (string?)(await crm.Fields("task", task))["customer"]));
        await Eventually.True(
            async () => await crm.Database.Ask<long>($"SELECT count(*) FROM audit WHERE record IN ('{note}', '{task}') AND changes::text LIKE '%{secret}%'") == 0,
            "the audit does not say it either", TimeSpan.FromSeconds(60));

        async Task<string> Made(string plural, string body)
        {
            var made = await crm.Ask("POST", "/api/v1/" + plural, body);
            Assert.True(made.Status == 201, made.Json.ToString());
            return made.Text("id")!;
        }

        async Task<long> Named(string table) => await crm.Database.Ask<long>($"SELECT count(*) FROM {table} WHERE state::text LIKE '%{secret}%' OR customer = '{user}'");
    }
}
