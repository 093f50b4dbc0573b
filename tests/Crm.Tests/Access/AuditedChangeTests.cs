using System.Text.Json.Nodes;
using Crm.Clickstream;
using Crm.Deals;
using Crm.Forecasts;
using Crm.Infrastructure;
using Crm.Leads;
using Crm.Records;
using Npgsql;
using Xunit;

namespace Crm.Access;

/// <summary>A change of what is no record, and the audit's lines of it: both, or neither.</summary>
public sealed class AuditedChangeTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private const string Password = "battery-staple";

    private static readonly ChangeCause s_ada = new("us_ada", "127.0.0.0", Guid.NewGuid());

    private static readonly string[] s_tables =
    [
        "crm_user", "role", "team", "user_session", "one_time_link", "user_token", "source", "api_key", "data_plan", "custom_field", "pipeline", "stage",
        "quota", "lead_rule", "audit",
    ];

    private readonly NpgsqlDataSource _database = postgres.Source;

    /// <summary>One after the other, as far as each needs what was made before: what is done, and the lines that it leaves.</summary>
    private static IEnumerable<(string Lines, Func<Stores, Task> Change)> Changes()
    {
        yield return ("role create", s => s.Roles.Put(new Role("night", "Night shift"), true, s_ada));
        yield return ("role edit", s => s.Roles.Put(new Role("night", "Nights") { Rights = s.OneRight }, false, s_ada));
        yield return ("role delete", s => s.Roles.Delete("night", s_ada));
        yield return ("team create", s => s.Roles.PutTeam(new Team("north", "North", null), s_ada));
        yield return ("team edit", s => s.Roles.PutTeam(new Team("north", "Far north", null), s_ada));
        yield return ("team create", s => s.Roles.PutTeam(new Team("south", "South", "north"), s_ada));
        yield return ("user create", async s => s.Root = (await s.Users.Create(new CrmUser("us_root", "root", "Root", Role.Administrator), Password, s_ada)) ?? s.Root);
        yield return ("user create", async s => s.User = (await s.Users.Create(new CrmUser("us_bob", "bob", "Bob", "sales") { Team = "south" }, null, s_ada)) ?? s.User);
        yield return ("user invite", async s => s.Link = await s.Links.Make(LinkPurpose.Invite, "us_bob", s_ada));
        yield return ("user password", s => s.Users.ChoosePassword(s.User, Password, LinkPurpose.Invite, s.Link, s_ada));
        yield return ("user sign-in", async s => s.Session = (await s.Sessions.Begin("us_bob", null, null, s_ada)).Session);
        yield return ("session end", s => s.Sessions.End("us_bob", s.Session.Id, s_ada));
        yield return ("token create", async s => s.Token = (await s.Tokens.Create("us_bob", "script", TokenScope.Read, TimeSpan.FromDays(1), s_ada))!.Value.Token);
        yield return ("token end", s => s.Tokens.End("us_bob", s.Token.Id, s_ada));
        yield return ("user password-failed", s => s.Users.ChangePassword("bob", "another", "new-password", Guid.NewGuid(), s_ada));
        yield return ("user sign-in-failed, user lock", s => s.Users.SignIn("bob", "another", s_ada));
        yield return ("user reset", async s => s.Link = await s.Links.Make(LinkPurpose.Reset, "us_bob", s_ada));
        yield return ("user sign-in", s => s.Sessions.Begin("us_bob", null, null, s_ada));
        yield return ("token create", s => s.Tokens.Create("us_bob", "script", TokenScope.Read, TimeSpan.FromDays(1), s_ada));
        yield return ("token end, session end, user password", s => s.Users.ChoosePassword(s.User, Password + 2, LinkPurpose.Reset, s.Link, s_ada));
        yield return ("user sign-in", s => s.Sessions.Begin("us_bob", null, null, s_ada));
        yield return ("session end, user edit", async s => await s.Users.Update((await s.Users.Get("us_bob"))! with { Enabled = false }, s_ada));
        yield return ("team end", s => s.Roles.EndTeam("south", "north", s_ada));
        yield return ("user end", s => s.Users.End("us_bob", "us_root", s_ada));
        yield return ("source create", s => s.Sources.Create(new Source("shop", "Shop", "web"), s_ada));
        yield return ("source edit", async s => await s.Sources.Update((await s.Sources.Get("shop"))! with { Settings = """{"hook":"s3cret-hook"}""", Enabled = false }, s_ada));
        yield return ("key create", async s => s.Key = await s.Keys.Create(new KeyOrder(ApiKeyKind.Write, "page", "shop"), s_ada));
        yield return ("source create, key create", s => s.Keys.Create(new KeyOrder(ApiKeyKind.Server, "till", "till"), s_ada));
        yield return ("key create, key rotate", s => s.Keys.Rotate(s.Key.Key.Id, TimeProvider.System.GetUtcNow().AddDays(1), s_ada));
        yield return ("key revoke", s => s.Keys.Revoke(s.Key.Key.Id, s_ada));
        yield return ("plan create", s => s.Plans.Put("shop", "buy", """{"type":"object"}""", null, s_ada));
        yield return ("plan edit", s => s.Plans.Put("shop", "buy", """{"type":"object","title":"\u0000"}""", null, s_ada));
        yield return ("plan delete", s => s.Plans.Delete("shop", "buy", null, s_ada));
        yield return ("source delete", s => s.Sources.Delete("shop", null, s_ada));
        yield return ("field create", s => s.Fields.Create(Field, s_ada));
        yield return ("field edit", s => s.Fields.Update(Field with { Label = "Shirt" }, [], s_ada));
        yield return ("field delete", s => s.Fields.Update(Field with { DeletedAt = TimeProvider.System.GetUtcNow(), RecordVersion = 2 }, [], s_ada));
        yield return ("field restore", s => s.Fields.Update(Field with { RecordVersion = 3 }, [], s_ada));
        yield return ("field delete", s => s.Fields.Update(Field with { DeletedAt = TimeProvider.System.GetUtcNow(), RecordVersion = 4 }, [], s_ada));
        yield return ("field purge", s => s.Fields.Remove(Field, s_ada));
        yield return ("pipeline create", s => s.Pipelines.Create(Way, s_ada));
        yield return ("pipeline edit", s => s.Pipelines.Update(Way with { Name = "Renewals", Position = 2 }, s_ada));
        yield return ("pipeline delete", s => s.Pipelines.Delete(Way.Id, null, s_ada));
        yield return ("quota edit", s => s.Quotas.Set([new Quota("user", "us_root", new DateOnly(2026, 5, 1), 1000m, "EUR")], s_ada));
        yield return ("lead-rules edit", s => s.Leads.SetRules([new LeadRule(null, LeadMode.RoundRobin, ["us_root"])], s_ada));
    }

    private static CustomField Field { get; } = new("fld_size", RecordKinds.Customer, "size", FieldType.Text) { Label = "Size" };

    private static Pipeline Way { get; } = new("pl_more", "More", [new("st_a", "A", StageType.Open), new("st_b", "B", StageType.Won), new("st_c", "C", StageType.Lost)]);

    [Fact]
    public async Task Each_change_and_its_lines_are_both_there_or_neither()
    {
        await using var stores = new Stores(postgres);
        await Do("""
            CREATE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'The power went out.'; END $$;
            CREATE CONSTRAINT TRIGGER fails AFTER INSERT ON audit DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fails();
            """);
        foreach (var (lines, change) in Changes())
        {
            await Do("ALTER TABLE audit ENABLE TRIGGER fails");
            var (before, last) = (await Everything(), await Last());
            var fault = await Record.ExceptionAsync(() => change(stores));
            Assert.True(fault is PostgresException { MessageText: "The power went out." }, $"{lines}: {fault}");
            Assert.True(before == await Everything(), $"{lines}: it failed, and left something.");

            await Do("ALTER TABLE audit DISABLE TRIGGER fails");
            await change(stores);
            var written = await Lines(last);
            Assert.Equal(lines, string.Join(", ", written.Select(l => $"{l["kind"]} {l["action"]}")));
            Assert.All(written, l => Assert.Equal(("us_ada", "127.0.0.0"), ((string?)l["by_whom"], (string?)l["address"])));
        }

        await WhatTheySay();
    }

    // Before and after, and nothing that opens anything.
    private async Task WhatTheySay()
    {
        var all = await Lines(0);
        JsonNode Said(string kind, string action, int at = 0) => all.Where(l => (string?)l["kind"] == kind && (string?)l["action"] == action).ElementAt(at)["changes"]!;
        void Change(JsonNode line, string field, string? from, string? to) =>
            Assert.Equal((from, to), (line[field]!["from"]?.ToString(), line[field]!["to"]?.ToString()));

        Change(Said("role", "edit"), "name", "Night shift", "Nights");
        Assert.Contains("deal", Said("role", "edit")["rights"]!["to"]!.ToJsonString(), StringComparison.Ordinal);
        Change(Said("role", "delete"), "name", "Nights", null);
        Change(Said("team", "edit"), "name", "North", "Far north");
        Change(Said("team", "create", 1), "parent", null, "north");
        Assert.Equal("""["us_bob"]""", Said("team", "end")["members"]!.ToJsonString());
        Change(Said("user", "create", 1), "role", null, "sales");
        Change(Said("user", "edit"), "enabled", "true", "false");
        Assert.Equal(("bob", "us_root"), ((string?)Said("user", "end")["userName"], (string?)Said("user", "end")["transferTo"]));
        Assert.Equal(("us_bob", "read"), ((string?)Said("token", "end")["user"], (string?)Said("token", "end")["scope"]));
        Change(Said("source", "edit"), "enabled", "true", "false");
        Assert.Equal("changed", (string?)Said("source", "edit")["settings"]);
        Assert.Equal("shop", (string?)Said("key", "create")["source"]);
        Change(Said("plan", "delete"), "schema", """{"type":"object","title":"\u0000"}""", null);
        Change(Said("field", "edit"), "label", "Size", "Shirt");
        Change(Said("pipeline", "edit"), "name", "More", "Renewals");
        Assert.Equal(3, Said("pipeline", "delete")["stages"]!["from"]!.AsArray().Count);
        Change(Said("quota", "edit"), "user us_root 2026-05", null, "1000.00 EUR");
        Change(Said("lead-rules", "edit"), "rules", "[]", Said("lead-rules", "edit")["rules"]!["to"]!.ToString());

        var text = string.Concat(all.Select(l => l.ToJsonString()));
        var hashes = await Ask<string>("SELECT string_agg(t, ' ') FROM (SELECT encode(hash, 'base64') AS t FROM api_key UNION ALL SELECT password FROM crm_user WHERE password IS NOT NULL) h");
        Assert.All((string[])[Password, "another", "s3cret-hook", "wk_", "sk_", "st_", "ot_", "pt_", .. hashes.Split(' ')], secret => Assert.DoesNotContain(
            secret, text.Replace("st_a", "", StringComparison.Ordinal).Replace("st_b", "", StringComparison.Ordinal).Replace("st_c", "", StringComparison.Ordinal), StringComparison.Ordinal));
    }

    private async Task<string> Everything() => string.Concat(await Task.WhenAll(s_tables.Select(t => Ask<string>($"SELECT coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '') FROM {t} t"))));

    private Task<long> Last() => Ask<long>("SELECT coalesce(max(id), 0) FROM audit");

    private async Task<JsonNode[]> Lines(long after) =>
        [.. JsonNode.Parse(await Ask<string>($"SELECT coalesce(jsonb_agg(a ORDER BY id), '[]')::text FROM (SELECT id, by_whom, address, kind, record, action, changes FROM audit WHERE id > {after}) a"))!.AsArray().Select(l => l!)];

    private async Task Do(string sql)
    {
        await using var command = _database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private async Task<T> Ask<T>(string sql)
    {
        await using var command = _database.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    private sealed class Stores(PostgresFixture postgres) : IAsyncDisposable
    {
        private readonly DataSources _pools = new(postgres.ConnectionString);

        public Users Users { get; } = new(postgres.Source, TimeProvider.System, new SignInLimits { WrongTries = 2 });

        public Roles Roles { get; } = new(postgres.Source, TimeProvider.System);

        public Sessions Sessions { get; } = new(postgres.Source, TimeProvider.System);

        public UserTokens Tokens { get; } = new(postgres.Source, TimeProvider.System);

        public OneTimeLinks Links { get; } = new(postgres.Source, TimeProvider.System);

        public Sources Sources { get; } = new(postgres.Source, TimeProvider.System);

        public ApiKeys Keys { get; } = new(postgres.Source, TimeProvider.System);

        public DataPlans Plans { get; } = new(postgres.Source, TimeProvider.System);

        public CustomFields Fields => new(_pools, TimeProvider.System);

        public Pipelines Pipelines => new(_pools, TimeProvider.System);

        public Quotas Quotas => new(_pools, TimeProvider.System);

        public LeadStore Leads => new(_pools, TimeProvider.System);

        public IReadOnlyDictionary<string, KindRights> OneRight { get; } = new Dictionary<string, KindRights> { [RecordKinds.Deal] = new() { Read = RecordScope.All } };

        public CrmUser Root { get; set; } = null!;

        public CrmUser User { get; set; } = null!;

        public string Link { get; set; } = "";

        public UserSession Session { get; set; } = null!;

        public UserToken Token { get; set; } = null!;

        public NewApiKey Key { get; set; } = null!;

        public ValueTask DisposeAsync() => _pools.DisposeAsync();
    }
}
