using System.Net;
using System.Text.Json.Nodes;
using Crm.Infrastructure;
using Npgsql;
using Xunit;
using static Crm.Access.PeopleFixture;

namespace Crm.Access;

/// <summary>An account with more records than one request hands over, and processes that die in the middle: the same request goes on, and each record goes once.</summary>
public sealed class HandoverTests : IAsyncLifetime
{
    private const int Gate = 4_712;
    private const int Activities = 2_600;
    private const int Companies = 1_700;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);

    private readonly PostgresFixture _postgres = new();

    public Task InitializeAsync() => _postgres.InitializeAsync();

    public Task DisposeAsync() => _postgres.DisposeAsync();

    [Fact]
    public async Task Thousands_of_records_go_to_the_heir_each_once_whatever_dies_meanwhile()
    {
        var silo = await HostProcess.Silo(_postgres.ConnectionString);
        var api = await HostProcess.Api(_postgres.ConnectionString);
        try
        {
            await api.UntilReady();
            var root = await SignedIn(api, register: true);
            var (leaving, heir) = (await User(root, "leaving", null), await User(root, "heir", "harbour"));
            await Own(leaving);
            var end = $"/api/v1/users/{leaving}?transferTo={heir}";

            // As many as one request takes; the account goes on until nothing is left.
            var some = await Ask(root, "DELETE", end);
            Assert.True(some.Status == 202, some.Text);
            var moved = (int)some.Json["moved"]!;
            Assert.InRange(moved, Handover.MostAtOnce, Activities);
            Assert.Equal(Activities + Companies - moved, await Left(leaving));
            Assert.Equal(200, (await Ask(root, "GET", "/api/v1/users/" + leaving)).Status);

            // The silo dies between two records.
            var broken = await While(() => Ask(root, "DELETE", end), async () =>
            {
                await silo.Kill();
                await silo.DisposeAsync();
            });
            Assert.Equal((503, "no-silo"), (broken.Status, ((string?)broken.Json["type"])?.Split(':')[^1]));
            silo = await HostProcess.Silo(_postgres.ConnectionString);
            await api.UntilReady();
            var left = await Left(leaving);
            Assert.InRange(left, 1, Activities + Companies - moved - 1);

            // The API dies, and another one takes the request.
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => While(() => Ask(root, "DELETE", end), api.Kill));
            await api.DisposeAsync();
            api = await HostProcess.Api(_postgres.ConnectionString);
            await api.UntilReady();
            root = await SignedIn(api);
            Assert.InRange(await Left(leaving), 1, left - 1);

            var last = await Last(root, leaving, end);
            Assert.True(last.Status == 204, last.Text);
            Assert.Equal(heir, await _postgres.Source.Ask<string>("SELECT owner FROM task"));
            Assert.Equal(404, (await Ask(root, "GET", "/api/v1/users/" + leaving)).Status);
            await EachWentOnce(leaving, heir);
        }
        finally
        {
            await api.DisposeAsync();
            await silo.DisposeAsync();
        }
    }

    // To the end; between its last look and the account's own end somebody gives them one more.
    private async Task<Answer> Last(HttpClient root, string leaving, string end)
    {
        await using var other = await _postgres.Source.OpenConnectionAsync();
        await using var transaction = await other.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand($"SELECT 1 FROM crm_user WHERE id = '{leaving}' FOR NO KEY UPDATE", other)) await hold.ExecuteNonQueryAsync();
        var ending = ToTheEnd();
        await Eventually.True(
            async () => await _postgres.Source.Ask<long>("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%crm_user%no key update'") > 0, "all were looked at", s_patience);
        var late = await Ask(root, "POST", "/api/v1/tasks", new JsonObject { ["subject"] = "One more", ["owner"] = leaving });
        Assert.True(late.Status == 201, late.Text);
        await transaction.CommitAsync();
        return await ending;

        async Task<Answer> ToTheEnd()
        {
            while (true)
            {
                var answer = await Ask(root, "DELETE", end);
                if (answer.Status != 202) return answer;
            }
        }
    }

    private async Task EachWentOnce(string leaving, string heir)
    {
        foreach (var (table, count) in new[] { ("activity", Activities), ("company", Companies) })
        {
            Assert.Equal(count, await _postgres.Source.Ask<long>($"SELECT count(*) FROM {table} WHERE owner = '{heir}' AND team = 'harbour' AND record_version = 2"));
            Assert.Equal(count, await _postgres.Source.Ask<long>($"SELECT count(*) FROM audit WHERE kind = '{table}' AND action = 'edit' AND changes -> 'owner' = '[\"{leaving}\", \"{heir}\"]'"));
        }

        Assert.Equal(heir, await _postgres.Source.Ask<string>($"SELECT string_agg(changes ->> 'transferTo', ',') FROM audit WHERE kind = 'user' AND record = '{leaving}' AND action = 'end'"));
    }

    // Something happens while a request stands in the middle of the records; then the request's end.
    private async Task<Answer> While(Func<Task<Answer>> ask, Func<Task> happens)
    {
        await using var gate = await _postgres.Source.OpenConnectionAsync();
        await using (var close = new NpgsqlCommand($"SELECT pg_advisory_lock({Gate})", gate)) await close.ExecuteNonQueryAsync();
        await _postgres.Source.Do($"""
            CREATE FUNCTION held() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock_shared({Gate}); RETURN new; END $$;
            CREATE TRIGGER held BEFORE UPDATE ON activity FOR EACH ROW WHEN (old.id LIKE '%77') EXECUTE FUNCTION held();
            """);
        var asked = ask();
        await Eventually.True(
            async () => await _postgres.Source.Ask<long>($"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = {Gate} AND NOT granted") > 0, "it is in the middle", s_patience);
        await happens();
        await using (var open = new NpgsqlCommand($"SELECT pg_advisory_unlock({Gate})", gate)) await open.ExecuteNonQueryAsync();
        await _postgres.Source.Do("DROP TRIGGER held ON activity; DROP FUNCTION held()");
        return await asked;
    }

    // As they are stored; the newest are the first to go.
    private async Task Own(string user)
    {
        foreach (var (table, count, fields) in new[]
        {
            ("activity", Activities, "jsonb_build_object('type', 'note', 'subject', 'Note ' || n, 'at', '2026-01-01T00:00:00.000Z')"),
            ("company", Companies, "jsonb_build_object('name', 'Mill ' || n)"),
        })
            await _postgres.Source.Do($"""
                INSERT INTO {table} (id, row_version, record_version, version, state, created_at, updated_at, created_by, last_cause)
                SELECT 'x_' || n, 1, 1, 1, {fields} || jsonb_build_object('owner', '{user}'), now() + n * interval '1 millisecond', now(), '{user}', gen_random_uuid()
                FROM generate_series(1, {count}) AS n
                """);
    }

    private Task<long> Left(string user) => _postgres.Source.Ask<long>(
        $"SELECT (SELECT count(*) FROM activity WHERE owner = '{user}') + (SELECT count(*) FROM company WHERE owner = '{user}')");

    private static async Task<HttpClient> SignedIn(HostProcess api, bool register = false)
    {
        var browser = new HttpClient(new HttpClientHandler { CookieContainer = new CookieContainer() }) { BaseAddress = api.Address };
        if (register) Assert.Equal(200, (await Form(browser, "register", $"username=root&password={Password}")).Status);
        Assert.Equal(200, (await Form(browser, "login", $"username=root&password={Password}")).Status);
        return browser;
    }

    private static async Task<string> User(HttpClient root, string name, string? team)
    {
        if (team is not null) Assert.Equal(200, (await Ask(root, "PUT", "/api/v1/teams/" + team, new JsonObject { ["name"] = team })).Status);
        var made = await Ask(root, "POST", "/api/v1/users", new JsonObject { ["userName"] = name, ["role"] = "sales", ["team"] = team });
        Assert.True(made.Status == 201, made.Text);
        return (string)made.Json["id"]!;
    }
}
