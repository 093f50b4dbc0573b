using Crm.Customers;
using Crm.Records;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Seeding;

/// <summary>Rows by binary COPY, on the connection of the one transaction.</summary>
internal sealed class SeedCopy(NpgsqlConnection connection)
{
    private const string RecordColumns = "id, row_version, record_version, version, state, created_at, updated_at, created_by, last_cause";

    private const string ListColumns =
        "first_seen, last_order, orders, revenue, revenue_currency, tier, stage, live_name, live_email, live_phone";

    public Task Records(string kind, IReadOnlyList<SeededRecord> records, CancellationToken stop) =>
        Copy($"COPY {RecordTable.Of(kind).Name} ({RecordColumns}) FROM STDIN (FORMAT binary)", records, (to, record) => Record(to, record, record.State.Version), stop);

    public async Task Customers(IReadOnlyList<SeededCustomer> customers, CancellationToken stop)
    {
        await Copy("COPY customer (id, partition, row_version, state, last_seen, events, orders) FROM STDIN (FORMAT binary)", customers, Row, stop);
        await Copy($"COPY customer_record ({RecordColumns}, {ListColumns}) FROM STDIN (FORMAT binary)", customers, (to, customer) =>
        {
            Record(to, customer.Card, 0);
            List(to, customer.Profile.Listing!);
        }, stop);
        await Copy("COPY customer_seen (id, version, last_seen, events, sessions, score) FROM STDIN (FORMAT binary)", customers, Seen, stop);
        (string Id, ExternalId Name)[] names = [.. customers.SelectMany(c => c.Profile.NewExternalIds.Select(n => (c.Profile.Id, n)))];
        await Copy("COPY customer_external_id (kind, value, customer_id, told_by_server) FROM STDIN (FORMAT binary)", names, Name, stop);
    }

    private async Task Copy<T>(string sql, IReadOnlyList<T> rows, Action<NpgsqlBinaryImporter, T> write, CancellationToken stop)
    {
        await using var to = await connection.BeginBinaryImportAsync(sql, stop);
        // A million rows go into one statement at a time; none of them waits for long.
        to.Timeout = TimeSpan.Zero;
        foreach (var row in rows)
        {
            to.StartRow();
            write(to, row);
        }

        await to.CompleteAsync(stop);
    }

    private static void Record(NpgsqlBinaryImporter to, SeededRecord record, long version)
    {
        var state = record.State;
        to.Write(Sql.Text(state.Id), NpgsqlDbType.Text);
        to.Write(1L, NpgsqlDbType.Bigint);
        to.Write(state.RecordVersion, NpgsqlDbType.Bigint);
        to.Write(version, NpgsqlDbType.Bigint);
        to.Write(state.Fields, NpgsqlDbType.Jsonb);
        to.Write(state.CreatedAt.UtcDateTime, NpgsqlDbType.TimestampTz);
        to.Write(state.UpdatedAt.UtcDateTime, NpgsqlDbType.TimestampTz);
        to.Write(state.CreatedBy, NpgsqlDbType.Text);
        to.Write(record.Cause, NpgsqlDbType.Uuid);
    }

    private static void Row(NpgsqlBinaryImporter to, SeededCustomer customer)
    {
        var row = customer.Profile;
        to.Write(row.Id, NpgsqlDbType.Text);
        to.Write((short)row.Partition, NpgsqlDbType.Smallint);
        to.Write(row.ExpectedVersion + 1, NpgsqlDbType.Bigint);
        to.Write(row.State, NpgsqlDbType.Bytea);
        Time(to, row.LastSeen);
        to.Write(row.Events, NpgsqlDbType.Bigint);
        to.Write(row.Orders, NpgsqlDbType.Integer);
    }

    private static void List(NpgsqlBinaryImporter to, CustomerListing list)
    {
        Time(to, list.FirstSeen);
        Time(to, list.LastOrder);
        to.Write(list.Orders, NpgsqlDbType.Integer);
        Number(to, list.Revenue);
        to.Write(list.Currency, NpgsqlDbType.Text);
        to.Write(list.Tier, NpgsqlDbType.Text);
        to.Write(list.Stage, NpgsqlDbType.Text);
        Text(to, list.Name);
        Text(to, list.Email);
        Text(to, list.Phone);
    }

    private static void Seen(NpgsqlBinaryImporter to, SeededCustomer customer)
    {
        var seen = customer.Profile.Seen!;
        to.Write(customer.Profile.Id, NpgsqlDbType.Text);
        to.Write(seen.Version, NpgsqlDbType.Bigint);
        Time(to, seen.LastSeen);
        to.Write(seen.Events, NpgsqlDbType.Bigint);
        to.Write(seen.Sessions, NpgsqlDbType.Integer);
        Number(to, seen.Score);
    }

    private static void Name(NpgsqlBinaryImporter to, (string Id, ExternalId Name) of)
    {
        to.Write(of.Name.Kind, NpgsqlDbType.Text);
        to.Write(of.Name.Value, NpgsqlDbType.Text);
        to.Write(of.Id, NpgsqlDbType.Text);
        to.Write(of.Name.ToldByServer, NpgsqlDbType.Boolean);
    }

    private static void Time(NpgsqlBinaryImporter to, DateTimeOffset? at)
    {
        if (at is { } moment) to.Write(moment.UtcDateTime, NpgsqlDbType.TimestampTz);
        else to.WriteNull();
    }

    private static void Number(NpgsqlBinaryImporter to, decimal? number)
    {
        if (number is { } known) to.Write(known, NpgsqlDbType.Numeric);
        else to.WriteNull();
    }

    private static void Text(NpgsqlBinaryImporter to, string? text)
    {
        if (text is not null) to.Write(Sql.Text(text), NpgsqlDbType.Text);
        else to.WriteNull();
    }
}
