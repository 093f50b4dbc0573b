using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Company;
using Crm.Records;

namespace Crm.Customers;

/// <summary>What is shown of a customer: the same as lists show, from the profile as it is now.</summary>
internal static class CustomerShown
{
    // Of the card alone: who may not see another field may not see the profile either, which could tell it.
    private static readonly HashSet<string> s_cardAlone =
        ["tags", "owner", "team", "source", "role", "description", "externalId", "absorbed", "createdAt", "updatedAt", "createdBy"];

    /// <summary>The card with the fields that come of the profile; what a person wrote goes before what events said.</summary>
    public static RecordState Of(RecordState card, CustomerView? live, DateTimeOffset now)
    {
        var fields = (JsonObject)JsonNode.Parse(card.Fields)!;
        if (fields["fullName"] is { } written) fields["name"] = written.DeepClone();
        fields.Remove("fullName");
        if (live is not null) Live(fields, live, now);
        else if (First(fields, "emails") is { } email) fields["email"] = email;
        return card with { Fields = fields.ToJsonString(), Version = live?.Version ?? 0 };
    }

    /// <summary>Whether a role that hides fields leaves the profile to be seen.</summary>
    public static bool MayShowProfile(Actor actor) => actor.Of(RecordKinds.Customer).Hidden
        .All(field => s_cardAlone.Contains(field) || field.StartsWith(CustomField.Prefix, StringComparison.Ordinal));

    /// <summary>The profile, as it is answered alone.</summary>
    public static JsonNode? Profile(CustomerFound found, DateTimeOffset now)
    {
        var text = new ArrayBufferWriter<byte>(4_096);
        using (var json = new Utf8JsonWriter(text)) CustomerJson.Write(json, found.View!, now, found.LagMs);
        return JsonNode.Parse(text.WrittenSpan);
    }

    private static void Live(JsonObject fields, CustomerView live, DateTimeOffset now)
    {
        Put(fields, "name", Text(fields, "name") ?? KnownPerson.Name(Trait));
        Put(fields, "email", First(fields, "emails") ?? KnownPerson.Id(Trait("email"), Newest(live, ExternalId.Email)));
        Put(fields, "phone", First(fields, "phones") ?? KnownPerson.Id(Trait("phone"), Newest(live, ExternalId.Phone)));
        var isKnown = live.Lanes.Any(lane => !lane.StartsWith("a:", StringComparison.Ordinal))
            || Newest(live, ExternalId.Email) is not null || Newest(live, ExternalId.Phone) is not null;
        Put(fields, "lifecycle", Text(fields, "lifecycle") ?? Lifecycles.At(Lifecycles.Stage(live.Orders, isKnown), At(live.LastOrderMs), now));
        Put(fields, "firstSeen", Time(live.FirstSeenMs));
        Put(fields, "lastSeen", Time(live.LastSeenMs));
        Put(fields, "lastOrder", Time(live.LastOrderMs));
        fields["orders"] = live.Orders;
        if (live.Rfm.Monetary is { } net && (live.Orders > 0 || net != 0))
            fields["revenue"] = new JsonObject { ["amount"] = Currencies.Format(net, live.Rfm.Currency), ["currency"] = live.Rfm.Currency };
        fields["tier"] = live.Tier;
        fields["events"] = live.CountsByType.Values.Sum();
        fields["sessions"] = live.Sessions;
        if (live.Segments.Count > 0) fields["segments"] = new JsonArray([.. live.Segments.Select(s => JsonValue.Create(s.Segment))]);

        string? Trait(string name) => live.Traits.GetValueOrDefault(name);
    }

    private static string? Newest(CustomerView live, string kind) => live.ExternalIds.GetValueOrDefault(kind) is [var newest, ..] ? newest : null;

    private static string? Text(JsonObject fields, string name) => (string?)fields[name];

    private static string? First(JsonObject fields, string name) => fields[name] is JsonArray { Count: > 0 } list ? (string?)list[0] : null;

    private static DateTimeOffset? At(long? ms) => ms is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null;

    private static string? Time(long? ms) => At(ms)?.UtcDateTime.ToString(CustomerJson.TimeFormat, CultureInfo.InvariantCulture);

    private static void Put(JsonObject fields, string name, string? value)
    {
        if (value is not null) fields[name] = value;
    }
}
