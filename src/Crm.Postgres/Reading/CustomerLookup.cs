using NpgsqlTypes;

namespace Crm.Customers;

/// <summary>Finds customers by ids other than their own.</summary>
internal sealed class CustomerLookup(DataSources sources) : ICustomerLookup
{
    public async Task<IReadOnlyList<string>> ByExternalId(string kind, string value, int max, CancellationToken stop = default)
    {
        await using var command = sources.Reading
            .CreateCommand("SELECT customer_id FROM customer_external_id WHERE kind = $1 AND value = $2 ORDER BY customer_id LIMIT $3")
            .With(NpgsqlDbType.Text, Sql.Text(kind)).With(NpgsqlDbType.Text, Sql.Text(value)).With(NpgsqlDbType.Integer, max);
        var ids = new List<string>();
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop)) ids.Add(rows.GetString(0));
        return ids;
    }
}
