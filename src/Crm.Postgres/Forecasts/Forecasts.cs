using System.Globalization;
using Crm.Access;
using Crm.Records;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Forecasts;

/// <summary>What a forecast is told apart by, beside the months.</summary>
public enum ForecastBy
{
    /// <summary>Nothing else.</summary>
    Month,

    /// <summary>Whose the deals are.</summary>
    Owner,

    /// <summary>Whose team's.</summary>
    Team,

    /// <summary>Which way they go.</summary>
    Pipeline,
}

/// <summary>What is asked of a forecast.</summary>
/// <param name="From">The first month, as its first day.</param>
/// <param name="To">The last month, as its first day.</param>
public sealed record ForecastQuery(DateOnly From, DateOnly To, ForecastBy By, Reach Whose)
{
    /// <summary>Of one pipeline alone.</summary>
    public string? Pipeline { get; init; }

    /// <summary>Per cent from which on an open deal counts as committed; of a day that is kept, what held then.</summary>
    public decimal CommittedFrom { get; init; }

    /// <summary>As it was forecast on a day; null for now.</summary>
    public DateOnly? Day { get; init; }
}

/// <summary>Sums of deals: what is open, what of it is to be expected, what is committed (won or nearly), what is won.</summary>
public readonly record struct ForecastSums(decimal Open, decimal Weighted, decimal Committed, decimal Won)
{
    /// <summary>Both together.</summary>
    public static ForecastSums operator +(ForecastSums one, ForecastSums other) =>
        new(one.Open + other.Open, one.Weighted + other.Weighted, one.Committed + other.Committed, one.Won + other.Won);
}

/// <summary>A month's deals of one key in one currency.</summary>
/// <param name="Key">Owner, team or pipeline; null for none.</param>
/// <param name="Currency">Null for deals without an amount.</param>
public sealed record ForecastPart(
    DateOnly Month, string? Key, string? Currency, long Opens, long Wons, long WithoutWorth, ForecastSums Amount, ForecastSums Worth);

/// <summary>A day whose forecast is kept.</summary>
public sealed record ForecastDay(DateOnly Day, DateTimeOffset At, decimal CommittedFrom, string Currency);

/// <summary>Forecasts: sums over the deals as they are, or as they were on a day, under the rule of access.</summary>
public sealed class Forecasts : IForecastKeeper
{
    /// <summary>Most lines that are answered; a narrower question has fewer.</summary>
    public const int MaxParts = 20_000;

    /// <summary>Days that are kept: two years, so that a year can be compared with the one before.</summary>
    public const int KeptDays = 732;

    private const string Columns = """
        opens, wons, without_worth, open_amount, weighted_amount, committed_amount, won_amount, open_worth, weighted_worth, committed_worth, won_worth
        """;

    // $1: committed from.
    private const string Deals = """
        SELECT date_trunc('month', close_date)::date AS month, pipeline, owner, team, amount_currency AS currency,
          (status = 'open')::int AS opens, (status = 'won')::int AS wons, (amount IS NOT NULL AND amount_worth IS NULL)::int AS without_worth,
          CASE WHEN status = 'open' THEN coalesce(amount, 0) ELSE 0 END AS open_amount,
          CASE WHEN status = 'open' THEN coalesce(amount, 0) * chance / 100 ELSE 0 END AS weighted_amount,
          CASE WHEN status = 'won' OR chance >= $1 THEN coalesce(amount, 0) ELSE 0 END AS committed_amount,
          CASE WHEN status = 'won' THEN coalesce(amount, 0) ELSE 0 END AS won_amount,
          CASE WHEN status = 'open' THEN coalesce(amount_worth, 0) ELSE 0 END AS open_worth,
          CASE WHEN status = 'open' THEN coalesce(amount_worth, 0) * chance / 100 ELSE 0 END AS weighted_worth,
          CASE WHEN status = 'won' OR chance >= $1 THEN coalesce(amount_worth, 0) ELSE 0 END AS committed_worth,
          CASE WHEN status = 'won' THEN coalesce(amount_worth, 0) ELSE 0 END AS won_worth
        FROM (
          SELECT d.*, coalesce(d.win_probability, s.probability) AS chance FROM deal d JOIN stage s ON s.id = d.stage
          WHERE d.deleted_at IS NULL AND d.status <> 'lost' AND d.close_date IS NOT NULL
        ) AS d
        """;

    private readonly RecordLists _lists;
    private readonly NpgsqlDataSource _database;
    private readonly TimeProvider _clock;

    internal Forecasts(RecordLists lists, DataSources sources, TimeProvider clock) => (_lists, _database, _clock) = (lists, sources.Reading, clock);

