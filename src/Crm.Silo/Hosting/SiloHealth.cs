using System.Text.Json;
using Crm.Clickstream;

namespace Crm.Hosting;

/// <summary>
/// Whether this silo can be used: it is an active member of its cluster, PostgreSQL answers, and so do all partitions. What was
/// found holds for a second, so that many askers cost one question.
/// </summary>
internal sealed class SiloHealth(
    SchemaGate schema, ISiloStatusOracle members, IEventLog log, PartitionKeeper partitions, TimeProvider clock)
{
    private static readonly TimeSpan s_holds = TimeSpan.FromSeconds(1);

    /// <summary>A healthy server answers this question in about a millisecond.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private Task<IReadOnlyList<string>>? _asked;
    private long _askedAt;

    /// <summary>What is missing, in words; empty when the silo can be used.</summary>
    public Task<IReadOnlyList<string>> Missing()
    {
        lock (_gate)
        {
            if (_asked is not { } asked || (asked.IsCompleted && clock.GetElapsedTime(_askedAt) > s_holds))
            {
                _askedAt = clock.GetTimestamp();
                _asked = asked = Ask();
            }

            return asked;
        }
    }

    private async Task<IReadOnlyList<string>> Ask()
    {
        if (!schema.Open) return ["The database cannot be reached, or its schema is being upgraded."];
        var missing = new List<string>();
        if (members.CurrentStatus != SiloStatus.Active) missing.Add($"The silo is {members.CurrentStatus}, not yet or no longer Active.");
        if (!await DatabaseAnswers()) missing.Add("PostgreSQL does not answer.");
        if (members.CurrentStatus == SiloStatus.Active && partitions.Missing is { } words) missing.Add(words);
        return missing;
    }

    private async Task<bool> DatabaseAnswers()
    {
        using var patience = new CancellationTokenSource(s_patience, clock);
        try
        {
            await log.Head(0, patience.Token);
            return true;
        }
#pragma warning disable CA1031 // Whatever went wrong: the question was not answered.
        catch (Exception)
#pragma warning restore CA1031
        {
            return false;
        }
    }
}

/// <summary>Live: the process answers. Ready: the silo can be used; if not, why.</summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", context => Write(context, []));
        routes.MapGet("/health/ready", async (HttpContext context, SiloHealth health) => await Write(context, await health.Missing()));
    }

    private static async Task Write(HttpContext context, IReadOnlyList<string> reasons)
    {
        context.Response.StatusCode = reasons.Count == 0 ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("status", reasons.Count == 0 ? "ok" : "unavailable");
        json.WriteStartArray("reasons");
        foreach (var reason in reasons) json.WriteStringValue(reason);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
