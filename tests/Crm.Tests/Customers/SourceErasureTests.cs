using Crm.Infrastructure;
using Xunit;

namespace Crm.Customers;

public sealed class SourceErasureTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private const string Tables = "history, customer, customer_record, customer_seen, customer_list_due, task, sales_order, attachment, customer_external_id, merge_ledger, rejected, dead_letter, dead_letter_inbound, parked_event, event_block, partition_state, orleans_membership, orleans_membership_version";

    public async Task InitializeAsync() => await Sql($"truncate {Tables} cascade");

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Only_customers_of_whom_nothing_else_is_known_go()
    {
        // A demo user with the visitor it absorbed; a demo visitor that became somebody real's; one with older, dropped events.
        await Customer("u:d1", events: 2, ("u:d1", "demo"), ("a:d1", "demo"));
        await Merged("a:d1", "u:d1");
        await Customer("u:real", events: 2, ("u:real", "shop"), ("a:d2", "demo"));
        await Merged("a:d2", "u:real");
        await Customer("u:old", events: 5, ("u:old", "demo"));
        await Customer("u:other", events: 1, ("u:other", "shop"));
        await Sql("insert into customer_external_id values ('email', 'd1@example.com', 'u:d1'), ('email', 'r@example.com', 'u:real')");
        await Sql("insert into dead_letter_inbound (received_at, source, reason, sample) values (now(), 'demo', 'x', ''), (now(), 'shop', 'x', '')");

        var report = await SourceErasure.Run(postgres.Source, "demo");

        Assert.Equal(new SourceErasureReport { Customers = 2, History = 2, DeadLetters = 1, Kept = 2 }, report);
        Assert.Equal("a:d2,u:old,u:other,u:real", await Text("select string_agg(id, ',' order by id) from customer"));
        Assert.Equal("a:d2,u:old,u:other,u:real", await Text("select string_agg(lane, ',' order by lane) from history"));
        Assert.Equal("a:d2", await Text("select string_agg(source, ',') from merge_ledger"));
        Assert.Equal("u:real", await Text("select string_agg(customer_id, ',') from customer_external_id"));
        Assert.Equal("shop", await Text("select string_agg(source, ',') from dead_letter_inbound"));
    }

    [Fact]
    public async Task Who_goes_leaves_the_lists_and_whom_people_wrote_of_stays()
    {
        foreach (var id in (string[])["u:gone", "u:card", "u:file", "u:task"])
        {
            await Customer(id, events: 1, (id, "demo"));
            await Sql($"insert into customer_seen (id, version, last_seen, events, sessions) values ('{id}', 1, now(), 1, 1)");
            await Sql($"insert into customer_list_due (id, due_at) values ('{id}', now())");
            await Sql($$"""
                insert into customer_record (id, row_version, record_version, version, state, created_at, updated_at, created_by, last_cause, live_name)
                values ('{{id}}', {{(id == "u:card" ? 1 : 0)}}, 0, 0, '{}', now(), now(), 'events', gen_random_uuid(), 'Ada')
                """);
        }

        await Sql("""
            insert into task (id, row_version, record_version, version, state, created_at, updated_at, created_by, last_cause)
            values ('ta_1', 1, 1, 1, '{"subject": "Call", "customer": "u:task"}', now(), now(), 'us_1', gen_random_uuid())
            """);

        foreach (var (order, customer) in ((string, string)[])[("or_gone", "u:gone"), ("or_file", "u:file")])
        {
            await Sql($$"""
                insert into sales_order (id, row_version, record_version, version, state, created_at, updated_at, created_by, last_cause)
                values ('{{order}}', 1, 1, 1, '{"customer": "{{customer}}"}', now(), now(), 'events', gen_random_uuid())
                """);
        }

        await Sql("""
            insert into attachment (id, kind, record, name, media_type, size, sha256, created_at, created_by, content)
            values ('at_1', 'order', 'or_file', 'return.pdf', 'application/pdf', 1, '', now(), 'us_1', '\x00')
            """);

        var report = await SourceErasure.Run(postgres.Source, "demo");

        Assert.Equal((1, 3), (report.Customers, report.Kept));
        Assert.Equal("or_file", await Text("select string_agg(id, ',') from sales_order"));
        foreach (var list in (string[])["customer_list", "customer_seen", "customer_list_due"])
            Assert.Equal("u:card,u:file,u:task", await Text($"select string_agg(id, ',' order by id) from {list}"));
    }

    [Fact]
    public async Task Nothing_is_done_while_events_are_on_their_way()
    {
        await Customer("u:d1", events: 1, ("u:d1", "demo"));
        await Sql("insert into event_block (partition, first_seq, count, payload) values (3, 1, 7, '')");
        await Sql("insert into partition_state (partition, checkpoint, history) values (3, 5, 4)");

        Assert.Equal(new SourceErasureReport { Unsettled = 3 }, await SourceErasure.Run(postgres.Source, "demo"));
        Assert.Equal("u:d1", await Text("select id from customer"));
    }

    [Fact]
    public async Task Nothing_is_done_while_a_silo_lives()
    {
        await Customer("u:d1", events: 1, ("u:d1", "demo"));
        await Sql("insert into orleans_membership_version (cluster_id) values ('crm')");
        await Sql("""
            insert into orleans_membership (cluster_id, address, port, generation, silo_name, host_name, status, proxy_port, start_time, alive_at)
            values ('crm', '127.0.0.1', 1, 1, 's', 'h', 3, 2, now(), now()), ('crm', '127.0.0.1', 2, 1, 's', 'h', 3, 2, now(), now() - interval '1 hour')
            """);

        Assert.Equal(new SourceErasureReport { Silos = 1 }, await SourceErasure.Run(postgres.Source, "demo"));
        Assert.Equal("u:d1", await Text("select id from customer"));
    }

    private async Task Customer(string id, int events, params (string Lane, string Source)[] history)
    {
        await Sql($"insert into customer (id, partition, row_version, state, events, orders) values ('{id}', 0, 1, '', {events}, 0)");
        foreach (var (lane, source) in history)
        {
            await Sql($"""
                insert into history (partition, seq, lane, occurred_at, received_at, type, message_id, source, body)
                select 0, count(*) + 1, '{lane}', now(), now(), 1, 'm', '{source}', '' from history
                """);
        }
    }

    private async Task Merged(string source, string into)
    {
        await Sql($"insert into customer (id, partition, row_version, state, events, orders, moved_to) values ('{source}', 0, 1, '', 0, 0, '{into}')");
        await Sql($"insert into merge_ledger (source, into_id, reason) values ('{source}', '{into}', 'identify')");
    }

    private async Task Sql(string text)
    {
        await using var command = postgres.Source.CreateCommand(text);
        await command.ExecuteNonQueryAsync();
    }

    private async Task<string?> Text(string query)
    {
        await using var command = postgres.Source.CreateCommand(query);
        return await command.ExecuteScalarAsync() as string;
    }
}
