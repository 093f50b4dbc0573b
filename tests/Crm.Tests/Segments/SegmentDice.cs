using System.Globalization;
using System.Text.Json.Nodes;

namespace Crm.Segments;

/// <summary>Random definitions, events and facts of tests.</summary>
internal class SegmentDice(Random random)
{
    private const int MaxDepth = 3;
    private static readonly string[] s_names = ["View", "Add", "Order"];
    private static readonly string[] s_signs = [">=", ">", "<", "<=", "=", "!="];
    private static readonly string[] s_lengths = ["30m", "2h", "1d", "3d", "7d", "2w", "1mo", "3mo"];
    private static readonly string[] s_stretches = ["today", "yesterday", "this_week", "last_week", "this_month", "last_month", "this_quarter", "last_quarter", "this_year", "last_year"];
    private static readonly string[] s_still = ["2026-02-10", "2026-03-29T02:30", "2026-03-01T00:00:00Z"];

    public T Pick<T>(params T[] of) => of[random.Next(of.Length)];

    /// <summary>The text of a definition that can be live.</summary>
    /// <param name="earlier">Ids of segments that it may name.</param>
    public string Definition(IReadOnlyList<string> earlier, int depth = 0) => depth < MaxDepth && random.Next(3) > 0
        ? random.Next(5) switch
        {
            0 => $"not ({Definition(earlier, depth + 1)})",
            1 or 2 => $"({Definition(earlier, depth + 1)} and {Definition(earlier, depth + 1)})",
            _ => $"({Definition(earlier, depth + 1)} or {Definition(earlier, depth + 1)})",
        }
        : random.Next(4) == 0 ? Fact(earlier) : OfEvents();

    /// <summary>An event, received now, that happened some time before; now and then by a clock that is ahead.</summary>
    public ToldEvent Event(long nowMs)
    {
        var late = random.Next(4) == 0 ? (long)(random.NextDouble() * 40 * 86_400_000) : random.Next(3_600_000);
        var properties = new JsonObject { ["category"] = Pick("shoes", "Hats", "bags"), ["price"] = random.Next(20) };
        if (random.Next(3) == 0) properties["gift"] = random.Next(2) == 0;
        if (random.Next(3) == 0) properties["code"] = Pick("7", "x1");
        properties["products"] = new JsonArray([.. Enumerable.Range(0, random.Next(3)).Select(_ => (JsonNode)new JsonObject { ["id"] = Pick("p1", "p2", "p3"), ["price"] = random.Next(9) })]);
        return new ToldEvent(Pick(s_names), nowMs - late + (random.Next(20) == 0 ? 90_000_000 : 0), nowMs, properties);
    }

    /// <summary>What a customer has in its fields.</summary>
    public Dictionary<string, object> Facts(long nowMs)
    {
        var facts = new Dictionary<string, object>();
        if (random.Next(2) == 0) facts["stage"] = Pick("lead", "customer");
        if (random.Next(2) == 0) facts["tags"] = Pick<string[]>(["vip"], ["new"], ["vip", "new"]);
        if (random.Next(2) == 0) facts["score"] = (decimal)random.Next(5);
        if (random.Next(2) == 0) facts["lastSeen"] = nowMs - (long)(random.NextDouble() * 60 * 86_400_000);
        if (random.Next(2) == 0) facts["birthday"] = DateOnly.FromDateTime(DateTimeOffset.FromUnixTimeMilliseconds(nowMs).UtcDateTime).AddDays(random.Next(-40, 40));
        if (random.Next(2) == 0) facts["trait.plan"] = Pick<object>("gold", "free", 3m);
        if (random.Next(2) == 0) facts["known"] = random.Next(2) == 0;
        return facts;
    }

    /// <summary>A condition on something beside the events.</summary>
    protected virtual string Fact(IReadOnlyList<string> earlier) => random.Next(9) switch
    {
        0 => $"stage {Pick("=", "!=")} {Pick("lead", "customer")}",
        1 => $"tags {Pick("has vip", "not in (vip, new)", "is empty", "in (new)")}",
        2 => $"score {Pick(s_signs)} {random.Next(5)}",
        3 or 4 => $"lastSeen {Pick(s_signs)} {Pick(Pick(s_still), "-" + Pick(s_lengths), Pick(s_stretches), "now")}",
        5 => $"birthday {Pick(s_signs)} {Pick("2026-03-01", "-" + Pick("1d", "2w", "1mo"), "+3d", Pick(s_stretches), "tomorrow", "next_week")}",
        6 => Pick("trait.plan = gold", "trait.plan > 2", "trait.plan is not empty", "trait.plan ^= FR"),
        7 when earlier.Count > 0 => $"segments has \"{earlier[random.Next(earlier.Count)]}\"",
        _ => Pick("known = true", "known != false", "score is empty"),
    };

    private string OfEvents() => random.Next(6) switch
    {
        0 or 1 => $"count({Event()}{Window(true)}) {Pick(s_signs)} {random.Next(5)}",
        2 => $"sum({Pick("price", "products.price")} of {Event()}{Window(true)}) {Pick(s_signs)} {random.Next(40)}",
        3 => $"distinct({Pick("category", "products.id", "code")} of {Event()}{Window(false)}) {Pick(s_signs)} {random.Next(4)}",
        4 => random.Next(3) switch
        {
            0 => $"first({Event()}{Pick("", " since " + Pick(s_still))}) {Pick(s_signs)} {Time()}",
            1 => $"last({Event()}{Window(false)}) is {Pick("", "not ")}empty",
            _ => $"last({Event()}{Window(false)}) {Pick(s_signs)} {Time()}",
        },
        _ => $"sequence({Event()} then {Pick("", "no ")}{Event()} within {Pick("30m", "2h", "1d", "1mo")}{Window(false)})",
    };

    protected string Time() => Pick(Pick(s_still), "-" + Pick(s_lengths), Pick(s_stretches));

    /// <summary>Which events.</summary>
    protected virtual string Event() => Pick("any", $"\"{Pick(s_names)}\"", $"\"{Pick(s_names)}\"", "\"View\", \"Add\"") + Pick("", "", $" where {Test()}", $" where {Test()} and {Test()}");

    protected string Test() => random.Next(8) switch
    {
        0 => $"category {Pick("=", "!=", "~", "^=")} {Pick("\"Shoes\"", "hats", "\"b\"")}",
        1 => $"category {Pick("in", "not in")} (\"shoes\", BAGS)",
        2 => $"price {Pick(s_signs)} {random.Next(20).ToString(CultureInfo.InvariantCulture)}",
        3 => $"products.price {Pick(s_signs)} {random.Next(9)}",
        4 => $"products.id {Pick("=", "!=")} p1",
        5 => $"gift {Pick("=", "!=")} {Pick("true", "false")}",
        6 => $"gift is {Pick("", "not ")}empty",
        _ => $"code = {Pick("7", "\"7\"", "x1")}",
    };

    // Some windows cannot be looked at in retrospect.
    private string Window(bool over)
    {
        var stretch = Pick(s_stretches);
        return Pick("", $" in last {Pick(s_lengths)}", $" in last {Pick(s_lengths)}", $" since {Pick(s_still)}",
            $" in {(over || stretch.StartsWith("this", StringComparison.Ordinal) || stretch == "today" ? stretch : "this_month")}");
    }
}
