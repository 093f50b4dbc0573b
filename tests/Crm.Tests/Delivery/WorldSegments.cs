using System.Globalization;
using System.Text.Json.Nodes;
using Crm.Clickstream;
using Crm.Company;
using Crm.Records;
using Crm.Records.Filters;
using Crm.Segments;
using Npgsql;

namespace Crm.Delivery;

/// <summary>The segments of a world: definitions that come, change and go, what events say for them, and what people write.</summary>
internal sealed class WorldSegments
{
    private const int MostSegments = 4;

    /// <summary>More than the connections that a pool keeps.</summary>
    private const int MostTries = 50;

    // Ends of days, weeks, months and quarters, and a night in which clocks are moved, are hours away.
    private static readonly string[] s_begins = ["2026-03-28T18:00:00Z", "2026-03-31T10:00:00Z", "2026-05-30T20:00:00Z"];
    private static readonly string[] s_zones = ["Etc/UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York"];

    private readonly World _world;
    private readonly Dice _dice;
    private readonly Dictionary<string, ToldEvent> _told = [];
    private readonly Dictionary<string, JsonObject> _cards = [];
    private readonly Dictionary<long, SegmentPlan> _plans = [];
    private int _made;

    public WorldSegments(World world)
    {
        _world = world;
        _dice = new Dice(world.Random);
        Begin = DateTimeOffset.Parse(_dice.Pick(s_begins), CultureInfo.InvariantCulture);
        Company = new CompanySettings { TimeZone = _dice.Pick(s_zones) };
        Zone = TimeZoneInfo.FindSystemTimeZoneById(Company.TimeZone);
        Judge = new SegmentJudge(world, this);
    }

    public static ICustomFields Fields { get; } = new OwnFields();

    /// <summary>When the world begins.</summary>
    public DateTimeOffset Begin { get; }

    public CompanySettings Company { get; }

    public TimeZoneInfo Zone { get; }

    public SegmentJudge Judge { get; }

    /// <summary>The newest definitions.</summary>
    public SegmentPlan Newest => Compile(Ask(store => store.Live()));

    /// <summary>What a message says.</summary>
    public ToldEvent Told(string messageId) => _told[messageId];

    /// <summary>True for a message whose copies are not told apart any more.</summary>
    public bool IsOld(string messageId) => Told(messageId).ReceivedMs < (_world.Clock.GetUtcNow() - TimeSpan.FromHours(24)).ToUnixTimeMilliseconds();

    /// <summary>What people wrote of a customer.</summary>
    public JsonObject Card(string customer) => _cards.GetValueOrDefault(customer) ?? [];

    /// <summary>The event, with something that definitions look at.</summary>
    public BehaviourEvent Tell(BehaviourEvent happened)
    {
        var told = _dice.Event(_world.Clock.GetUtcNow().ToUnixTimeMilliseconds());
        told.Properties["kind"] = told.Name;
        _told.Add(happened.MessageId, told);
        return happened with { Body = new ToldEvent(told.Name, told.AtMs, told.ReceivedMs, told.Properties).Event.Body, TimestampMs = told.AtMs, ReceivedAtMs = told.ReceivedMs };
    }

    /// <summary>Somebody makes a segment, changes or deletes one, or has the work on everybody wait or go on.</summary>
    public void Edit()
    {
        var all = Ask(store => store.Live()).Segments;
        switch (_world.Random.Next(8))
        {
            case < 3 when all.Count < MostSegments:
                var id = string.Create(CultureInfo.InvariantCulture, $"sg_{++_made}");
                Save(new Segment(id, id, Definition(all), 0) { RecordVersion = 0 });
                break;
            case < 6 when all.Count > 0:
                var edited = _dice.Pick([.. all]);
                Save(edited with { Definition = Definition(all.Where(s => s.Id != edited.Id)) });
                break;
            case 6 when all.Count > 0:
                Save(_dice.Pick([.. all]) with { DeletedAt = _world.Clock.GetUtcNow() });
                break;
            case 7:
                Wait(_world.Random.Next(2) == 0);
                break;
        }
    }

    /// <summary>Nothing waits any more.</summary>
    public void GoOn() => Wait(false);

