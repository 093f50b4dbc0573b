using System.Text.Json;
using Crm.Access;
using Crm.Deals;
using Crm.Infrastructure;
using Crm.Records;
using Orleans.Runtime;
using Xunit;

namespace Crm.Leads;

/// <summary>The ways of leads over the real API, a silo and a database.</summary>
[Collection(DealsCollection.Name)]
public sealed class LeadApiTests(DealsFixture crm)
{
    [Fact]
    public async Task Of_parallel_claims_one_wins()
    {
        var lead = await InPool();

        var claims = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => crm.Ask("POST", $"/api/v1/leads/{lead}/claim", $$"""{"user":"user-{{i}}"}""")));

        var won = Assert.Single(claims, c => c.Status == 200);
        Assert.All(claims.Where(c => c != won), c => Assert.Equal((409, "urn:crm:problem:refused"), (c.Status, c.Text("type"))));
        Assert.Equal(won.Text("owner"), (string)(await crm.Fields("lead", lead))["owner"]!);
        Assert.Equal(200, (await crm.Ask("POST", $"/api/v1/leads/{lead}/claim", $$"""{"user":"{{won.Text("owner")}}"}""")).Status);
    }

    [Fact]
    public async Task A_user_claims_up_to_the_limit_also_in_parallel()
    {
        var leads = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => InPool()));
        await With(s => s with { MaxClaimedLeads = 3 });

        var claims = await Task.WhenAll(leads.Select(l => crm.Ask("POST", $"/api/v1/leads/{l}/claim", """{"user":"greedy"}""")));

        Assert.Equal(3, claims.Count(c => c.Status == 200));
        Assert.All(claims.Where(c => c.Status != 200), c => Assert.Contains("limit", c.Text("detail"), StringComparison.Ordinal));
        var mine = leads[Array.FindIndex(claims, c => c.Status == 200)];
        var waits = leads[Array.FindIndex(claims, c => c.Status != 200)];
        Assert.Equal(200, (await crm.Ask("POST", $"/api/v1/leads/{mine}/release")).Status);
        Assert.Equal(200, (await crm.Ask("POST", $"/api/v1/leads/{waits}/claim", """{"user":"greedy"}""")).Status);
        await With(s => s with { MaxClaimedLeads = 50 });
    }

    [Fact]
    public async Task The_pool_shows_what_is_needed_to_choose()
    {
        var lead = await InPool();
        JsonElement? shown = null;
        for (var cursor = ""; shown is null;)
        {
            var page = await crm.Ask("GET", $"/api/v1/leads/pool?limit=200{cursor}");
            shown = page.Data().Cast<JsonElement?>().FirstOrDefault(l => l!.Value.GetProperty("id").GetString() == lead);
            cursor = "&cursor=" + page.Text("next_cursor");
        }

        Assert.Equal("Pooled", shown.Value.GetProperty("name").GetString());
        Assert.False(shown.Value.TryGetProperty("email", out _));
        Assert.Equal(403, (await crm.Ask("GET", "/api/v1/leads/pool", key: await crm.Key([Scopes.Read]))).Status);
    }

    [Fact]
    public async Task New_leads_are_given_by_the_rules_of_their_source()
    {
        var (one, two) = (await User(), await User());
        var source = "fair-" + Guid.NewGuid().ToString("N");
        var set = await crm.Ask("PUT", "/api/v1/lead-rules", $$"""{"items":[{"source":"{{source}}","mode":"roundRobin","users":["{{one}}","{{two}}"]}]}""");
        Assert.Equal(200, set.Status);

        var owners = new List<string>();
        for (var i = 0; i < 4; i++)
        {
            var lead = await crm.Make("lead", $$"""{"name":"Fair {{i}}","source":"{{source}}"}""");
            await Eventually.True(async () => (await crm.Fields("lead", lead))["owner"] is not null, "it has an owner");
            owners.Add((string)(await crm.Fields("lead", lead))["owner"]!);
        }

        Assert.Equal([one, two, one, two], owners);
        Assert.Equal(422, (await crm.Ask("PUT", "/api/v1/lead-rules", """{"items":[{"mode":"dice","users":["x"]}]}""")).Status);
    }

    [Fact]
    public async Task An_idle_lead_goes_back_into_the_pool_once()
    {
        var lead = await crm.Make("lead", """{"name":"Idle","owner":"sleepy"}""");
        await crm.Database.Do($$"""UPDATE lead SET state = state || '{"touchedAt":"2020-01-01T00:00:00.000Z"}' WHERE id = '{{lead}}'""");
        await crm.Grains.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);
        await With(s => s with { RecycleLeadsAfterDays = 100 });

        await Eventually.True(async () => (await crm.Fields("lead", lead))["pooledAt"] is not null, "it is in the pool");

        await crm.Grains.LeadDesk().Work();
        Assert.Equal(1, await crm.Database.Ask<long>($"SELECT count(*) FROM audit WHERE record = '{lead}' AND action = 'recycle'"));
        await With(s => s with { RecycleLeadsAfterDays = null });
    }

    [Fact]
    public async Task A_conversion_is_whole_and_once_and_can_be_taken_back_while_nobody_worked_on()
    {
        var name = "Ann " + Guid.NewGuid().ToString("N");
        var lead = await crm.Make("lead", $$"""{"name":"{{name}}","company":"Acme","owner":"bob"}""");

        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => crm.Ask(
            "POST", $"/api/v1/leads/{lead}/convert", """{"deal":{"name":"First","amount":{"amount":"500","currency":"USD"},"stage":"engaging"}}""")));

        Assert.All(answers, a => Assert.Equal((200, "converted"), (a.Status, a.Text("status"))));
        var (customer, deal, company) = Assert.Single(answers.Select(a => (a.Text("customer")!, a.Text("deal")!, a.Text("companyId")!)).Distinct());
        Assert.Equal("engaging", (string)(await crm.Fields("deal", deal))["stage"]!);
        Assert.Equal(company, (string)(await crm.Fields("deal", deal))["company"]!);
        await Knows(customer, name);
        Assert.Equal(1, await crm.Database.Ask<long>($"SELECT count(*) FROM deal WHERE state -> 'customers' ? '{customer}'"));

        var undone = await crm.Ask("POST", $"/api/v1/leads/{lead}/unconvert");
        Assert.Equal((200, "qualified"), (undone.Status, undone.Text("status")));
        Assert.NotNull((await crm.Grains.Record("deal", deal).Get())!.DeletedAt);
        Assert.NotNull((await crm.Grains.Record("company", company).Get())!.DeletedAt);

        var again = await crm.Ask("POST", $"/api/v1/leads/{lead}/convert");
        Assert.Equal(200, again.Status);
        Assert.NotEqual(deal, again.Text("deal"));
        Assert.Equal(200, (await crm.Ask("POST", $"/api/v1/deals/{again.Text("deal")}/move", """{"stage":"proposal"}""")).Status);
        var late = await crm.Ask("POST", $"/api/v1/leads/{lead}/unconvert");
        Assert.Equal(409, late.Status);
        Assert.Contains(again.Text("deal")!, late.Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_conversion_whose_caller_died_is_carried_out_to_the_end_once()
    {
        var name = "Eve " + Guid.NewGuid().ToString("N");
        var lead = await crm.Make("lead", $$"""{"name":"{{name}}"}""");

        // As the API does, but for what it does then.
        await crm.Grains.Record("lead", lead).Do("convert", "{}", null, DealsFixture.Cause());

        await Eventually.True(async () => (await crm.Fields("lead", lead))["pending"] is null, "nothing is left to be done");
        var customer = (string)(await crm.Fields("lead", lead))["customer"]!;
        await Knows(customer, name);
        await crm.Grains.LeadDesk().Settle(lead);
        Assert.Equal(1, (await crm.Ask("GET", $"/v1/customers/{customer}")).Json.GetProperty("counts").GetProperty("byType").GetProperty("identify").GetInt64());
    }

    [Fact]
    public async Task A_conversion_that_cannot_make_its_deal_makes_nothing()
    {
        var lead = await crm.Make("lead", """{"name":"Odd","company":"Odd Ltd"}""");

        var refused = await crm.Ask("POST", $"/api/v1/leads/{lead}/convert", """{"deal":{"stage":"nowhere"}}""");

        Assert.Equal(409, refused.Status);
        Assert.Contains("no such stage", refused.Text("detail"), StringComparison.Ordinal);
        Assert.Equal("new", (string)(await crm.Fields("lead", lead))["status"]!);
        Assert.Equal(0, await crm.Database.Ask<long>("SELECT count(*) FROM company WHERE name = 'Odd Ltd'"));
    }

    private async Task Knows(string customer, string name) => await Eventually.True(
        async () => (await crm.Ask("GET", $"/v1/customers/{customer}")) is { Status: 200 } found
            && found.Json.GetProperty("traits").GetProperty("name").GetString() == name, "the customer is there");

    private async Task<string> InPool()
    {
        var lead = await crm.Make("lead", """{"name":"Pooled","email":"p@example.org"}""");
        await Eventually.True(async () => (await crm.Fields("lead", lead))["pooledAt"] is not null, "it is in the pool");
        return lead;
    }

    private async Task<string> User()
    {
        var id = "us_" + Guid.NewGuid().ToString("N");
        await crm.Database.Do($"INSERT INTO crm_user (id, user_name, name, role, created_at, updated_at) VALUES ('{id}', '{id}', 'U', 'sales', now(), now())");
        return id;
    }

    private async Task With(Func<Company.SalesSettings, Company.SalesSettings> change)
    {
        var settings = await crm.Grains.Company().Get();
        var wanted = settings with { Sales = change(settings.Sales) };
        Assert.Null(await crm.Grains.Company().Set(wanted, ChangeCause.CommandLine));
        await Eventually.True(() => Task.FromResult(
            ((Company.ICompanySettings)crm.Services.GetService(typeof(Company.ICompanySettings))!).Current.Sales == wanted.Sales), "the silo knows");
    }
}
