using System.Globalization;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Segments;

/// <summary>What was found of all who bought, in PostgreSQL: one row.</summary>
internal static class RfmRows
{
    private const string Bought = "orders > 0 AND revenue IS NOT NULL AND last_order IS NOT NULL AND moved_to IS NULL AND deleted_at IS NULL";

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);

    public static RfmModel Model(string json) => JsonSerializer.Deserialize<RfmModel>(json, s_json)!;

    public static async Task<RfmState> Read(NpgsqlDataSource reading, CancellationToken stop)
    {
        await using var command = reading.CreateCommand("SELECT wanted, next, model FROM segment_rfm");
        await using var row = await command.ExecuteReaderAsync(stop);
        await row.ReadAsync(stop);
        return new RfmState(row.GetInt32(0), row.GetInt32(1), row.IsDBNull(2) ? null : Model(row.GetString(2)));
    }

    // Of a large table whole pages are drawn, more than are needed, and of those some by lot.
    public static async Task<BuyerSample> Buyers(NpgsqlDataSource reading, long customers, int max, CancellationToken stop)
    {
        var share = customers <= 5L * max ? 100 : 100.0 * 5 * max / customers;
        await using var command = reading.CreateCommand(string.Create(CultureInfo.InvariantCulture, $"""
            SELECT last_order, orders, revenue, count(*) OVER () FROM customer_record TABLESAMPLE SYSTEM ({share:0.######}) WHERE {Bought} ORDER BY random() LIMIT $1
            """)).With(NpgsqlDbType.Integer, max);
        var (found, drawn) = (0L, new List<Buyer>());
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop))
        {
            found = rows.GetInt64(3);
            drawn.Add(new Buyer(rows.GetFieldValue<DateTimeOffset>(0), rows.GetInt32(1), rows.GetDecimal(2)));
        }

        return new BuyerSample((long)Math.Round(found * 100 / share), drawn);
    }

    public static async Task<bool> Save(NpgsqlDataSource records, RfmState from, RfmState to, bool asNewPlan, CancellationToken stop)
    {
        await using var connection = await records.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);

        // As with every change of a plan: one at a time.
        await using (var plan = new NpgsqlCommand("SELECT FROM segment_plan FOR UPDATE", connection, transaction)) await plan.ExecuteNonQueryAsync(stop);
        await using var command = new NpgsqlCommand("""
            WITH done AS (
              UPDATE segment_rfm SET wanted = $1, next = $2, model = $3 WHERE wanted = $4 AND next = $5 AND model ->> 'fittedAt' IS NOT DISTINCT FROM $6 RETURNING 1
            ), raised AS (UPDATE segment_plan SET number = number + 1 WHERE $7 AND EXISTS (SELECT FROM done))
            SELECT count(*) FROM done
            """, connection, transaction)
            .With(NpgsqlDbType.Integer, to.Wanted).With(NpgsqlDbType.Integer, to.Next).With(NpgsqlDbType.Jsonb, to.Model is null ? null : JsonSerializer.Serialize(to.Model, s_json))
            .With(NpgsqlDbType.Integer, from.Wanted).With(NpgsqlDbType.Integer, from.Next)
            .With(NpgsqlDbType.Text, from.Model is null ? null : JsonSerializer.SerializeToElement(from.Model.FittedAt, s_json).GetString()).With(NpgsqlDbType.Boolean, asNewPlan);
        var isDone = (long)(await command.ExecuteScalarAsync(stop))! == 1;
        await transaction.CommitAsync(stop);
        return isDone;
    }
}
