using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using Crm.Access;
using Crm.Auditing;
using Crm.Clickstream;
using Crm.Infrastructure;
using Npgsql;
using Xunit;

namespace Crm.Seeding;

/// <summary><c>crm seed</c> as a process of its own, and the product on what it made.</summary>
public sealed class SeedTests : IAsyncLifetime
{
    private const int Customers = 200;
    private const string Day = "2026-05-01";

    private static readonly string[] s_tables =
    [
        "customer", "customer_record", "customer_seen", "customer_external_id", "company", "lead", "deal", "product", "activity", "task", "sales_order", "deal_customer",
    ];

    private readonly OwnDatabase _own = new();
    private NpgsqlDataSource _database = null!;

    public async Task InitializeAsync()
    {
        _database = await _own.Create();
        var (code, said, wrong) = await Crm(_own, "seed", "--customers", "200", "--seed", "7", "--today", Day);
        Assert.True(code == 0, wrong);
        Assert.Contains("200 customers", said, StringComparison.Ordinal);
    }

    public async Task DisposeAsync() => await _own.DisposeAsync();

    [Fact]
    public async Task Makes_all_kinds_in_proportion_with_their_indexes()
    {
        Assert.Equal(
            (Customers, Customers, Customers, Customers / 5, 60, 600, 20, 40),
            (await Count("customer"), await Count("customer_record"), await Count("customer_seen"), await Count("company"), await Count("deal"),
                await Count("activity"), await Count("lead"), await Count("task")));
        Assert.Equal(await Count("deal WHERE status = 'won'"), await Count("sales_order"));
        Assert.Equal(0, await Count("activity a WHERE NOT EXISTS (SELECT FROM customer_record r WHERE r.id = a.customer)"));
        Assert.Equal(0, await Count("deal d WHERE NOT EXISTS (SELECT FROM company c WHERE c.id = d.company)"));
        Assert.Equal(0, await Count("custom_field WHERE indexed_at IS NULL"));
        var bare = new OwnDatabase();
        try
        {
            Assert.Empty((await Indexes(await bare.Create())).Except(await Indexes(_database)));
        }
        finally
        {
            await bare.DisposeAsync();
        }
    }

    [Fact]
    public async Task The_same_seed_makes_the_same_rows_and_another_seed_others()
    {
        var (again, other) = (new OwnDatabase(), new OwnDatabase());
        try
        {
            var (second, third) = (await again.Create(), await other.Create());
            Assert.Equal(0, (await Crm(again, "seed", "--customers", "200", "--seed", "7", "--today", Day)).Code);
            Assert.Equal(0, (await Crm(other, "seed", "--customers", "200", "--seed", "8", "--today", Day)).Code);
            foreach (var table in s_tables) Assert.Equal(await Content(_database, table), await Content(second, table));
            Assert.NotEqual(await Content(_database, "customer_record"), await Content(third, "customer_record"));
        }
        finally
        {
            await again.DisposeAsync();
            await other.DisposeAsync();
        }
    }

    [Fact]
    public async Task Refuses_a_database_with_records_unless_told_to_add()
    {
        var (code, _, wrong) = await Crm(_own, "seed", "--customers", "10", "--seed", "8");
        Assert.Equal((1, Customers), (code, await Count("customer")));
        Assert.Contains("--add", wrong, StringComparison.Ordinal);

        (code, _, wrong) = await Crm(_own, "seed", "--customers", "10", "--seed", "7", "--today", Day, "--add");
        Assert.Equal((1, Customers), (code, await Count("customer")));
        Assert.Contains("another --seed", wrong, StringComparison.Ordinal);

        Assert.Equal(0, (await Crm(_own, "seed", "--customers", "10", "--seed", "8", "--add")).Code);
        Assert.Equal(Customers + 10, await Count("customer"));
    }

