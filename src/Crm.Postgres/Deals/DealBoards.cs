using Crm.Access;
using Crm.Records;
using Crm.Records.Filters;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Deals;

/// <summary>What cards of a stage are sorted by, the largest first.</summary>
public enum BoardSort
{
    /// <summary>How warm their customers are.</summary>
    Heat,

    /// <summary>What they are worth.</summary>
    Amount,
}

/// <summary>What is asked of a board.</summary>
public sealed record BoardQuery(Pipeline Pipeline, Reach Whose)
{
    public Filter Filter { get; init; } = new Filter.All([]);

    public BoardSort Sort { get; init; }

    /// <summary>Cards of each stage.</summary>
    public int Limit { get; init; } = 20;

    /// <summary>Of stages in which deals are won or lost, those that were closed on that day or later; null for all.</summary>
    public DateOnly? ClosedFrom { get; init; }

    /// <summary>One stage alone, from a place on; null for the beginning of all.</summary>
    public (string Stage, int Skip)? Page { get; init; }
}

/// <summary>Deals of a stage in one currency.</summary>
public sealed record BoardSum(string? Currency, long Count, decimal Amount, decimal Worth, decimal Weighted, long WithoutWorth);

/// <summary>A deal of a board.</summary>
/// <param name="HeatBase">Its heat as <see cref="Heat.Base"/> has it; null for none.</param>
public sealed record BoardCard(RecordState Deal, double? HeatBase);

/// <summary>A stage of a board: its sums by currency and its first cards.</summary>
public sealed record BoardStage(Stage Stage, IReadOnlyList<BoardSum> Sums, IReadOnlyList<BoardCard> Cards)
{
    /// <summary>Deals in it.</summary>
    public long Count => Sums.Sum(s => s.Count);
}

/// <summary>Boards: two statements in one round, whatever the number of stages.</summary>
public sealed class DealBoards
{
    /// <summary>Most cards of a stage that a page brings.</summary>
    public const int MaxCards = 100;

    /// <summary>As far as one leafs by places; beyond, a filter finds sooner.</summary>
    public const int MaxSkip = 2_000;

    private readonly RecordLists _lists;

    internal DealBoards(RecordLists lists) => _lists = lists;

    /// <summary>The board, stages in order.</summary>
    /// <exception cref="ListTooSlowException">Ask for less.</exception>
    public Task<IReadOnlyList<BoardStage>> Read(BoardQuery query, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        return _lists.Run<IReadOnlyList<BoardStage>>(async connection =>
        {
            var sums = query.Page is null ? await Sums(connection, query, stop) : null;
            var cards = await Cards(connection, query, stop);
            return [.. query.Pipeline.Stages.Where(s => query.Page is not { } page || page.Stage == s.Id)
                .Select(s => new BoardStage(s, [.. sums?[s.Id] ?? []], [.. cards[s.Id]]))];
        }, stop);
    }

    private static async Task<ILookup<string, BoardSum>> Sums(NpgsqlConnection connection, BoardQuery query, CancellationToken stop)
    {
        await using var command = connection.CreateCommand();
        var where = Where(command, query);
        var pipeline = Last(command.With(NpgsqlDbType.Text, query.Pipeline.Id));
        var parts = Parts(command, query).Select(part => $"""
            SELECT stage, amount_currency, count(*), coalesce(sum(amount), 0), coalesce(sum(amount_worth), 0),
              coalesce(sum(amount_worth * coalesce(CASE WHEN status = 'open' THEN win_probability END, chance) / 100), 0),
              count(*) FILTER (WHERE amount IS NOT NULL AND amount_worth IS NULL)
            FROM deal JOIN chances ON of_stage = stage WHERE pipeline = {pipeline} AND of_stage = ANY({part.Stages}) AND {where}{part.And} GROUP BY 1, 2
            """);
        command.CommandText = $"""
            WITH chances AS (SELECT id AS of_stage, probability AS chance FROM stage WHERE pipeline = {pipeline})
            {string.Join("\nUNION ALL\n", parts)}
            ORDER BY 1, 2
            """;
        await using var rows = await command.ExecuteReaderAsync(stop);
        var sums = new List<(string Stage, BoardSum Sum)>();
        while (await rows.ReadAsync(stop))
            sums.Add((rows.GetString(0), new BoardSum(
                rows.IsDBNull(1) ? null : rows.GetString(1), rows.GetInt64(2), rows.GetDecimal(3), rows.GetDecimal(4), rows.GetDecimal(5), rows.GetInt64(6))));
        return sums.ToLookup(s => s.Stage, s => s.Sum);
    }

    private static async Task<ILookup<string, BoardCard>> Cards(NpgsqlConnection connection, BoardQuery query, CancellationToken stop)
    {
        await using var command = connection.CreateCommand();
        var where = Where(command, query);
        var sort = query.Sort == BoardSort.Heat ? "heat_base" : "amount_worth";
        command.CommandText = string.Join("\nUNION ALL\n", Parts(command, query).Select(part => $"""
            SELECT c.* FROM unnest({part.Stages}) AS asked (stage_id), LATERAL (
              SELECT {RecordLists.Columns}, id, stage, heat_base FROM deal WHERE stage = asked.stage_id AND {where}{part.And}
              ORDER BY {sort} DESC NULLS LAST, id LIMIT {query.Limit} OFFSET {query.Page?.Skip ?? 0}
            ) AS c
            """));
        await using var rows = await command.ExecuteReaderAsync(stop);
        var cards = new List<(string Stage, BoardCard Card)>();
        while (await rows.ReadAsync(stop))
            cards.Add((rows.GetString(11), new BoardCard(RecordStore.State(RecordKinds.Deal, rows.GetString(10), rows), rows.IsDBNull(12) ? null : rows.GetDouble(12))));
        return cards.ToLookup(c => c.Stage, c => c.Card);
    }

    // Stages whose deals are asked for alike: one statement with an "or" for all of them would read every deal that was ever closed.
    private static List<(string Stages, string And)> Parts(NpgsqlCommand command, BoardQuery query)
    {
        var asked = query.Pipeline.Stages.Where(s => query.Page is not { } page || page.Stage == s.Id).ToLookup(s => query.ClosedFrom is not null && s.Type != StageType.Open);
        var parts = new List<(string, string)>();
        foreach (var part in asked)
        {
            var stages = Last(command.WithArray(NpgsqlDbType.Text, part.Select(s => s.Id)));
            parts.Add((stages, part.Key ? $" AND status <> 'open' AND close_date >= {Last(command.With(NpgsqlDbType.Date, query.ClosedFrom!.Value))}" : ""));
        }

        return parts;
    }

    private static string Last(NpgsqlCommand command) => "$" + command.Parameters.Count;

    private static string Where(NpgsqlCommand command, BoardQuery query) =>
        RecordLists.Where(command, new RecordQuery(RecordKind.Deal, query.Whose) { Filter = query.Filter });
}
