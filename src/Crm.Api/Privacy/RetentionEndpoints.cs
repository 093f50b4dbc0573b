using System.Data.Common;
using System.Text.Json;
using Crm.Access;
using Crm.Clickstream;
using Crm.Hosting;

namespace Crm.Privacy;

/// <summary>How long the history of each source is kept.</summary>
internal static class RetentionEndpoints
{
    private const int MaxBodyBytes = 1_024;
    private const int MaxNameLength = 100;

    private static readonly Problem s_bad = new(
        StatusCodes.Status400BadRequest, "bad-retention", "This is no term.",
        $"Send {{\"days\":90}}: a whole number from 1 to {ISourceRetention.MaxDays}. A source's name has at most {MaxNameLength} characters.");

    private static readonly Problem s_many = new(
        StatusCodes.Status409Conflict, "too-many-terms", "Too many sources have a term of their own.", "Take one away with DELETE first.");

    private static readonly Problem s_down = new(
        StatusCodes.Status503ServiceUnavailable, "retention-unavailable", "Terms cannot be written or read now.",
        "The database does not answer. Send the same request again after the pause.", 2);

    public static void MapRetention(this IEndpointRouteBuilder routes)
    {
        var retention = routes.MapGroup("").RequireAuthorization(Policies.Read).ExcludeFromDescription();
        retention.MapGet("/v1/retention", Guarded(List));
        retention.MapPut("/v1/retention/{source}", Guarded(Put)).RequireAuthorization(Policies.Edit);
        retention.MapDelete("/v1/retention/{source}", Guarded(Delete)).RequireAuthorization(Policies.Edit);
    }

    private static RequestDelegate Guarded(RequestDelegate handle) => async context =>
    {
        try
        {
            await handle(context);
        }
        catch (Exception exception) when (exception is DbException or TimeoutException or IOException && !context.Response.HasStarted)
        {
            await Problems.Write(context, s_down);
        }
    };

    private static async Task List(HttpContext context)
    {
        var terms = await Terms(context).List(context.RequestAborted);
        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteStartArray("data");
        foreach (var term in terms) Write(json, term.Source, term.Days);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static async Task Put(HttpContext context)
    {
        var source = (string)context.Request.RouteValues["source"]!;
        using var body = await RequestBody.Read(context.Request, MaxBodyBytes);
        if (body.Failure is not null || Days(body.Bytes) is not { } days || source.Length > MaxNameLength)
        {
            await Problems.Write(context, s_bad);
            return;
        }

        if (!await Terms(context).Set(source, days, context.RequestAborted))
        {
            await Problems.Write(context, s_many);
            return;
        }

        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        Write(json, source, days);
    }

    private static async Task Delete(HttpContext context)
    {
        await Terms(context).Set((string)context.Request.RouteValues["source"]!, null, context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static int? Days(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.ValueKind == JsonValueKind.Object
                && json.RootElement.TryGetProperty("days", out var days) && days.ValueKind == JsonValueKind.Number
                && days.TryGetInt32(out var number) && number is >= 1 and <= ISourceRetention.MaxDays ? number : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static void Write(Utf8JsonWriter json, string source, int days)
    {
        json.WriteStartObject();
        json.WriteString("source", source);
        json.WriteNumber("days", days);
        json.WriteEndObject();
    }

    private static ISourceRetention Terms(HttpContext context) => context.RequestServices.GetRequiredService<ISourceRetention>();
}
