using Crm.Access;
using Crm.Clickstream;
using Crm.Customers;
using Crm.Infrastructure;
using Crm.Records;
using NpgsqlTypes;
using Xunit;

namespace Crm.Schema;

/// <summary>A database from before customers were records: who is there is listed, at once as far as the rows say, whole when a silo came by.</summary>
public sealed class CustomerRecordsMigrationTests : OldDatabase
{
    private const long At = 1_795_000_000_000;

    [Fact]
    public async Task Old_customers_are_listed_and_their_columns_follow()
    {
        await Run(number => number < 24);
        await OldRow("u:old", null, Given.Identify(0, """{"name":"Ada","email":"ada@example.org"}"""), Order());
        await OldRow("a:old", "u:old", Given.Page(0));
        await OldRow("a:other", null, Given.Page(1));

        await Run(number => number >= 24);

        await using var stores = new Stores(Connection);
        var lists = stores.Get<RecordLists>();
        var query = new RecordQuery(RecordKind.Customer, new Reach(true, null, []));
        var before = (await lists.Page(query)).Records;
        Assert.Equal(["a:other", "u:old"], before.Select(r => r.State.Id).Order(StringComparer.Ordinal));
        Assert.Contains("\"lifecycle\": \"customer\"", before.Single(r => r.State.Id == "u:old").State.Fields, StringComparison.Ordinal);
        Assert.Equal(2, await Database.Ask<long>("select count(*) from customer_list_due"));

        await Database.Do("create table schema_versions (schemaversionsid serial primary key, scriptname varchar(255) not null, applied timestamp not null)");
        foreach (var script in SchemaUpgrade.Scripts()) await Database.Do($"insert into schema_versions (scriptname, applied) values ('{script.Name}', now())");
        await using var silo = await TestSilo.Start(Connection);
        await Eventually.True(async () => await Database.Ask<long>("select count(*) from customer_list_due") == 0, "all are listed", TimeSpan.FromSeconds(60));
        Assert.Equal(
            "Ada|ada@example.org|12.00|ordinary|1|2",
            await Database.Ask<string>("select concat_ws('|', name, email, revenue, tier, sessions, events) from customer_list where id = 'u:old'"));
        Assert.Equal("u:old", await Database.Ask<string>("select moved_to from customer_record where id = 'a:old'"));
    }

    private static BehaviourEvent Order() =>
        Given.Track("Order Completed", 1, """{"order_id":"o1","revenue":"12.00","currency":"USD"}""");

    private async Task OldRow(string id, string? movedTo, params BehaviourEvent[] events)
    {
        var record = CustomerRecord.Fresh(id);
        foreach (var happened in events) record.Fold(happened with { Lane = id, TimestampMs = At, ReceivedAtMs = At }, MessageRing.Hash(happened.MessageId));
        await using var insert = Database.CreateCommand("""
            insert into customer (id, partition, row_version, state, moved_to, last_seen, events, orders) values ($1, $2, 1, $3, $4, $5, $6, $7)
            """);
        insert.With(NpgsqlDbType.Text, id).With(NpgsqlDbType.Smallint, (short)Partitioning.Of(id)).With(NpgsqlDbType.Bytea, record.Encode())
            .With(NpgsqlDbType.Text, movedTo).With(NpgsqlDbType.TimestampTz, DateTimeOffset.FromUnixTimeMilliseconds(At).UtcDateTime)
            .With(NpgsqlDbType.Bigint, (long)events.Length).With(NpgsqlDbType.Integer, record.Profile.Orders);
        await insert.ExecuteNonQueryAsync();
    }
}
