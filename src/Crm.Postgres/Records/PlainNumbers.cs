using Crm.Access;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Records;

/// <summary>A customer as the plain calls list it.</summary>
public sealed record NumberedCustomer(long Id, string? Name, string? Phone);

/// <summary>A sale as the plain calls list it.</summary>
/// <param name="Product">As it was sent.</param>
public sealed record NumberedSale(long Id, long Customer, string Product, decimal Quantity);

/// <summary>Numbers from 1 for records that were made through the plain calls, and lists of those that one may read and that are no trash.</summary>
public sealed class PlainNumbers(NpgsqlDataSource database)
{
    /// <summary>Numbers a customer; one that has a number keeps it.</summary>
    public async Task AddCustomer(string record, CancellationToken stop = default)
    {
        await using var command = database.CreateCommand("INSERT INTO guide_customer (record) VALUES ($1) ON CONFLICT DO NOTHING").With(NpgsqlDbType.Text, record);
        await command.ExecuteNonQueryAsync(stop);
    }

    /// <summary>Numbers a sale.</summary>
    public async Task AddSale(string record, long customer, string product, decimal quantity, CancellationToken stop = default)
    {
        await using var command = database.CreateCommand("INSERT INTO guide_sale (record, customer, product, quantity) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING")
            .With(NpgsqlDbType.Text, record).With(NpgsqlDbType.Bigint, customer).With(NpgsqlDbType.Text, product).With(NpgsqlDbType.Numeric, quantity);
        await command.ExecuteNonQueryAsync(stop);
    }

    /// <summary>The record of a customer's number; null when there is none.</summary>
    public async Task<string?> Customer(long number, CancellationToken stop = default)
    {
        await using var command = database.CreateCommand("SELECT record FROM guide_customer WHERE id = $1").With(NpgsqlDbType.Bigint, number);
        return (string?)await command.ExecuteScalarAsync(stop);
    }

    /// <summary>The product that has a code; null when there is none.</summary>
    public async Task<string?> Product(string code, CancellationToken stop = default)
    {
        await using var command = database.CreateCommand("SELECT id FROM product WHERE code = $1 AND deleted_at IS NULL").With(NpgsqlDbType.Text, Sql.Text(code));
        return (string?)await command.ExecuteScalarAsync(stop);
    }

    /// <summary>Customers behind a number, by number.</summary>
    public async Task<IReadOnlyList<NumberedCustomer>> Customers(Reach whose, long after, int max, CancellationToken stop = default)
    {
        await using var command = database.CreateCommand();
        command.With(NpgsqlDbType.Bigint, after).With(NpgsqlDbType.Integer, max);
        command.CommandText = $"""
            SELECT g.id, r.state ->> 'name', r.state -> 'phones' ->> 0
            FROM guide_customer g JOIN customer_record r ON r.id = g.record
            WHERE g.id > $1 AND r.deleted_at IS NULL AND {RecordLists.Reached(command, whose)} ORDER BY g.id LIMIT $2
            """;
        await using var rows = await command.ExecuteReaderAsync(stop);
        var found = new List<NumberedCustomer>();
        while (await rows.ReadAsync(stop))
            found.Add(new NumberedCustomer(rows.GetInt64(0), rows.IsDBNull(1) ? null : rows.GetString(1), rows.IsDBNull(2) ? null : rows.GetString(2)));
        return found;
    }

    /// <summary>Sales behind a number, by number.</summary>
    public async Task<IReadOnlyList<NumberedSale>> Sales(Reach whose, long after, int max, CancellationToken stop = default)
    {
        await using var command = database.CreateCommand();
        command.With(NpgsqlDbType.Bigint, after).With(NpgsqlDbType.Integer, max);
        command.CommandText = $"""
            SELECT g.id, g.customer, g.product, g.quantity
            FROM guide_sale g JOIN sales_order r ON r.id = g.record
            WHERE g.id > $1 AND r.deleted_at IS NULL AND {RecordLists.Reached(command, whose)} ORDER BY g.id LIMIT $2
            """;
        await using var rows = await command.ExecuteReaderAsync(stop);
        var found = new List<NumberedSale>();
        while (await rows.ReadAsync(stop)) found.Add(new NumberedSale(rows.GetInt64(0), rows.GetInt64(1), rows.GetString(2), rows.GetDecimal(3)));
        return found;
    }
}
