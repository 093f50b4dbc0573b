using System.Globalization;
using System.Text.Json;
using Crm.Deals;
using Xunit;

namespace Crm.Forecasts;

/// <summary>Loads the file as a user's program would: by HTTP, each request with an Idempotency-Key, some of them twice.</summary>
internal sealed class SalesLoad(DealsFixture crm)
{
    /// <summary>One of so many requests is sent again, and one of so many closed deals goes its whole way here.</summary>
    private const int Again = 10;

    private const int AtOnce = 8;

    private int _requests;

    /// <summary>Ids of the CRM by the file's names.</summary>
    public Dictionary<string, string> Users { get; } = [];

    public Dictionary<string, string> Companies { get; } = [];

    public Dictionary<string, string> Products { get; } = [];

    /// <summary>Teams by agent.</summary>
    public Dictionary<string, string> Teams { get; } = [];

    /// <summary>The stages of the default pipeline by the file's words.</summary>
    public static IReadOnlyDictionary<string, (string Stage, decimal Chance)> Stages { get; } = new Dictionary<string, (string, decimal)>
    {
        ["Prospecting"] = ("prospecting", 10), ["Engaging"] = ("engaging", 30), ["Won"] = ("won", 100), ["Lost"] = ("lost", 0),
    };

    /// <summary>How many deals were won here, rather than taken over as won.</summary>
    public int Won { get; private set; }

    public async Task Run(SalesFile file)
    {
        await People(file);
        await Make("fields", "field", new { kind = "deal", name = "product", type = "link", linkedKind = "product" });
        foreach (var (name, price) in file.Prices) Products[name] = await Make("products", name, new { name, price = Usd(price) });

        // Those above first.
        foreach (var (name, parent) in file.Accounts.OrderBy(a => a.Value is not null))
            Companies[name] = await Make("companies", name, new { name, externalId = name, parent = parent is null ? null : Companies[parent] });
        var deals = file.Opportunities.Select((o, at) => (o, at)).ToArray();
        await Parallel.ForEachAsync(deals, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (deal, _) => await Deal(deal.o, deal.at));
        Won = deals.Count(d => d.o.Stage == "Won" && GoesTheWay(d.at));
    }

    private async Task People(SalesFile file)
    {
        foreach (var office in file.Agents.Select(a => a.Office).Distinct()) await Team(office, office, null);
        foreach (var (manager, office) in file.Agents.Select(a => (a.Manager, a.Office)).Distinct()) await Team(manager, "Team of " + manager, office);
        foreach (var agent in file.Agents)
        {
            var made = await crm.Ask("POST", "/api/v1/users", JsonSerializer.Serialize(new { userName = Slug(agent.Name), name = agent.Name, role = "sales", team = Slug(agent.Manager) }));
            Assert.True(made.Status == 201, $"{agent.Name}: {made.Json}");
            Users[agent.Name] = made.Text("id")!;
            Teams[agent.Name] = Slug(agent.Manager);
        }
    }

    private async Task Team(string id, string name, string? parent) => Assert.Equal(
        200, (await crm.Ask("PUT", $"/api/v1/teams/{Slug(id)}", JsonSerializer.Serialize(new { name, parent = parent is null ? null : Slug(parent) }))).Status);

    private async Task Deal(Opportunity deal, int at)
    {
        var closed = deal.Stage is "Won" or "Lost";
        var stays = closed && !GoesTheWay(at);
        var id = await Make("deals", deal.Id, new
        {
            externalId = deal.Id, name = $"{deal.Product} {deal.Id}", owner = Users[deal.Agent], company = deal.Account.Length > 0 ? Companies[deal.Account] : null,
            stage = stays ? Stages[deal.Stage].Stage : "prospecting", amount = Usd(deal.Amount), custom = new { product = Products[deal.Product] },
            closeDate = deal.Close?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        });
        if (stays || deal.Stage == "Prospecting") return;
        await Do(id, "move", new { stage = "engaging" });
        if (!closed) return;
        await Do(id, deal.Stage == "Won" ? "win" : "lose", deal.Stage == "Won" ? new { } : new { reason = "No budget" });

        // It ended today; in the file it ended then.
        var patched = await crm.Ask("PATCH", $"/api/v1/deals/{id}", JsonSerializer.Serialize(new { closeDate = deal.Close!.Value.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) }));
        Assert.True(patched.Status == 200, patched.Json.ToString());
    }

    private static bool GoesTheWay(int at) => at % Again == 0;

    private async Task Do(string deal, string command, object body)
    {
        var done = await Send($"/api/v1/deals/{deal}/{command}", command + deal, body);
        Assert.True(done.Status == 200, done.Json.ToString());
    }

    private async Task<string> Make(string plural, string key, object body)
    {
        var made = await Send("/api/v1/" + plural, $"{plural}/{Slug(key)}", body);
        Assert.True(made.Status == 201, $"{key}: {made.Json}");
        return made.Text("id")!;
    }

    private async Task<Clickstream.Reply> Send(string path, string key, object body)
    {
        var json = JsonSerializer.Serialize(body);
        var answer = await crm.Ask("POST", path, json, null, ("Idempotency-Key", key));
        if (Interlocked.Increment(ref _requests) % Again != 0) return answer;
        var again = await crm.Ask("POST", path, json, null, ("Idempotency-Key", key));
        Assert.Equal((answer.Status, answer.Text("id")), (again.Status, again.Text("id")));
        return again;
    }

    private static object Usd(decimal amount) => new { amount = amount.ToString(CultureInfo.InvariantCulture), currency = "USD" };

    private static string Slug(string name) => name.ToLowerInvariant().Replace(' ', '.');
}