    /// <summary>The parts by month and key; one more than <see cref="MaxParts"/> when there are too many.</summary>
    /// <exception cref="ListTooSlowException">Ask for less.</exception>
    public Task<IReadOnlyList<ForecastPart>> Read(ForecastQuery query, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        return _lists.Run<IReadOnlyList<ForecastPart>>(async connection =>
        {
            await using var command = connection.CreateCommand();
            command.CommandText = Text(command, query);
            await using var rows = await command.ExecuteReaderAsync(stop);
            var parts = new List<ForecastPart>();
            while (await rows.ReadAsync(stop)) parts.Add(Part(rows));
            return parts;
        }, stop);
    }

    /// <summary>Days that are kept, the newest first.</summary>
    public async Task<IReadOnlyList<ForecastDay>> Days(DateOnly? before, int limit, CancellationToken stop = default)
    {
        await using var command = _database.CreateCommand("""
            SELECT day, at, committed_from, currency FROM forecast_day WHERE $1::date IS NULL OR day < $1 ORDER BY day DESC LIMIT $2
            """).With(NpgsqlDbType.Date, before).With(NpgsqlDbType.Integer, limit);
        await using var rows = await command.ExecuteReaderAsync(stop);
        var days = new List<ForecastDay>();
        while (await rows.ReadAsync(stop))
            days.Add(new ForecastDay(rows.GetFieldValue<DateOnly>(0), rows.GetFieldValue<DateTimeOffset>(1), rows.GetDecimal(2), rows.GetString(3)));
        return days;
    }

    /// <inheritdoc/>
    public async Task<bool> Keep(DateOnly day, decimal committedFrom, string currency, CancellationToken stop = default)
    {
        await using var connection = await _database.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        await using var begin = new NpgsqlCommand(
            "INSERT INTO forecast_day (day, at, committed_from, currency) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING", connection, transaction);
        begin.With(NpgsqlDbType.Date, day).With(NpgsqlDbType.TimestampTz, _clock.GetUtcNow().UtcDateTime)
            .With(NpgsqlDbType.Numeric, committedFrom).With(NpgsqlDbType.Text, currency);
        if (await begin.ExecuteNonQueryAsync(stop) == 0) return false;
        var sums = string.Join(", ", Columns.Split(',').Select(c => $"sum({c.Trim()})"));
        await using var fill = new NpgsqlCommand($"""
            INSERT INTO forecast_snapshot (day, month, pipeline, owner, team, currency, {Columns})
            SELECT $2, month, pipeline, owner, team, currency, {sums} FROM ({Deals}) AS d
            WHERE month BETWEEN $2 - 400 AND $2 + 800 GROUP BY month, pipeline, owner, team, currency
            """, connection, transaction);
        await fill.With(NpgsqlDbType.Numeric, committedFrom).With(NpgsqlDbType.Date, day).ExecuteNonQueryAsync(stop);
        await using var old = new NpgsqlCommand(string.Create(CultureInfo.InvariantCulture, $"DELETE FROM forecast_day WHERE day < $1 - {KeptDays}"), connection, transaction);
        await old.With(NpgsqlDbType.Date, day).ExecuteNonQueryAsync(stop);
        await transaction.CommitAsync(stop);
        return true;
    }

    private static string Text(NpgsqlCommand command, ForecastQuery query)
    {
        var from = query.Day is null ? $"({Deals}) AS d" : "forecast_snapshot";
        command.With(NpgsqlDbType.Numeric, query.CommittedFrom).With(NpgsqlDbType.Date, query.From).With(NpgsqlDbType.Date, query.To);
        var where = $"month BETWEEN $2 AND $3 AND $1::numeric IS NOT NULL AND {RecordLists.Reached(command, query.Whose)}";
        if (query.Day is { } day)
        {
            command.With(NpgsqlDbType.Date, day);
            where += $" AND day = ${command.Parameters.Count}";
        }

        if (query.Pipeline is { } pipeline)
        {
            command.With(NpgsqlDbType.Text, pipeline);
            where += $" AND pipeline = ${command.Parameters.Count}";
        }

        var key = query.By switch { ForecastBy.Owner => "owner", ForecastBy.Team => "team", ForecastBy.Pipeline => "pipeline", _ => "NULL::text" };
        var sums = string.Join(", ", Columns.Split(',').Select((c, at) => at < 3 ? $"sum({c.Trim()})::bigint" : $"sum({c.Trim()})"));
        return $"SELECT month, {key}, currency, {sums} FROM {from} WHERE {where} GROUP BY 1, 2, 3 ORDER BY 1, 2 NULLS LAST, 3 NULLS LAST LIMIT {MaxParts + 1}";
    }

    private static ForecastPart Part(NpgsqlDataReader row) => new(
        row.GetFieldValue<DateOnly>(0), row.IsDBNull(1) ? null : row.GetString(1), row.IsDBNull(2) ? null : row.GetString(2),
        row.GetInt64(3), row.GetInt64(4), row.GetInt64(5),
        new ForecastSums(row.GetDecimal(6), row.GetDecimal(7), row.GetDecimal(8), row.GetDecimal(9)),
        new ForecastSums(row.GetDecimal(10), row.GetDecimal(11), row.GetDecimal(12), row.GetDecimal(13)));
}
