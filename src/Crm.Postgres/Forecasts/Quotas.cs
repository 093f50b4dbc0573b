using System.Globalization;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Auditing;
using Crm.Company;
using Crm.Records;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Forecasts;

/// <summary>What a user or a team is to sell in a month.</summary>
/// <param name="Kind"><c>user</c> or <c>team</c>.</param>
/// <param name="Amount">Null to take it away.</param>
public sealed record Quota(string Kind, string Holder, DateOnly Month, decimal? Amount, string Currency);

/// <summary>The quotas in PostgreSQL.</summary>
public sealed class Quotas
{
    /// <summary>Most that one request sets or lists.</summary>
    public const int Max = 1_000;

    private readonly NpgsqlDataSource _database;
    private readonly TimeProvider _clock;

    internal Quotas(DataSources sources, TimeProvider clock) => (_database, _clock) = (sources.Reading, clock);

    /// <summary>Quotas of some months that may be seen; a user's own is one's own, a team's is its members'.</summary>
    public async Task<IReadOnlyList<Quota>> List(DateOnly from, DateOnly to, Reach whose, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(whose);
        await using var command = _database.CreateCommand("""
            SELECT kind, holder, month, amount, currency FROM quota WHERE month BETWEEN $1 AND $2
              AND ($3 OR (kind = 'user' AND holder = $4) OR (kind = 'team' AND holder = ANY($5))
                OR (kind = 'user' AND holder IN (SELECT id FROM crm_user WHERE team = ANY($5))))
            ORDER BY month, kind, holder LIMIT $6
            """);
        command.With(NpgsqlDbType.Date, from).With(NpgsqlDbType.Date, to).With(NpgsqlDbType.Boolean, whose.Everybody)
            .With(NpgsqlDbType.Text, whose.User).WithArray(NpgsqlDbType.Text, whose.Teams).With(NpgsqlDbType.Integer, Max);
        await using var rows = await command.ExecuteReaderAsync(stop);
        var quotas = new List<Quota>();
        while (await rows.ReadAsync(stop))
            quotas.Add(new Quota(rows.GetString(0), rows.GetString(1), rows.GetFieldValue<DateOnly>(2), rows.GetDecimal(3), rows.GetString(4)));
        return quotas;
    }

    /// <summary>Sets some, all or none of them.</summary>
    public async Task Set(IReadOnlyList<Quota> quotas, ChangeCause cause, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(quotas);
        await using var change = await AuditedChange.Begin(_database, _clock, cause, stop);
        var said = new JsonObject();
        foreach (var quota in quotas.OrderBy(q => q.Kind, StringComparer.Ordinal).ThenBy(q => q.Holder, StringComparer.Ordinal).ThenBy(q => q.Month))
        {
            var before = await Held(change, quota, stop);
            await using var write = change.Command(quota.Amount is null
                ? "DELETE FROM quota WHERE kind = $1 AND holder = $2 AND month = $3"
                : """
                  INSERT INTO quota (kind, holder, month, amount, currency, updated_at) VALUES ($1, $2, $3, $4, $5, $6)
                  ON CONFLICT (kind, holder, month) DO UPDATE SET amount = excluded.amount, currency = excluded.currency, updated_at = excluded.updated_at
                  """);
            Key(write, quota);
            if (quota.Amount is not null)
                write.With(NpgsqlDbType.Numeric, quota.Amount).With(NpgsqlDbType.Text, quota.Currency).With(NpgsqlDbType.TimestampTz, change.At.UtcDateTime);
            await write.ExecuteNonQueryAsync(stop);
            said[string.Create(CultureInfo.InvariantCulture, $"{quota.Kind} {quota.Holder} {quota.Month:yyyy-MM}")] =
                new JsonObject { ["from"] = before, ["to"] = Said(quota.Amount, quota.Currency) };
        }

        if (quotas.Count > 0) await change.Commit("quota", "", "edit", said, stop);
    }

    private static async Task<string?> Held(AuditedChange change, Quota quota, CancellationToken stop)
    {
        await using var command = Key(change.Command("SELECT amount, currency FROM quota WHERE kind = $1 AND holder = $2 AND month = $3 FOR NO KEY UPDATE"), quota);
        await using var row = await command.ExecuteReaderAsync(stop);
        return await row.ReadAsync(stop) ? Said(row.GetDecimal(0), row.GetString(1)) : null;
    }

    private static NpgsqlCommand Key(NpgsqlCommand command, Quota quota) => command
        .With(NpgsqlDbType.Text, quota.Kind).With(NpgsqlDbType.Text, quota.Holder).With(NpgsqlDbType.Date, quota.Month);

    private static string? Said(decimal? amount, string currency) => amount is { } goal ? $"{Currencies.Format(goal, currency)} {currency}" : null;
}
