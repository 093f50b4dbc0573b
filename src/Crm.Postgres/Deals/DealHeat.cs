using System.Globalization;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Deals;

/// <summary>The heat of lists, in PostgreSQL. Each statement locks one row at a time: it is in nobody's way.</summary>
internal sealed class DealHeat(DataSources sources) : IDealHeat
{
    public async Task<IReadOnlyList<DueHeat>> Due(int max, CancellationToken stop = default)
    {
        await using var command = sources.Records.CreateCommand("SELECT customer, turn FROM heat_due ORDER BY customer LIMIT $1").With(NpgsqlDbType.Integer, max);
        await using var rows = await command.ExecuteReaderAsync(stop);
        var due = new List<DueHeat>();
        while (await rows.ReadAsync(stop)) due.Add(new DueHeat(rows.GetString(0), rows.GetInt64(1)));
        return due;
    }

    public async Task<IReadOnlyList<WarmedDeal>> Of(IReadOnlyList<string> customers, int max, CancellationToken stop = default)
    {
        await using var command = sources.Records.CreateCommand("""
            WITH named AS (
              SELECT deal FROM deal_customer WHERE customer = ANY($1) UNION SELECT deal FROM deal_customer WHERE root = ANY($1)
            ) SELECT d.id, d.state -> 'customersSince' FROM named n JOIN deal d ON d.id = n.deal LIMIT $2
            """).WithArray(NpgsqlDbType.Text, customers).With(NpgsqlDbType.Integer, max);
        await using var rows = await command.ExecuteReaderAsync(stop);
        var deals = new List<WarmedDeal>();
        while (await rows.ReadAsync(stop)) deals.Add(new WarmedDeal(rows.GetString(0), rows.IsDBNull(1) ? new Dictionary<string, int>() : Since(rows.GetString(1))));
        return deals;
    }

    public async Task Set(string deal, double? heatBase, IReadOnlyDictionary<string, string> roots, CancellationToken stop = default)
    {
        await using var command = sources.Records.CreateCommand("UPDATE deal SET heat_base = $2 WHERE id = $1 AND heat_base IS DISTINCT FROM $2")
            .With(NpgsqlDbType.Text, deal).With(NpgsqlDbType.Double, heatBase);
        await command.ExecuteNonQueryAsync(stop);
        await using var found = sources.Records.CreateCommand("""
            UPDATE deal_customer d SET root = r.root FROM unnest($2, $3) AS r (customer, root)
            WHERE d.deal = $1 AND d.customer = r.customer AND d.root <> r.root
            """).With(NpgsqlDbType.Text, deal).WithArray(NpgsqlDbType.Text, roots.Keys).WithArray(NpgsqlDbType.Text, roots.Values);
        await found.ExecuteNonQueryAsync(stop);
    }

    public async Task Done(IReadOnlyList<DueHeat> due, CancellationToken stop = default)
    {
        foreach (var customer in due)
        {
            await using var command = sources.Records.CreateCommand("DELETE FROM heat_due WHERE customer = $1 AND turn = $2")
                .With(NpgsqlDbType.Text, customer.Customer).With(NpgsqlDbType.Bigint, customer.Turn);
            await command.ExecuteNonQueryAsync(stop);
        }
    }

    private static Dictionary<string, int> Since(string json)
    {
        using var since = JsonDocument.Parse(json);
        return since.RootElement.EnumerateObject().ToDictionary(
            c => c.Name, c => Heat.Day(DateTimeOffset.Parse(c.Value.GetString()!, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal)), StringComparer.Ordinal);
    }
}
