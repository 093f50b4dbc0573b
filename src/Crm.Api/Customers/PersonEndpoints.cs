using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Crm.Access;
using Crm.Clickstream;
using Crm.Hosting;

namespace Crm.Customers;

/// <summary>People made in the CRM, before they have a user id. They begin with an event of the log, as everybody does.</summary>
internal static class PersonEndpoints
{
    private const int MaxExternalIds = 20;

    private static readonly Problem s_notDurable = new(
        StatusCodes.Status503ServiceUnavailable, "not-durable", "The customer could not be made durable, or it is unknown whether it was.",
        "Send the same request again, with an Idempotency-Key, after the pause.", 2);

    private static readonly Problem s_full = new(
        StatusCodes.Status429TooManyRequests, "full", "More arrives than can be written.", "Send the same request again after the pause.", 1);

    public static void MapPeople(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/v1/customers", Make).RequireAuthorization(Policies.Edit).WithMetadata(IdempotentEndpoint.Instance)
            .ExcludeFromDescription();

    private static async Task Make(HttpContext context)
    {
        using var body = await RequestBody.Read(context.Request, IngestLimits.EventBytes);
        if (body.Failure is { } failure)
        {
            await Problems.Write(context, failure.Status, "bad-request", "The body cannot be read.", failure.Message);
            return;
        }

        if (Event(context, body.Bytes, out var problem) is not { } made)
        {
            await Problems.Write(context, problem!);
            return;
        }

        try
        {
            if (context.RequestServices.GetRequiredService<IngestGate>().Closed is not null) throw new LogUnavailableException("Nothing can be accepted.");
            var position = await context.RequestServices.GetRequiredService<IEventLogWriter>().Append([made], CancellationToken.None);
            await Answer(context, made.Lane, position.ToString());
        }
        catch (LogFullException)
        {
            await Problems.Write(context, s_full);
        }
        catch (LogUnavailableException)
        {
            await Problems.Write(context, s_notDurable);
        }
    }

    private static async Task Answer(HttpContext context, string id, string position)
    {
        context.Response.StatusCode = StatusCodes.Status201Created;
        context.Response.Headers.Location = "/v1/customers/" + Uri.EscapeDataString(id);
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers[IngestAnswer.PositionHeader] = position;
        context.Response.ContentType = "application/json";
        await using (var json = new Utf8JsonWriter(context.Response.BodyWriter))
        {
            json.WriteStartObject();
            json.WriteString("id", id);
            json.WriteString("position", position);
            json.WriteEndObject();
        }

        await context.Response.BodyWriter.FlushAsync();
    }

    private static BehaviourEvent? Event(HttpContext context, ReadOnlyMemory<byte> body, out Problem? problem)
    {
        try
        {
            using var read = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = IngestLimits.Depth });
            problem = Fault(read.RootElement);
            var now = context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
            return problem is null ? Event(context, read.RootElement, now) : null;
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            problem = Bad("The body must be one JSON object in UTF-8.");
            return null;
        }
    }

    private static BehaviourEvent Event(HttpContext context, JsonElement wish, DateTimeOffset now)
    {
        var opaque = Opaque(context, now);
        return new BehaviourEvent
        {
            Lane = CustomerId.Made(opaque),
            Type = EventType.Identify,
            MessageId = "made:" + opaque,
            Source = context.User.Source(),
            TimestampMs = now.ToUnixTimeMilliseconds(),
            ReceivedAtMs = now.ToUnixTimeMilliseconds(),
            FromServer = true,
            Body = Body(wish),
        };
    }

    /// <summary>
    /// With an Idempotency-Key always the same for the caller's key: of a first try nobody may know whether it was logged, and then
    /// no answer of it is kept. The next one makes the same customer, whose event counts once.
    /// </summary>
    private static string Opaque(HttpContext context, DateTimeOffset now)
    {
        var key = context.Request.Headers[Idempotency.Header].ToString();
        if (key.Length == 0) return Guid.CreateVersion7(now).ToString("N");
        var caller = context.User.FindFirstValue(ClaimTypes.NameIdentifier);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{caller}\n{key}")))[..32];
    }

    private static byte[] Body(JsonElement wish)
    {
        using var text = new MemoryStream();
        using (var json = new Utf8JsonWriter(text))
        {
            json.WriteStartObject();
            json.WriteString("type", "identify");
            json.WritePropertyName("traits");
            if (wish.TryGetProperty("traits", out var traits)) json.WriteRawValue(traits.GetRawText(), skipInputValidation: true);
            else json.WriteRawValue("{}");
            json.WriteStartObject("context");
            if (wish.TryGetProperty("externalIds", out var ids))
            {
                json.WritePropertyName("externalIds");
                json.WriteRawValue(ids.GetRawText(), skipInputValidation: true);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return text.ToArray();
    }

    private static Problem? Fault(JsonElement wish)
    {
        if (wish.ValueKind != JsonValueKind.Object) return Bad("The body must be one JSON object.");
        var hasTraits = wish.TryGetProperty("traits", out var traits);
        var hasIds = wish.TryGetProperty("externalIds", out var ids);
        if (hasTraits && traits.ValueKind != JsonValueKind.Object) return Bad("traits must be an object.");
        if (hasIds && (ids.ValueKind != JsonValueKind.Array || ids.GetArrayLength() > MaxExternalIds))
            return Bad($"externalIds must be an array of at most {MaxExternalIds} {{id, type}}.");
        if (!(hasTraits && traits.EnumerateObject().Any()) && !(hasIds && ids.GetArrayLength() > 0))
            return Bad("It needs traits or externalIds: nothing else is known of the person.");
        return hasIds && ids.EnumerateArray().Any(id => !IsExternalId(id))
            ? Bad("Each of externalIds needs a type (small letters, digits, _ and .; neither user_id nor anonymous_id) and an id that can name a person.")
            : null;
    }

    private static bool IsExternalId(JsonElement item) =>
        item.ValueKind == JsonValueKind.Object
        && item.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String
        && item.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.String
        && type.GetString() is { } kind && kind is not ("user_id" or "anonymous_id") && ExternalId.IsKind(kind)
        && ExternalId.Of(kind, id.GetString()!) is not null;

    private static Problem Bad(string detail) =>
        new(StatusCodes.Status422UnprocessableEntity, "bad-customer", "No customer can be made of this.", detail);
}
