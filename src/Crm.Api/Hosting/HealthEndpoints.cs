using System.Text.Json;

namespace Crm.Hosting;

/// <summary>Live: the process answers. Ready: PostgreSQL and a silo do too; if not, which.</summary>
internal static class HealthEndpoints
{
    public static void MapApiHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", context => Write(context, [])).AllowAnonymous().ExcludeFromDescription();
        routes.MapGet("/health/ready", context => Write(context, Reasons(context.RequestServices))).AllowAnonymous().ExcludeFromDescription();
    }

    /// <summary>What is missing, in words.</summary>
    public static List<string> Reasons(IServiceProvider services)
    {
        var reasons = new List<string>();
        if (services.GetRequiredService<PostgresWatch>().Problem is { } problem) reasons.Add(problem);
        else if (!services.GetRequiredService<SchemaStep>().Done) reasons.Add("The database's schema is being upgraded.");
        if (services.GetRequiredService<DiskWatch>().Full) reasons.Add("The disk has less than 5 % free: no events are taken.");
        if (!services.GetRequiredService<SiloLink>().Up)
        {
            reasons.Add(reasons.Count == 0
                ? "No silo answers: ingest works, reads wait."
                : "No silo answers.");
        }

        return reasons;
    }

    private static async Task Write(HttpContext context, List<string> reasons)
    {
        var ready = reasons.Count == 0;
        context.Response.StatusCode = ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("status", ready ? "ok" : "unavailable");
        json.WriteStartArray("reasons");
        foreach (var reason in reasons) json.WriteStringValue(reason);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