    /// <summary>Somebody writes something of a customer that is listed.</summary>
    public void WriteCard()
    {
        if (_world.Storage.Rows().Where(r => r.MovedTo is null).Select(r => r.Id).Order(StringComparer.Ordinal).ToArray() is not { Length: > 0 } ids) return;
        var (customer, card) = (_dice.Pick(ids), _dice.Card(_world.Clock.GetUtcNow()));
        _world.Note($"CARD {customer} {card.ToJsonString()}");
        _cards[customer] = card;
        _world.Storage.WriteCard(customer, card.ToJsonString());
    }

    /// <summary>A plan of the world; each is made once.</summary>
    public SegmentPlan Compile(LiveSegmentSet live)
    {
        if (_plans.TryGetValue(live.Number, out var known)) return known;
        var context = new FilterContext(_world.Clock.GetUtcNow(), Zone, null) { TakesEvents = true };
        var fields = new Crm.Segments.SegmentFields(Fields.Of(RecordKind.Customer));
        var definitions = live.Segments.Select(s => new LiveDefinition(
            s.Id, s.Version, FilterParser.Parse(s.Definition, fields, context, out var problem) ?? throw new InvalidOperationException($"{s.Definition}: {problem!.Why}")));
        var plan = SegmentCompiler.Compile(live.Number, [.. definitions], Zone, live.Born, out var wrong, live);
        if (wrong.Count > 0) throw new InvalidOperationException(string.Join(", ", wrong.Values));
        return _plans[live.Number] = plan;
    }

    private void Wait(bool waits)
    {
        _world.Note(waits ? "FILL waits" : "FILL goes on");
        Ask(async store =>
        {
            await store.Pause(waits);
            return waits;
        });
    }

    /// <summary>Asks the store in place, again where a connection was broken by the world and nobody knew it yet.</summary>
    public T Ask<T>(Func<ISegmentStore, Task<T>> ask)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return ask(_world.Storage.Segments).GetAwaiter().GetResult();
            }
            catch (NpgsqlException) when (tries < MostTries)
            {
                // The next connection is another one.
            }
        }
    }

    private void Save(Segment segment)
    {
        var cause = new ChangeCause("somebody", null, Guid.Empty);
        _ = _world.Grains.Segments().Save(segment, cause);
    }

    private string Definition(IEnumerable<Segment> others) => _dice.Definition([.. others.Select(s => s.Id)], depth: 1);

    private sealed class OwnFields : ICustomFields
    {
        private readonly KindFields _customer = new(RecordKind.Customer, [new CustomField("cf_1", RecordKind.Customer.Name, "score", FieldType.Number)]);

        public KindFields Of(RecordKind kind) => _customer;

        public Task<bool> Renew(CancellationToken stop = default) => Task.FromResult(false);
    }

    /// <summary>Definitions and cards for the fields of customers.</summary>
    private sealed class Dice(Random random) : SegmentDice(random)
    {
        private readonly Random _random = random;

        public JsonObject Card(DateTimeOffset now)
        {
            var card = new JsonObject();
            if (_random.Next(2) == 0) card["tags"] = new JsonArray([.. Pick<string[]>(["vip"], ["new"], ["vip", "new"]).Select(t => (JsonNode)t)]);
            if (_random.Next(2) == 0) card["custom"] = new JsonObject { ["score"] = _random.Next(5) };
            if (_random.Next(2) == 0) card["birthday"] = DateOnly.FromDateTime(now.UtcDateTime).AddDays(_random.Next(-40, 40)).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
            return card;
        }

        protected override string Fact(IReadOnlyList<string> earlier) => _random.Next(8) switch
        {
            0 => $"tags {Pick("has vip", "not in (vip, new)", "is empty", "in (new)")}",
            1 => $"custom.score {Pick(">=", "<", "=", "!=")} {_random.Next(5)}",
            2 => $"birthday {Pick(">=", "<=", "=", "!=")} {Pick("-1d", "-2w", "+3d", "today", "tomorrow", "next_week", "this_month")}",
            3 or 4 => $"{Pick("firstSeen", "lastSeen")} {Pick(">=", "<")} {Time()}",
            5 => Pick("known = true", "known != true", "custom.score is empty"),
            6 when earlier.Count > 0 => $"segments has \"{Pick([.. earlier])}\"",
            _ => $"events {Pick(">=", "<", "=")} {_random.Next(8)}",
        };

        // Copies of an event have names of their own here: what kind it is, its properties say.
        protected override string Event() => "any" + Pick("", $" where kind = {Pick("View", "Add", "Order")}", $" where {Test()}", $" where kind in (View, Add) and {Test()}");
    }
}
