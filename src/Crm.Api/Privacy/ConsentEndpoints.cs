using System.Text.Json;
using Crm.Access;
using Crm.Clickstream;
using Crm.Customers;
using Crm.Hosting;

namespace Crm.Privacy;

/// <summary>What a person consented to. An edit is an event of the log, like any other: history and replay keep it.</summary>
internal static class ConsentEndpoints
{
    /// <summary>Name of the event that an edit makes.</summary>
    public const string EventName = "Consent Preference Updated";

    private const int MaxBodyBytes = 32 * 1024;

    public static readonly Problem Bad = new(
        StatusCodes.Status400BadRequest, "bad-consent", "The body is no consent.",
        "Send {\"categories\":{\"analytics\":true,\"advertising\":false},\"gpc\":false}; both are optional, their values are true or false.");

    private static readonly Problem s_down = new(
        StatusCodes.Status503ServiceUnavailable, "log-unavailable", "The consent could not be made durable.",
        "Send the same request again after the pause, with the same Idempotency-Key.", 2);

    public static void MapConsent(this RouteGroupBuilder customers)
    {
        customers.MapGet("/{id}/consent", Get);
        customers.MapPut("/{id}/consent", Put).RequireAuthorization(Policies.Edit);
    }

    private static async Task Get(HttpContext context)
    {
        var found = await CustomerEndpoints.Find(context);
        if (found.View is { } view) await Write(context, view);
    }

    private static async Task Put(HttpContext context)
    {
        if (await Asked(context) is not { } consent)
        {
            await Problems.Write(context, Bad);
            return;
        }

        var reads = context.RequestServices.GetRequiredService<CustomerReads>();
        var id = CustomerEndpoints.Id(context);
        var found = await reads.Find(id, null, context.RequestAborted);
        var lane = found.View?.Id ?? (found.Problem?.Status == StatusCodes.Status404NotFound ? CustomerReads.Direct(id) : null);
        if (lane is null)
        {
            await Problems.Write(context, found.Problem!);
            return;
        }

        await Say(context, lane, consent, context.User.Source());
    }

    /// <summary>What the body says, as an event's context; null when it is no consent.</summary>
    internal static async Task<string?> Asked(HttpContext context)
    {
        using var body = await RequestBody.Read(context.Request, MaxBodyBytes);
        return body.Failure is null ? Context(body.Bytes) : null;
    }

    /// <summary>Logs a choice of a customer, and answers what holds then.</summary>
    internal static async Task Say(HttpContext context, string lane, string consent, string source)
    {
        var services = context.RequestServices;
        context.Response.Headers.CacheControl = "no-store";
        CustomerFound found;
        try
        {
            var now = services.GetRequiredService<TimeProvider>().GetUtcNow();
            var position = await services.GetRequiredService<IEventLogWriter>()
                .Append([Event(lane, consent, context, source, now)], CancellationToken.None);
            found = await services.GetRequiredService<CustomerReads>().Find(lane, position.ToString(), context.RequestAborted);
            context.Response.Headers[IngestAnswer.PositionHeader] = position.ToString();
        }
        catch (Exception exception) when (exception is LogFullException or LogUnavailableException)
        {
            await Problems.Write(context, s_down);
            return;
        }

        if (found.View is { } view) await Write(context, view);
        else await Problems.Write(context, found.Problem!);
    }

    /// <summary>The context of the event that an edit makes; null when the body is no consent.</summary>
    internal static string? Context(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            if (json.RootElement.ValueKind != JsonValueKind.Object) return null;
            foreach (var member in json.RootElement.EnumerateObject())
            {
                var right = member.Name switch
                {
                    "categories" => member.Value.ValueKind == JsonValueKind.Object && member.Value.EnumerateObject().All(c => IsChoice(c.Value)),
                    "gpc" => IsChoice(member.Value),
                    _ => false,
                };
                if (!right) return null;
            }

            var categories = json.RootElement.TryGetProperty("categories", out var all) ? all.GetRawText() : "{}";
            var gpc = json.RootElement.TryGetProperty("gpc", out var signal) ? $",\"gpc\":{signal.GetRawText()}" : "";
            return $"{{\"consent\":{{\"categoryPreferences\":{categories}}}{gpc}}}";
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool IsChoice(JsonElement value) => value.ValueKind is JsonValueKind.True or JsonValueKind.False;

    private static BehaviourEvent Event(string lane, string consent, HttpContext context, string source, DateTimeOffset now)
    {
        var key = context.Request.Headers["Idempotency-Key"].ToString();
        var messageId = key.Length is > 0 and <= Admission.MaxMessageIdLength ? key : Guid.CreateVersion7(now).ToString();
        return new BehaviourEvent
        {
            Lane = lane,
            Type = EventType.Track,
            Name = EventName,
            MessageId = messageId,
            Source = source,
            TimestampMs = now.ToUnixTimeMilliseconds(),
            ReceivedAtMs = now.ToUnixTimeMilliseconds(),
            UserId = lane.StartsWith("u:", StringComparison.Ordinal) ? lane[2..] : null,
            AnonymousId = lane.StartsWith("a:", StringComparison.Ordinal) ? lane[2..] : null,
            Body = System.Text.Encoding.UTF8.GetBytes($"{{\"context\":{consent}}}"),
        };
    }

    internal static async Task Write(HttpContext context, CustomerView view)
    {
        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("id", view.Id);
        ConsentJson.Members(json, view.Consent);
        json.WriteEndObject();
    }
}

/// <summary>Consent as JSON.</summary>
internal static class ConsentJson
{
    public static void Write(Utf8JsonWriter json, ConsentView consent)
    {
        json.WriteStartObject("consent");
        Members(json, consent);
        json.WriteEndObject();
    }

    public static void Members(Utf8JsonWriter json, ConsentView consent)
    {
        json.WriteStartObject("categories");
        foreach (var (category, choice) in consent.Categories) Choice(json, category, choice);
        json.WriteEndObject();
        if (consent.Gpc is { } gpc) Choice(json, "gpc", gpc);
        else json.WriteNull("gpc");
        json.WriteStartObject("purposes");
        foreach (var (purpose, allowed) in consent.Purposes) json.WriteBoolean(purpose, allowed);
        json.WriteEndObject();
    }

    private static void Choice(Utf8JsonWriter json, string name, ConsentChoice choice)
    {
        json.WriteStartObject(name);
        json.WriteBoolean("given", choice.Given);
        CustomerJson.Time(json, "at", choice.AtMs);
        json.WriteEndObject();
    }
}
