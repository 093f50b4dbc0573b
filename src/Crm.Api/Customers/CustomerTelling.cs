using System.Globalization;
using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Clickstream;
using Crm.Hosting;
using Crm.Records;

namespace Crm.Customers;

/// <summary>
/// Tells the log what people know of a customer: that there is one, and the emails and phones of its card, as ids by which it is found and
/// linked. What the profile knows already is not told again, so a try that failed is made up for by the next edit.
/// </summary>
internal static class CustomerTelling
{
    private static readonly Problem s_notTold = new(
        StatusCodes.Status503ServiceUnavailable, "not-durable", "It was stored, but what links the person by it is not yet, or it is unknown whether it is.",
        "Send the same request again after the pause.", 2);

    /// <summary>Tells what is new. Answers the position, which is null where nothing was to be told, or the problem.</summary>
    public static async Task<(string? Position, Problem? Problem)> Tell(HttpContext context, RecordState card, CustomerView? live)
    {
        var ids = New((JsonObject)JsonNode.Parse(card.Fields)!, live);
        if (ids.Count == 0 && live is not null) return (null, null);
        if (context.RequestServices.GetService<IngestGate>()?.Closed is not null) return (null, s_notTold);
        try
        {
            var told = await context.RequestServices.GetRequiredService<IEventLogWriter>().Append([Event(context, card, live, ids)], CancellationToken.None);
            return (told.ToString(), null);
        }
        catch (Exception failure) when (failure is LogFullException or LogUnavailableException)
        {
            return (null, s_notTold);
        }
    }

    private static BehaviourEvent Event(HttpContext context, RecordState card, CustomerView? live, IReadOnlyList<ExternalId> ids)
    {
        var now = context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow().ToUnixTimeMilliseconds();
        var body = Body(ids);
        return new BehaviourEvent
        {
            Lane = card.Id,
            UserId = CustomerId.IsUser(card.Id) ? card.Id[2..] : null,
            AnonymousId = card.Id.StartsWith("a:", StringComparison.Ordinal) ? card.Id[2..] : null,
            Type = EventType.Identify,
            MessageId = string.Create(CultureInfo.InvariantCulture, $"card:{card.Id}:{XxHash3.HashToUInt64(body):x16}"),
            Source = context.User.Source() is var source && source == Policies.NoSource ? "crm" : source,

            // Somebody else was at work, not the customer: it was seen no later than before.
            TimestampMs = live?.LastSeenMs ?? now,
            ReceivedAtMs = now,
            FromServer = true,
            Body = body,
        };
    }

    private static byte[] Body(IReadOnlyList<ExternalId> ids)
    {
        var list = ids.Select(id => (JsonNode)new JsonObject { ["id"] = id.Value, ["type"] = id.Kind, ["collection"] = "users", ["encoding"] = "none" });
        var body = new JsonObject
        {
            ["type"] = "identify", ["traits"] = new JsonObject(), ["context"] = new JsonObject { ["externalIds"] = new JsonArray([.. list]) },
        };
        return Encoding.UTF8.GetBytes(body.ToJsonString());
    }

    private static List<ExternalId> New(JsonObject card, CustomerView? live)
    {
        var (emails, phones, international) = (Texts(card, "emails"), Texts(card, "phones"), Texts(card, "phonesE164"));

        // A number without its country would link strangers of other countries.
        var numbers = international.Length == phones.Length ? international : [.. international, .. phones.Where(p => p.StartsWith('+'))];
        return
        [
            .. from given in emails.Select(e => (Kind: ExternalId.Email, Text: e)).Concat(numbers.Select(p => (Kind: ExternalId.Phone, Text: p)))
               let id = ExternalId.Of(given.Kind, given.Text, toldByServer: true)
               where id is not null && !Knows(live, id.Value)
               group id.Value by id.Value into same
               select same.Key,
        ];
    }

    private static bool Knows(CustomerView? live, ExternalId id) =>
        live?.ExternalIds.GetValueOrDefault(id.Kind)?.Any(known => ExternalId.Of(id.Kind, known)?.Value == id.Value) is true;

    private static string[] Texts(JsonObject card, string name) => [.. (card[name] as JsonArray ?? []).Select(t => (string)t!)];
}
