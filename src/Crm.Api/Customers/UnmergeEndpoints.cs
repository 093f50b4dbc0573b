using System.Text.Json;
using Crm.Access;
using Crm.Clickstream;
using Crm.Hosting;

namespace Crm.Customers;

/// <summary>Merges that people take back, and the bars that stand afterwards.</summary>
internal static class UnmergeEndpoints
{
    private const int MaxBodyBytes = 4 * 1024;
    private const int MaxBars = 100;

    /// <summary>What is under way ends within a second or two, unless something is being repaired.</summary>
    private const int MaxTries = 20;
    private static readonly TimeSpan s_again = TimeSpan.FromMilliseconds(250);

    private static readonly Problem s_badSource = new(
        StatusCodes.Status422UnprocessableEntity, "bad-source", "The body does not name a source.",
        "Send {\"source\":\"<id>\"} with the u:, a: or c: id of one that was merged; the profile lists them in merges.");

    private static readonly Problem s_notMerged = new(
        StatusCodes.Status409Conflict, "not-merged", "The source is not merged into this customer.", "The profile lists in merges who is.");

    private static readonly Problem s_historyGone = new(
        StatusCodes.Status409Conflict, "history-gone", "The merge can no longer be taken back.",
        "Events that counted are past the retention of the history, or were erased. Without them nobody can tell what belongs to whom; nothing was changed.");

    private static readonly Problem s_tooMany = new(
        StatusCodes.Status422UnprocessableEntity, "too-many-events", "This customer has too many events to be taken apart.",
        "So many events are of a script or a shared login, not of a person; nothing was changed.");

    private static readonly Problem s_notYet = new(
        StatusCodes.Status503ServiceUnavailable, "not-yet", "Something is under way that has to end first.",
        "The history catches up, or another merge is carried out. Send the same request again after the pause.", 2);

    public static void MapUnmerging(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/customers/{id}/unmerge", ((RequestDelegate)(context => Unmerge(context, CustomerEndpoints.IdSegment))).OrAway()).RequireAuthorization(Policies.Edit).ExcludeFromDescription();
        routes.MapGet("/v1/customers/{id}/bars", ((RequestDelegate)Bars).OrAway()).RequireAuthorization(Policies.Read).ExcludeFromDescription();
        routes.MapDelete("/v1/customers/{id}/bars/{source}", ((RequestDelegate)Lift).OrAway()).RequireAuthorization(Policies.Edit).ExcludeFromDescription();
    }

    /// <summary>Takes the source that the body names out of the customer that the path does.</summary>
    internal static async Task Unmerge(HttpContext context, int idSegment)
    {
        if (await Source(context) is not { } source)
        {
            await Problems.Write(context, s_badSource);
            return;
        }

        for (var tries = 0; tries < MaxTries; tries++)
        {
            // Looked up anew each time: it may be merged into another while it is waited for.
            if (await CustomerEndpoints.Find(context, idSegment) is not { View.Id: { } id }) return;
            var result = await context.RequestServices.GetRequiredService<IGrainFactory>().Customer(id).Unmerge(source).WaitAsync(context.RequestAborted);
            if (result is UnmergeResult.NotYet or UnmergeResult.Moved)
            {
                await Task.Delay(s_again, context.RequestServices.GetRequiredService<TimeProvider>(), context.RequestAborted);
                continue;
            }

            // Who did not hear the answer of the first time is answered the same.
            if (result == UnmergeResult.NotMerged && await AreBarred(context, id, source)) result = UnmergeResult.Done;
            await (result == UnmergeResult.Done ? WriteApart(context, id, source) : Problems.Write(context, Refusal(result)));
            return;
        }

        await Problems.Write(context, s_notYet);
    }

    private static Problem Refusal(UnmergeResult result) => result switch
    {
        UnmergeResult.HistoryGone => s_historyGone,
        UnmergeResult.TooMany => s_tooMany,
        _ => s_notMerged,
    };

    private static async Task<string?> Source(HttpContext context)
    {
        using var body = await RequestBody.Read(context.Request, MaxBodyBytes);
        if (body.Failure is not null) return null;
        try
        {
            using var read = JsonDocument.Parse(body.Bytes);
            return read.RootElement.ValueKind == JsonValueKind.Object
                && read.RootElement.TryGetProperty("source", out var source) && source.ValueKind == JsonValueKind.String
                ? CustomerReads.Direct(source.GetString()!)
                : null;
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static async Task<bool> AreBarred(HttpContext context, string id, string source) =>
        (await context.RequestServices.GetRequiredService<IUnmerging>().Bars(id, MaxBars, context.RequestAborted))
            .Any(b => b.One == source || b.Other == source);

    private static Task WriteApart(HttpContext context, string id, string source) => Write(context, json =>
    {
        json.WriteString("id", id);
        json.WriteString("source", source);
        json.WriteBoolean("barred", true);
    });

    private static async Task Bars(HttpContext context)
    {
        if (await CustomerEndpoints.Find(context) is not { View.Id: { } id }) return;
        var bars = await context.RequestServices.GetRequiredService<IUnmerging>().Bars(id, MaxBars, context.RequestAborted);
        await Write(context, json =>
        {
            json.WriteStartArray("data");
            foreach (var bar in bars)
            {
                json.WriteStartObject();
                Pair(json, bar.One, bar.Other);
                CustomerJson.Time(json, "at", bar.At.ToUnixTimeMilliseconds());
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    private static async Task Lift(HttpContext context)
    {
        var source = CustomerReads.Direct(PathSegments.Decoded(context, "source", 4));
        if (source is null)
        {
            await Problems.Write(context, s_badSource);
            return;
        }

        if (await CustomerEndpoints.Find(context) is not { View.Id: { } id }) return;
        var lifted = await context.RequestServices.GetRequiredService<IUnmerging>().Lift(id, source, context.RequestAborted);
        var grains = context.RequestServices.GetRequiredService<IGrainFactory>();
        await Task.WhenAll(grains.Customer(id).Forgive(source), grains.Customer(source).Forgive(id)).WaitAsync(context.RequestAborted);
        await Write(context, json => json.WriteBoolean("lifted", lifted));
    }

    private static void Pair(Utf8JsonWriter json, string one, string other)
    {
        json.WriteStartArray("customers");
        json.WriteStringValue(one);
        json.WriteStringValue(other);
        json.WriteEndArray();
    }

    private static async Task Write(HttpContext context, Action<Utf8JsonWriter> members)
    {
        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        members(json);
        json.WriteEndObject();
    }
}
