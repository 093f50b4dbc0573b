using System.Globalization;
using Crm.Access;
using Crm.Hosting;

namespace Crm.Customers;

/// <summary>A candidate as it is answered.</summary>
internal sealed record DuplicateView(string[] Customers, string Kind, string Value, string At)
{
    public static DuplicateView Of(DuplicateCandidate found) =>
        new([found.One, found.Other], found.Kind, found.Value, found.At.ToString(CustomerJson.TimeFormat, CultureInfo.InvariantCulture));
}

/// <summary>Customers who may be one person.</summary>
internal static class DuplicateEndpoints
{
    public static void MapDuplicates(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/v1/duplicates", ((RequestDelegate)List).OrAway()).RequireAuthorization(Policies.Read).ExcludeFromDescription();

    private static async Task List(HttpContext context)
    {
        if (!RecordRequests.TryPage(context.Request, out var limit, out var cursor, out var problem))
        {
            await Problems.Write(context, problem);
            return;
        }

        var before = long.MaxValue;
        if (cursor is not null && !long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out before))
        {
            await Problems.Write(context, RecordRequests.BadCursor);
            return;
        }

        var found = await context.RequestServices.GetRequiredService<IDuplicates>().Read(before, limit + 1, context.RequestAborted);
        await RecordRequests.Page(context, found, limit, DuplicateView.Of, c => c.Id.ToString(CultureInfo.InvariantCulture)).ExecuteAsync(context);
    }
}
