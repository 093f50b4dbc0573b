using System.Globalization;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Customers;
using Crm.Hosting;
using Crm.Records;

namespace Crm.Deals;

/// <summary>What a deal's customers make of it now.</summary>
/// <param name="Json">What is answered.</param>
/// <param name="Version">Grows with every event of the customers.</param>
internal sealed record DealWarmth(JsonObject Json, long Version);

/// <summary>Asks the customers of a deal, each with a reader's guarantees, for its heat and the events that made it.</summary>
internal sealed class DealReads(CustomerReads customers, LinkedRecords cards, IGrainFactory grains, TimeProvider clock)
{
    private const int MaxReasons = 10;
    private const double LeastReason = 0.05;

    /// <summary>Over how long the trend looks.</summary>
    private const int TrendDays = 2;

    /// <summary>The heat of a deal, at least as new as <paramref name="minPosition"/>; else the problem.</summary>
    public async Task<(DealWarmth? Warmth, Problem? Problem)> Warmth(RecordState deal, Actor actor, string? minPosition, CancellationToken stop)
    {
        var since = Since((JsonObject)JsonNode.Parse(deal.Fields)!);
        var found = await Task.WhenAll(since.Select(async c => (c.Id, c.Day, Found: await customers.Find(c.Id, minPosition, stop))));
        if (found.Select(f => f.Found.Problem).FirstOrDefault(p => p is not null and not { Status: StatusCodes.Status404NotFound }) is { } problem) return (null, problem);
        var people = found.Where(f => f.Found.View is not null).GroupBy(f => f.Found.View!.Id)
            .Select(g => new Person(g.First().Found.View!, [.. g.Select(f => f.Id)], g.Min(f => f.Day))).ToArray();
        var settings = await grains.Company().Get().WaitAsync(stop);
        var known = await Known(people, actor, stop);
        return (new DealWarmth(Json(people, known, actor, (double)settings.Sales.HeatHalfLifeDays), people.Sum(p => p.View.Version)), null);
    }

    /// <summary>Those whose single events may be shown: whose profile may be.</summary>
    private async Task<Person[]> Known(Person[] people, Actor actor, CancellationToken stop)
    {
        if (!CustomerShown.MayShowProfile(actor)) return [];
        if (actor.Reach(RecordAction.Read, RecordKinds.Customer).Everybody) return people;
        var seen = await cards.Readable(people.Select(p => (RecordKinds.Customer, p.View.Id)), actor, stop);
        return [.. people.Where(p => seen.ContainsKey((RecordKinds.Customer, p.View.Id)))];
    }

    private JsonObject Json(Person[] people, Person[] known, Actor actor, double halfLife)
    {
        var now = clock.GetUtcNow();
        var parts = people.Select(p => (Person: p, Heat: Heat.Of(p.View.Interest, p.Since, now, halfLife))).ToArray();
        var (heat, before) = (parts.Sum(p => p.Heat), people.Sum(p => Before(p, now, halfLife)));
        var json = new JsonObject { ["value"] = Rounded(heat), ["trend"] = heat > before + 0.5 ? "rising" : heat < before - 0.5 ? "falling" : "steady", ["halfLifeDays"] = halfLife };
        if (!actor.Of(RecordKinds.Deal).Hidden.Contains("customers"))
            json["customers"] = new JsonArray([.. parts.OrderByDescending(p => p.Heat).Select(p => (JsonNode)Part(p.Person, p.Heat))]);
        if (known.Length > 0) json["because"] = Reasons(known, now, halfLife);
        return json;
    }

    private static JsonObject Part(Person person, double heat) => new()
    {
        ["id"] = person.View.Id,
        ["named"] = new JsonArray([.. person.Named.Select(n => (JsonNode)n)]),
        ["heat"] = Rounded(heat),
    };

    private static JsonArray Reasons(Person[] people, DateTimeOffset now, double halfLife) =>
    [
        .. people.SelectMany(p => p.View.Newest.Zip(p.View.NewestWeights, (e, w) => (Person: p, Event: e, Weight: w, At: DateTimeOffset.FromUnixTimeMilliseconds(e.AtMs))))
            .Where(r => r.Weight != 0 && Heat.Day(r.At) >= r.Person.Since)
            .Select(r => (r.Person, r.Event, r.Weight, r.At, Left: Heat.Left(r.Weight, r.At, now, halfLife)))
            .Where(r => Math.Abs(r.Left) >= LeastReason).OrderByDescending(r => r.At).Take(MaxReasons)
            .Select(r => (JsonNode)new JsonObject
            {
                ["customer"] = r.Person.View.Id, ["at"] = RecordJson.Time(r.At), ["type"] = r.Event.Type, ["event"] = r.Event.Name,
                ["weight"] = r.Weight, ["now"] = Rounded(r.Left),
            }),
    ];

    // What it was, by the days that were over then.
    private static double Before(Person person, DateTimeOffset now, double halfLife)
    {
        var then = now.AddDays(-TrendDays);
        return Heat.Of([.. person.View.Interest.Where(d => d.Day <= Heat.Day(then))], person.Since, then, halfLife);
    }

    private static IEnumerable<(string Id, int Day)> Since(JsonObject fields) =>
        from customer in fields["customersSince"] as JsonObject ?? []
        select (customer.Key, Heat.Day(DateTimeOffset.Parse((string)customer.Value!, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal)));

    private static double Rounded(double heat) => Math.Round(heat, 2);

    private sealed record Person(CustomerView View, IReadOnlyList<string> Named, int Since);
}
