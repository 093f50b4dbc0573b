using System.Globalization;
using System.Text;
using Crm.Clickstream;
using Crm.Infrastructure;

namespace Crm.Privacy;

/// <summary>A person with events of every kind, and the texts that tell who it is.</summary>
internal sealed class Person(CrmCluster crm)
{
    private int _messages;

    public string User { get; } = "ada-" + Guid.NewGuid().ToString("N");

    public string Visitor { get; } = "laptop-" + Guid.NewGuid().ToString("N");

    public string Id => "u:" + User;

    public string Email => $"{User}@example.com";

    public string Phone { get; } = "+49" + Random.Shared.NextInt64(1_000_000_000, 9_999_999_999).ToString(CultureInfo.InvariantCulture);

    public string Name => $"Ada Lovelace {User}";

    /// <summary>What must not stand anywhere afterwards.</summary>
    public string[] Texts => [User, Visitor, Email, Phone, Name];

    /// <summary>A visitor that becomes a user, with a copy of a message and one that the rules fail on.</summary>
    public BehaviourEvent[] Life()
    {
        var twice = Track("Product Viewed");
        return
        [
            Page(), twice, twice, Page(),
            Track("Order Completed") with { Body = Json($$"""{"properties":{"order_id":"o-{{User}}","revenue":"10.00","currency":"EUR"} }""") },
            Identify(), Track(CrmCluster.PoisonName), Track("Product Viewed"),
        ];
    }

    public BehaviourEvent Page() => Track("Home") with { Lane = "a:" + Visitor, UserId = null, AnonymousId = Visitor, Type = EventType.Page };

    public BehaviourEvent Identify() => Track("") with
    {
        Type = EventType.Identify,
        Name = null,
        AnonymousId = Visitor,
        Body = Json($$"""{"traits":{"email":"{{Email}}","phone":"{{Phone}}","name":"{{Name}}" },"context":{"consent":{"categoryPreferences":{"analytics":true } } } }"""),
    };

    public BehaviourEvent Track(string name) => crm.Track(Id, name, $"{User}-{Interlocked.Increment(ref _messages)}");

    /// <summary>The same event as of now: it belongs to a new life.</summary>
    public static BehaviourEvent Now(BehaviourEvent happened)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() + 1;
        return happened with { TimestampMs = now, ReceivedAtMs = now };
    }

    private static byte[] Json(string text) => Encoding.UTF8.GetBytes(text);
}
