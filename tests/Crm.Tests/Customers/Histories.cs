using Crm.Clickstream;
using FsCheck;
using FsCheck.Fluent;

namespace Crm.Customers;

/// <summary>What happened to one customer, in the order of time, and a seed for shuffling and splitting it.</summary>
public sealed record History(BehaviourEvent[] Events, int Seed)
{
    public BehaviourEvent[] Shuffled()
    {
        var shuffled = Events.ToArray();
        new Random(Seed).Shuffle(shuffled);
        return shuffled;
    }

    public override string ToString() => string.Join(
        '\n', Events.Select(e => $"{e.TimestampMs} {e.Name} {System.Text.Encoding.UTF8.GetString(e.Body.Span)}").Append($"seed {Seed}"));
}

/// <summary>
/// Random histories within the bounds inside which the order of arrival must not matter: times all differ, at most 60 events in at
/// most 16 visits. Few products, orders and names, so that they meet.
/// </summary>
public static class Histories
{
    private const int MaxEvents = 60;
    private const int Visits = 16;

    public static Arbitrary<History> History()
    {
        var history =
            from kinds in Gen.ArrayOf(from shape in Shape() from at in At() select (shape, at))
            from seed in Gen.Choose(0, int.MaxValue)
            select Make(kinds.Take(MaxEvents), seed);
        return Arb.From(history, Shrink);
    }

    private static IEnumerable<History> Shrink(History history) =>
        Enumerable.Range(0, history.Events.Length)
            .Select(left => history with { Events = [.. history.Events.Where((_, at) => at != left)] });

    private static History Make(IEnumerable<(Func<double, BehaviourEvent> Shape, int AtMs)> kinds, int seed) => new(
        [.. kinds.DistinctBy(kind => kind.AtMs).OrderBy(kind => kind.AtMs).Select(kind => kind.Shape(kind.AtMs / 60_000.0))], seed);

    // Visits begin 45 minutes apart and last up to 20: most are apart, some are joined by what lies between.
    private static Gen<int> At() =>
        from visit in Gen.Choose(0, Visits - 1)
        from within in Gen.Choose(0, 20 * 60_000)
        select visit * 45 * 60_000 + within;

    private static Gen<Func<double, BehaviourEvent>> Shape() => Gen.OneOf(
        from name in Gen.Elements("Product Added", "Product Removed", "Product Viewed", "product added")
        from product in Gen.Elements("a", "b", "c")
        from quantity in Gen.Elements("1", "2", "\"3\"", "0", "null", "\"x\"")
        from price in Gen.Elements("1.25", "\"10\"", "null", "\"free\"", "0.333333333333333333333333333")
        from currency in Currency()
        select Track(name, $$"""{"product_id":"{{product}}","quantity":{{quantity}},"price":{{price}},"category":"{{product}}"{{currency}}}"""),
        from name in Gen.Elements("Order Completed", "Order Completed", "Order Updated", "Order Refunded", "Order Cancelled")
        from order in Gen.Elements("\"1\"", "\"2\"", "3", "null")
        from total in Gen.Elements("12.5", "\"99\"", "null", "\"?\"", "1e15", "1e-28")
        from shipping in Gen.Elements("1", "null", "{}")
        from product in Gen.Elements("", """{"product_id":"a","price":2,"quantity":2}""", """{"product_id":"b","quantity":5},7""")
        from currency in Currency()
        select Track(name, $$"""{"order_id":{{order}},"total":{{total}},"shipping":{{shipping}},"products":[{{product}}]{{currency}}}"""),
        from name in Gen.Elements("Product Reviewed", "Satisfaction Rated", "Products Searched", "Signed Up")
        from rating in Gen.Elements("5", "\"3.5\"", "9", "null")
        select Track(name, $$"""{"rating":{{rating}},"query":"q{{rating.Length}}"}"""),
        from trait in Gen.Elements("firstName", "first_name", "plan", "email")
        from value in Gen.Elements("\"x@y.z\"", "\"b\"", "null", "{\"c\":1}")
        select (Func<double, BehaviourEvent>)(at => Given.Identify(at, $$"""{"{{trait}}":{{value}}}""")),
        from name in Gen.Elements("acme", "beta")
        from seats in Gen.Choose(1, 9)
        select (Func<double, BehaviourEvent>)(at => Given.Group(at, name, $$"""{"seats":{{seats}}}""")),
        from visitor in Gen.Elements("v1", "v2")
        select (Func<double, BehaviourEvent>)(at => Given.Page(at) with { AnonymousId = visitor }));

    private static Gen<string> Currency() => Gen.Elements("", ",\"currency\":\"EUR\"", ",\"currency\":\"jpy\"", ",\"currency\":\"?\"");

    private static Func<double, BehaviourEvent> Track(string name, string properties) => at => Given.Track(name, at, properties);
}
