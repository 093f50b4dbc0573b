using System.Text.Json.Nodes;
using Crm.Calls;

namespace Crm.Deals;

/// <summary>A stage of the board as it is shown.</summary>
public sealed class BoardColumn(Stage stage)
{
    public Stage Stage { get; } = stage;

    /// <summary>Deals in it, those that are not loaded with them.</summary>
    public long Count { get; internal set; }

    /// <summary>What they are worth in the base currency; null where the role does not see it.</summary>
    public decimal? Worth { get; internal set; }

    /// <summary>The same by their probabilities; null where the role does not see them.</summary>
    public decimal? Weighted { get; internal set; }

    /// <summary>The base currency.</summary>
    public string Currency { get; internal set; } = "";

    /// <summary>Deals in a currency without a rate.</summary>
    public long WithoutWorth { get; internal set; }

    public List<JsonObject> Cards { get; internal set; } = [];

    public bool HasMore => Cards.Count < Count && Cards.Count < DealBoard.MaxCards;
}

/// <summary>The board of a pipeline as it is shown: what was asked for, and moves that are on their way.</summary>
public sealed class DealBoard
{
    /// <summary>Cards of a stage to begin with, and each time that more are wanted.</summary>
    public const int PageSize = 20;

    /// <summary>Cards of a stage that stay in the page: more of them are for a filter to find.</summary>
    public const int MaxCards = 500;

    /// <summary>As many as are looked at again.</summary>
    private const int MaxAsked = 100;

    private readonly HashSet<string> _warmer = [];
    private JsonObject? _taken;

    public IReadOnlyList<BoardColumn> Columns { get; private set; } = [];

    /// <summary>How many of each stage to ask for, so that nothing that is shown goes away.</summary>
    public int Asked => Math.Clamp(Columns.Count == 0 ? 0 : Columns.Max(c => c.Cards.Count), PageSize, MaxAsked);

    /// <summary>Whether the deal became warmer when it was looked at last.</summary>
    public bool IsWarmer(JsonObject deal) => _warmer.Contains(Id(deal));

    /// <summary>Takes over an answer; false when it says what is shown already.</summary>
    public bool Take(Pipeline pipeline, JsonObject board)
    {
        if (_taken is not null && JsonNode.DeepEquals(_taken, board)) return false;
        _taken = board;
        var known = Columns.SelectMany(c => c.Cards).ToLookup(Id);
        var heads = board.Parts("stages").SelectMany(s => s.Parts("items")).Select(Id).ToHashSet();
        _warmer.Clear();
        Columns = [.. pipeline.Stages.Select(stage => Column(stage, board, known, heads))];
        return true;
    }

    /// <summary>Takes over more of a stage.</summary>
    public void TakeMore(string stage, JsonObject board)
    {
        var known = Columns.SelectMany(c => c.Cards).Select(Id).ToHashSet();
        Columns.FirstOrDefault(c => c.Stage.Id == stage)?.Cards.AddRange(board.Parts("stages").SelectMany(s => s.Parts("items")).Where(d => !known.Contains(Id(d))));
    }

    /// <summary>A deal that is shown; null for none.</summary>
    public JsonObject? Find(string id) => Columns.SelectMany(c => c.Cards).FirstOrDefault(d => Id(d) == id);

    /// <summary>Shows a deal where it says that it stands. Sums follow as far as they can; the next look sets them right.</summary>
    public void Put(JsonObject deal)
    {
        _taken = null;
        var (from, to) = (Columns.FirstOrDefault(c => c.Cards.Any(d => Id(d) == Id(deal))), Columns.FirstOrDefault(c => c.Stage.Id == deal.Text("stage")));
        var at = from?.Cards.FindIndex(d => Id(d) == Id(deal)) ?? -1;
        if (from is not null && from == to)
        {
            from.Cards[at] = deal;
            return;
        }

        if (from is not null)
        {
            Add(from, from.Cards[at], -1);
            from.Cards.RemoveAt(at);
        }

        if (to is null) return;
        to.Cards.Insert(0, deal);
        Add(to, deal, 1);
    }

    private BoardColumn Column(Stage stage, JsonObject board, ILookup<string, JsonObject> known, HashSet<string> heads)
    {
        var json = board.Parts("stages").FirstOrDefault(s => s.Text("id") == stage.Id);
        var cards = json.Parts("items").Select(d => Kept(d, known[Id(d)].FirstOrDefault())).ToList();
        var count = (long)(json.Number("count") ?? 0);
        if (cards.Count < count && Columns.FirstOrDefault(c => c.Stage.Id == stage.Id) is { } before && before.Cards.Count > cards.Count)
            cards.AddRange(before.Cards.Where(d => !heads.Contains(Id(d))).Take((int)Math.Min(count - cards.Count, before.Cards.Count - cards.Count)));
        return new BoardColumn(stage)
        {
            Count = count,
            Cards = cards,
            Worth = json.Part("worth").Number("amount"),
            Weighted = json.Part("weighted").Number("amount"),
            Currency = json.Part("worth").Text("currency") ?? "",
            WithoutWorth = (long)(json.Number("withoutWorth") ?? 0),
        };
    }

    // One that did not change stays the same object, so that its card is not drawn again.
    private JsonObject Kept(JsonObject deal, JsonObject? before)
    {
        if (before is null) return deal;
        if (JsonNode.DeepEquals(before, deal)) return before;
        if (deal.Number("heat") > (before.Number("heat") ?? 0)) _warmer.Add(Id(deal));
        return deal;
    }

    private static void Add(BoardColumn column, JsonObject deal, int sign)
    {
        column.Count += sign;
        if (deal.Part("amount") is not { } money || money.Text("currency") != column.Currency || money.Number("amount") is not { } amount) return;
        column.Worth += sign * amount;
        column.Weighted += sign * amount * (deal.Number("probability") ?? 0) / 100;
    }

    private static string Id(JsonObject deal) => deal.Text("id") ?? "";
}
