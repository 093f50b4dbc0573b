using System.Buffers;
using System.Data.Common;
using System.Globalization;
using System.IO.Hashing;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Crm.Access;
using Crm.Clickstream;
using Crm.Hosting;
using Crm.Live;
using Crm.Privacy;

namespace Crm.Customers;

/// <summary>Reads of customers: the live profile, and the history behind it.</summary>
internal static class CustomerEndpoints
{
    private const string Prefix = "/v1/customers";

    /// <summary>Where the id stands in the path.</summary>
    internal const int IdSegment = 2;

    /// <summary>A larger buffer is not kept for the next profile: few are so long.</summary>
    private const int MaxKeptBytes = 128 * 1024;

    /// <summary>Writing a profile never awaits, so each thread keeps one.</summary>
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? t_profile;

    private static readonly Problem s_historyDown = new(
        StatusCodes.Status503ServiceUnavailable, "history-unavailable", "The history cannot be read now.",
        "The database does not answer. The profile can still be read. Try again after the pause.", 2);

    public static void MapCustomers(this IEndpointRouteBuilder routes)
    {
        var customers = routes.MapGroup(Prefix).RequireAuthorization(Policies.Read).ExcludeFromDescription();
        customers.MapGet("/{id}", Get);
        customers.MapGet("/{id}/events", Events);
        CustomerStream.Map(routes);
        routes.MapPeople();
        routes.MapUnmerging();
        routes.MapDuplicates();
        routes.MapSpaces();
    }

    private static async Task Get(HttpContext context)
    {
        var found = await Find(context);
        if (found.View is not { } view || !await PurposeCheck.Passes(context, view.Consent)) return;
        var response = context.Response;
        var tag = ETag(view);
        response.Headers.ETag = tag;
        if (context.Request.Headers.IfNoneMatch.Contains(tag))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        await WriteProfile(response, view, context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow(), found.LagMs);
    }

    // Written whole, then sent with its length: in chunks, each would be a write of its own, and a search for its end at the reader.
    private static ValueTask<FlushResult> WriteProfile(HttpResponse response, CustomerView view, DateTimeOffset asOf, long lagMs)
    {
        var text = t_profile is { Capacity: <= MaxKeptBytes } kept ? kept : t_profile = new ArrayBufferWriter<byte>(4_096);
        text.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(text)) CustomerJson.Write(json, view, asOf, lagMs);
        response.ContentType = "application/json";
        response.ContentLength = text.WrittenCount;
        response.BodyWriter.Write(text.WrittenSpan);
        return response.BodyWriter.FlushAsync();
    }

    private static async Task Events(HttpContext context)
    {
        var services = context.RequestServices;
        if (HistoryQuery.From(context.Request.Query, out var problem) is not { } query)
        {
            await Problems.Write(context, problem!);
            return;
        }

        var found = await Find(context);
        if (found.View is not { } view || !await PurposeCheck.Passes(context, view.Consent)) return;
        try
        {
            var lag = await Lag(services.GetRequiredService<PartitionReads>(), view, context.RequestAborted);
            var page = await services.GetRequiredService<IHistory>().Read(
                view.Lanes, query.Before, query.Limit, query.Filter, context.RequestAborted);
            await WritePage(context, page, lag);
        }
        catch (Exception exception) when (exception is DbException or TimeoutException or IOException)
        {
            await Problems.Write(context, s_historyDown);
        }
        catch (Exception exception) when (SiloLink.IsAbsence(exception) && !context.RequestAborted.IsCancellationRequested)
        {
            await Problems.Write(context, PartitionReads.NoSilo);
        }
    }

    /// <summary>The id in the path.</summary>
    internal static string Id(HttpContext context, int idSegment = IdSegment) => PathSegments.Decoded(context, "id", idSegment);

    /// <summary>The customer that the path names; what keeps it from being answered is written already.</summary>
    internal static async Task<CustomerFound> Find(HttpContext context, int idSegment = IdSegment)
    {
        context.Response.Headers.CacheControl = "no-store";
        var found = await context.RequestServices.GetRequiredService<CustomerReads>()
            .Find(Id(context, idSegment), context.Request.Query["minPosition"], context.RequestAborted);
        if (found.Problem is { } problem) await Problems.Write(context, problem);
        else if (context.RequestServices.GetRequiredService<PartitionReads>().Position(found.Progress) is { } position)
            context.Response.Headers[IngestAnswer.PositionHeader] = position;
        return found;
    }

    /// <summary>How far the history is behind, in the partitions that this customer's events lie in.</summary>
    internal static async Task<long> Lag(PartitionReads partitions, CustomerView view, CancellationToken stop)
    {
        var asked = await partitions.Progress(view.Lanes.Select(partitions.Of).Distinct(), stop);
        return asked.Length == 0 ? 0 : asked.Max(p => p.HistoryLagMs);
    }

    private static async Task WritePage(HttpContext context, HistoryPage page, long lagMs)
    {
        context.Response.ContentType = "application/json";
        if (page.Next is { } next)
        {
            var query = QueryString.Create(context.Request.Query
                .Where(q => q.Key is not "cursor" and not "minPosition")
                .Append(new("cursor", HistoryQuery.CursorText(next))));
            var raw = context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget;
            var path = raw.Contains('?', StringComparison.Ordinal) ? raw[..raw.IndexOf('?', StringComparison.Ordinal)] : raw;
            context.Response.Headers.Link = $"<{path}{query}>; rel=\"next\"";
        }

        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        HistoryJson.Write(json, page, lagMs);
    }

    /// <summary>Weak: what passes with time alone (recency) changes without the version. Segments that time alone changes are named.</summary>
    internal static string ETag(CustomerView view) =>
        $"W/\"{XxHash64.HashToUInt64(Encoding.UTF8.GetBytes(view.Id)):x16}-{view.Version}{(view.Segments.Count == 0 ? "" : "-" + Belongs(view).ToString("x16", CultureInfo.InvariantCulture))}\"";

    private static ulong Belongs(CustomerView view) =>
        XxHash64.HashToUInt64(Encoding.UTF8.GetBytes(string.Join('\n', view.Segments.Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Segment} {s.SinceMs}")))));
}
