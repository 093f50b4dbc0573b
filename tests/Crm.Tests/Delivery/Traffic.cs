using System.Globalization;
using Crm.Clickstream;
using Crm.Customers;

namespace Crm.Delivery;

/// <summary>
/// What clients send: few people with many devices, who log in, share browsers, and take over each other's ids. A message is
/// sent again now and then; each copy carries a name of its own, so that one sees which of them counted.
/// </summary>
internal sealed class Traffic(World world)
{
    private const string PoisonName = "poison";
    private const int Remembered = 40;

    /// <summary>Copies of a world: fewer than the names that a profile counts apart.</summary>
    private const int MostCopies = 180;

    private const int Visitors = 5;
    private const int Users = 4;

    /// <summary>So few that the copies of a world meet the row, pages on their way, and stored ones.</summary>
    public static readonly MessageBounds Messages = new() { RingHashes = 2, PageHashes = 3 };

    // Names whose lanes fall into all partitions, so that each has visitors and users.
    private static readonly string[] VisitorNames = [.. Enumerable.Range(0, Visitors).Select(n => NameIn(n, "v", CustomerId.Visitor))];
    private static readonly string[] UserNames = [.. Enumerable.Range(0, Users).Select(n => NameIn(n, "n", CustomerId.User))];

    /// <summary>Ids that events are sent under.</summary>
    public static readonly string[] Lanes =
        [.. Enumerable.Range(0, Visitors).Select(n => CustomerId.Visitor(Visitor(n))), .. Enumerable.Range(0, Users).Select(n => CustomerId.User(User(n)))];

    private readonly List<BehaviourEvent> _recent = [];
    private readonly List<BehaviourEvent> _unsent = [];
    private int _messages;
    private int _copies;

    public static bool IsPoison(BehaviourEvent happened) => happened.Name?.StartsWith(PoisonName, StringComparison.Ordinal) is true;

    /// <summary>The rules, but for poison: there they fail after they have changed something.</summary>
    public static void Fold(CustomerRecord record, BehaviourEvent happened, ulong messageHash)
    {
        record.Fold(happened, messageHash);
        if (IsPoison(happened)) throw new InvalidOperationException("A rule fails.");
    }

    /// <summary>What was on its way is gone, and nobody sends old messages again.</summary>
    public void Begin()
    {
        _recent.Clear();
        _unsent.Clear();
    }

    /// <summary>Sends a few events; what PostgreSQL does not take, or seems not to take, is sent again.</summary>
    public void Append(bool isAway)
    {
        if (_messages + _copies >= MostCopies) return;
        var events = new List<BehaviourEvent>(_unsent);
        _unsent.Clear();
        for (var left = world.Random.Next(1, 4); left > 0; left--) events.Add(Next());
        if (isAway)
        {
            _unsent.AddRange(events.TakeLast(4));
            return;
        }

        world.Storage.Append(events);
        if (world.Fault(world.Scenario.WriteIsUnknown)) _unsent.AddRange(events.Select(Copy));
    }

    private static string Visitor(int number) => VisitorNames[number];

    private static string User(int number) => UserNames[number];

    private static string NameIn(int number, string prefix, Func<string, string> id) => Enumerable.Range(number * 100, 100)
        .Select(n => string.Create(CultureInfo.InvariantCulture, $"{prefix}{n}"))
        .First(name => Partitioning.Of(id(name), World.Partitions) == number % World.Partitions);

    private BehaviourEvent Next()
    {
        var random = world.Random;
        var happened = _recent.Count > 0 && random.NextDouble() < world.Scenario.Duplicates
            ? Copy(_recent[random.Next(_recent.Count)])
            : random.Next(Lanes.Length) < Visitors ? Fresh(null, Visitor(random.Next(Visitors))) : Known();
        _recent.Add(happened);
        if (_recent.Count > Remembered) _recent.RemoveAt(0);
        return happened;
    }

    private BehaviourEvent Known()
    {
        var random = world.Random;
        var links = random.NextDouble() < world.Scenario.Links;
        var happened = Fresh(User(random.Next(Users)), links ? Visitor(random.Next(Visitors)) : null);
        if (!links || random.Next(3) > 0) return happened;
        return happened with
        {
            Type = EventType.Alias,
            AnonymousId = null,
            PreviousId = random.Next(2) == 0 ? User(random.Next(Users)) : Visitor(random.Next(Visitors)),
        };
    }

    private BehaviourEvent Fresh(string? user, string? visitor)
    {
        var at = world.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        var kind = world.Random.NextDouble() < world.Scenario.Poison ? PoisonName : "event";
        var number = ++_messages;
        var happened = new BehaviourEvent
        {
            Lane = user is not null ? CustomerId.User(user) : CustomerId.Visitor(visitor!),
            Type = EventType.Track,
            MessageId = string.Create(CultureInfo.InvariantCulture, $"m{number}"),
            Source = "shop",
            TimestampMs = at,

            // Copies within the time for which they are told apart, however fast the world's clock runs.
            ReceivedAtMs = world.Clock.Start.ToUnixTimeMilliseconds() + number,
            Name = string.Create(CultureInfo.InvariantCulture, $"{kind} {number}"),
            UserId = user,
            AnonymousId = visitor,
        };
        return world.Segments?.Tell(happened) ?? happened;
    }

    private BehaviourEvent Copy(BehaviourEvent sent) =>
        sent with { Name = string.Create(CultureInfo.InvariantCulture, $"{sent.Name!.Split('/')[0]}/{++_copies}") };
}
