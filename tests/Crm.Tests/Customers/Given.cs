using System.Text;
using System.Text.Json;
using Crm.Clickstream;
using Crm.Company;
using Xunit;

namespace Crm.Customers;

/// <summary>Events and profiles as tests write them. Minute 0 is 2026-03-01 12:00 UTC.</summary>
internal static class Given
{
    public static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static readonly CompanySettings Company = new();

    public static long Minute(double minute) => Start.ToUnixTimeMilliseconds() + (long)(minute * 60_000);

    public static BehaviourEvent Track(string name, double minute, string properties = "{}") =>
        Event(EventType.Track, minute, $$"""{"type":"track","event":{{JsonSerializer.Serialize(name)}},"properties":{{properties}}}""") with
        {
            Name = name,
        };

    public static BehaviourEvent Identify(double minute, string traits) =>
        Event(EventType.Identify, minute, $$"""{"type":"identify","traits":{{traits}}}""");

    public static BehaviourEvent Group(double minute, string groupId, string traits = "{}") =>
        Event(EventType.Group, minute, $$"""{"groupId":{{JsonSerializer.Serialize(groupId)}},"traits":{{traits}}}""");

    public static BehaviourEvent Page(double minute, string name = "Home") => Event(EventType.Page, minute, "{}") with { Name = name };

    public static BehaviourEvent Event(EventType type, double minute, string body) => new()
    {
        Lane = "u:ann",
        Type = type,
        MessageId = Guid.NewGuid().ToString(),
        Source = "test",
        TimestampMs = Minute(minute),
        ReceivedAtMs = Minute(minute),
        UserId = "ann",
        Body = Encoding.UTF8.GetBytes(body),
    };

    public static CustomerProfile Profile(params IEnumerable<BehaviourEvent> events)
    {
        var profile = new CustomerProfile();
        foreach (var happened in events) profile.Fold(happened);
        return profile;
    }

    public static CustomerView View(params IEnumerable<BehaviourEvent> events) => Profile(events).View();

    public static CustomerView View(this CustomerProfile profile, CompanySettings? company = null, DateTimeOffset? now = null) =>
        profile.View("u:ann", ["u:ann"], [], company ?? Company, now ?? Start.AddDays(10));

    /// <summary>All of a profile as text. Its products have no order, so that they stand in that of their ids.</summary>
    public static string Json(this CustomerProfile profile)
    {
        var view = profile.View();
        var json = JsonSerializer.SerializeToNode(view)!.AsObject();
        json["Products"] = JsonSerializer.SerializeToNode(new Dictionary<string, SortedDictionary<string, long>>
        {
            ["Viewed"] = new(view.Products.Viewed, StringComparer.Ordinal),
            ["Added"] = new(view.Products.Added, StringComparer.Ordinal),
            ["Removed"] = new(view.Products.Removed, StringComparer.Ordinal),
            ["Purchased"] = new(view.Products.Purchased, StringComparer.Ordinal),
        });
        return json.ToJsonString();
    }

    public static byte[] Packed(this CustomerProfile profile)
    {
        var output = new PackWriter();
        profile.Write(new ProfileWriter(output));
        return output.ToArray();
    }

    public static CustomerProfile Unpacked(byte[] packed)
    {
        var input = new PackReader(packed);
        var profile = CustomerProfile.Read(ref input);
        Assert.True(input.AtEnd);
        return profile;
    }
}
