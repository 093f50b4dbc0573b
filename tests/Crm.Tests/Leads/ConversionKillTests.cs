using System.Net.Http.Headers;
using System.Text;
using Crm.Access;
using Crm.Clickstream;
using Crm.Infrastructure;
using Npgsql;
using Xunit;

namespace Crm.Leads;

/// <summary>A silo that is killed in the middle of a conversion, at each of its writes: it ends whole, and once.</summary>
public sealed class ConversionKillTests : IAsyncLifetime
{
    private const int Gate = 4_711;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);

    private readonly PostgresFixture _postgres = new();

    public Task InitializeAsync() => _postgres.InitializeAsync();

    public Task DisposeAsync() => _postgres.DisposeAsync();

    [Fact]
    public async Task A_conversion_whose_silo_dies_at_any_of_its_writes_ends_whole_and_once()
    {
        var key = (await new ApiKeys(_postgres.Source, TimeProvider.System).Create(new KeyOrder(ApiKeyKind.Server, "tests", "office", Scopes.All))).Secret;
        await using var api = await HostProcess.Api(_postgres.ConnectionString);
        api.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        var silo = await HostProcess.Silo(_postgres.ConnectionString);
        try
        {
            // The lead's own transaction, the event with which the customer begins, and the note that all is done.
            foreach (var (table, operation, when) in new[]
            {
                ("lead", "UPDATE", "new.state -> 'pending' IS NOT NULL"),
                ("event_block", "INSERT", "true"),
                ("lead", "UPDATE", "old.state -> 'pending' IS NOT NULL AND new.state -> 'pending' IS NULL"),
            })
            {
                await Eventually.True(async () => (await Ask(api, "GET", "/v1/customers/u:nobody")).Status == 404, "reads are answered", s_patience);
                silo = await Converted(api, silo, table, operation, when);
            }
        }
        finally
        {
            await silo.DisposeAsync();
        }
    }

    private async Task<HostProcess> Converted(HostProcess api, HostProcess silo, string table, string operation, string when)
    {
        var name = "Eve " + Guid.NewGuid().ToString("N");
        var lead = (await Ask(api, "POST", "/api/v1/leads", $$"""{"name":"{{name}}","company":"{{name}} Ltd","owner":null}""")).Text("id")!;
        await Eventually.True(async () => (await Ask(api, "GET", $"/api/v1/leads/{lead}")).Text("pooledAt") is not null, "the desk has seen to it", s_patience);
        await using var gate = await _postgres.Source.OpenConnectionAsync();
        await Do(gate, $"SELECT pg_advisory_lock({Gate})");
        await _postgres.Source.Do($"""
            CREATE FUNCTION held() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock_shared({Gate}); RETURN new; END $$;
            CREATE TRIGGER held BEFORE {operation} ON {table} FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION held();
            """);

        var convert = Ask(api, "POST", $"/api/v1/leads/{lead}/convert", "{}", ("Idempotency-Key", "convert-" + lead));
        await Eventually.True(async () => await Waiting() > 0, $"the {operation} of {table} is under way", s_patience);
        await silo.Kill();
        await silo.DisposeAsync();
        await Do(gate, $"SELECT pg_advisory_unlock({Gate})");
        await _postgres.Source.Do($"DROP TRIGGER held ON {table}; DROP FUNCTION held()");
        await convert;
        var next = await HostProcess.Silo(_postgres.ConnectionString);

        // As a client does that was not told: the same request again.
        Reply? done = null;
        await Eventually.True(
            async () => (done = await Ask(api, "POST", $"/api/v1/leads/{lead}/convert", "{}", ("Idempotency-Key", "convert-" + lead))).Status == 200,
            $"it is converted after a death at the {operation} of {table}", s_patience);
        await IsWholeAndOnce(api, lead, name, done!.Text("customer")!);
        return next;
    }

    private async Task IsWholeAndOnce(HostProcess api, string lead, string name, string customer)
    {
        await Eventually.True(async () => await _postgres.Source.Ask<bool>($"SELECT state -> 'pending' IS NULL FROM lead WHERE id = '{lead}'"), "nothing is left to be done", s_patience);
        Reply? found = null;
        await Eventually.True(async () => (found = await Ask(api, "GET", $"/v1/customers/{customer}")).Status == 200, "the customer is there", s_patience);
        Assert.Equal(name, found!.Json.GetProperty("traits").GetProperty("name").GetString());
        Assert.Equal(1, found.Json.GetProperty("counts").GetProperty("byType").GetProperty("identify").GetInt64());
        Assert.Equal(1, await _postgres.Source.Ask<long>($"SELECT count(*) FROM company WHERE name = '{name} Ltd'"));
        Assert.Equal(1, await _postgres.Source.Ask<long>($"SELECT count(*) FROM deal WHERE state -> 'customers' ? '{customer}'"));
        Assert.Equal(1, await _postgres.Source.Ask<long>($"SELECT count(*) FROM audit WHERE record = '{lead}' AND action = 'convert'"));
        Assert.Equal("converted", (await Ask(api, "GET", $"/api/v1/leads/{lead}")).Text("status"));
    }

    private Task<long> Waiting() => _postgres.Source.Ask<long>($"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = {Gate} AND NOT granted");

    private static async Task Do(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<Reply> Ask(HostProcess api, string method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(path, UriKind.Relative));
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await api.Http.SendAsync(request);
        return await Reply.Of(response);
    }
}