    [Fact]
    public async Task Lists_profiles_and_edits_take_them_for_their_own()
    {
        await using var silo = await TestSilo.Start(_own.ConnectionString);
        await using var api = await HostProcess.Api(_own.ConnectionString);
        var key = (await new ApiKeys(_database, TimeProvider.System).Create(new KeyOrder(ApiKeyKind.Server, "tests", "office", Scopes.All))).Secret;
        await api.UntilReady();
        await Eventually.True(async () => (await Ask(api, key, "GET", "/v1/customers/u:nobody")).Status == 404, "reads are answered");

        foreach (var sort in (string[])["lastSeen", "-lastSeen", "-revenue", "name", "custom.rating", "-custom.renewalDate", "owner"])
            Assert.Equal(Customers, (await All(api, key, $"/api/v1/customers?sort={sort}&limit=60")).Distinct(StringComparer.Ordinal).Count());
        var count = await Ask(api, key, "GET", "/api/v1/customers?count=true&limit=1&filter=" + Uri.EscapeDataString("custom.rating >= 500 and orders > 0"));
        Assert.Equal(
            await Count("customer_record WHERE (state -> 'custom' ->> 'rating')::numeric >= 500 AND orders > 0"), count.Json.GetProperty("count").GetInt32());

        await ProfilesAgree(api, key);
        await Edited(api, key);
        await Eventually.True(async () => await Count("audit WHERE chained IS NULL") == 0, "the audit is chained");
        Assert.Null((await AuditVerification.Run(_database)).Fault);
    }

    private async Task ProfilesAgree(HostProcess api, string key)
    {
        foreach (var listed in (await Ask(api, key, "GET", "/api/v1/customers?sort=-revenue&limit=10")).Json.GetProperty("items").EnumerateArray())
        {
            var profile = await Ask(api, key, "GET", "/v1/customers/" + listed.GetProperty("id").GetString());
            Assert.Equal(200, profile.Status);
            var json = profile.Json.GetRawText();
            Assert.Contains(listed.GetProperty("revenue").GetProperty("amount").GetString()!, json, StringComparison.Ordinal);
            Assert.Contains(listed.GetProperty("lastSeen").GetString()!, json, StringComparison.Ordinal);
        }
    }

    private async Task Edited(HostProcess api, string key)
    {
        foreach (var (path, patch) in ((string, string)[])
                 [("customers", """{"role":"Buyer"}"""), ("companies", """{"industry":"Toys"}"""), ("deals", """{"description":"Seen"}"""), ("activities", """{"subject":"Changed"}""")])
        {
            var id = (await Ask(api, key, "GET", $"/api/v1/{path}?limit=1")).Json.GetProperty("items")[0].GetProperty("id").GetString();
            var answer = await Ask(api, key, "PATCH", $"/api/v1/{path}/{id}", patch);
            Assert.True(answer.Status == 200, answer.Json.ToString());
        }

        var open = (await Ask(api, key, "GET", "/api/v1/deals?limit=1&filter=" + Uri.EscapeDataString("status = open and stage != negotiation"))).Json.GetProperty("items")[0];
        var moved = await Ask(api, key, "POST", $"/api/v1/deals/{open.GetProperty("id").GetString()}/move", """{"stage":"negotiation"}""");
        Assert.True(moved.Status == 200, moved.Json.ToString());
    }

    private static async Task<List<string>> All(HostProcess api, string key, string path)
    {
        var (ids, next) = (new List<string>(), "");
        do
        {
            var page = (await Ask(api, key, "GET", path + (next.Length > 0 ? "&cursor=" + Uri.EscapeDataString(next) : ""))).Json;
            ids.AddRange(page.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("id").GetString()!));
            next = page.GetProperty("next").GetString() ?? "";
        }
        while (next.Length > 0);
        return ids;
    }

    private static async Task<Reply> Ask(HostProcess api, string key, string method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(path, UriKind.Relative));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await api.Http.SendAsync(request);
        return await Reply.Of(response);
    }

    private async Task<int> Count(string from)
    {
        await using var command = _database.CreateCommand($"SELECT count(*)::int FROM {from}");
        return (int)(await command.ExecuteScalarAsync())!;
    }

    private static async Task<string[]> Indexes(NpgsqlDataSource database)
    {
        await using var command = database.CreateCommand("SELECT array_agg(indexdef ORDER BY indexname) FROM pg_indexes WHERE schemaname = 'public'");
        return (string[])(await command.ExecuteScalarAsync())!;
    }

    private static async Task<string> Content(NpgsqlDataSource database, string table)
    {
        await using var command = database.CreateCommand($"SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' ORDER BY t::text COLLATE \"C\")), '') FROM {table} t");
        return (string)(await command.ExecuteScalarAsync())!;
    }

    private static async Task<(int Code, string Out, string Error)> Crm(OwnDatabase database, params string[] words)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "crm.dll"), .. words]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["CRM_POSTGRES"] = database.ConnectionString;
        using var process = Process.Start(start)!;
        var wrong = process.StandardError.ReadToEndAsync();
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, said, await wrong);
    }
}
