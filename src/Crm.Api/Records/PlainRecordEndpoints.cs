using System.Globalization;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Customers;
using Crm.Hosting;

namespace Crm.Records;

/// <summary>
/// Customers and sales by the plain calls, for programs that know no more than names, phones and numbers. What is made here are ordinary
/// records, made by the same code under the same rule of access; only their numbers are kept beside.
/// </summary>
internal static class PlainRecordEndpoints
{
    private const int MaxListed = 1_000;
    private const int MaxProductLength = 100;
    private const decimal MaxQuantity = 1_000_000_000m;

    public static void MapPlainRecords(this IEndpointRouteBuilder routes)
    {
        var plain = routes.MapGroup("").RequireAuthorization(Policies.Person).WithMetadata(PlainAnswers.Instance).NeedsSilo().ExcludeFromDescription();
        plain.MapPost("/customer", AddCustomer);
        plain.MapGet("/customer", Customers);
        plain.MapPost("/sale", AddSale);
        plain.MapGet("/sale", Sales);
    }

    private static async Task<IResult> AddCustomer(HttpContext context, PlainNumbers numbers)
    {
        if (await PlainAnswers.Fields(context.Request) is not { } fields || fields.GetValueOrDefault("name", "").Trim() is not { Length: > 0 } name)
            return PlainAnswers.Fail(StatusCodes.Status400BadRequest, "Send name and phone, as a form or as JSON.");
        var body = new JsonObject { ["name"] = name };
        if (fields.GetValueOrDefault("phone", "").Trim() is { Length: > 0 } phone) body["phones"] = new JsonArray(phone);
        var (id, refusal) = Made(context, await RecordWrites.Create(context, RecordKind.Customer, body));
        if (id is null) return refusal;

        // The live customer, too.
        if (await CustomerCards.Card(context, id) is not { } card) return PlainAnswers.Fail(StatusCodes.Status503ServiceUnavailable, "Send it again.");
        var (_, untold) = await CustomerTelling.Tell(context, card, null);
        if (untold is not null) return PlainAnswers.Of(untold);
        await numbers.AddCustomer(id, context.RequestAborted);
        return PlainAnswers.Success;
    }

    private static async Task<IResult> Customers(HttpContext context, PlainNumbers numbers)
    {
        if (After(context) is not { } after) return PlainAnswers.Fail(StatusCodes.Status400BadRequest, "after is a number.");
        var (actor, hidden) = (context.Actor(), context.Actor().Of(RecordKinds.Customer).Hidden);
        var found = await numbers.Customers(actor.Reach(RecordAction.Read, RecordKinds.Customer), after, MaxListed + 1, context.RequestAborted);
        return Page(context, found, c => c.Id, c =>
        {
            var json = new JsonObject { ["id"] = c.Id };
            if (!hidden.Contains("name") && !hidden.Contains("fullName")) json["name"] = c.Name;
            if (!hidden.Contains("phones") && !hidden.Contains("phone")) json["phone"] = c.Phone;
            return json;
        });
    }

    private static async Task<IResult> AddSale(HttpContext context, PlainNumbers numbers)
    {
        var stop = context.RequestAborted;
        var fields = await PlainAnswers.Fields(context.Request);
        var product = fields?.GetValueOrDefault("product_id", "").Trim();
        if (fields is null || product is not { Length: > 0 and <= MaxProductLength } || product.Any(char.IsControl)
            || !decimal.TryParse(fields.GetValueOrDefault("quantity", "1"), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var quantity)
            || quantity is <= 0 or > MaxQuantity)
            return PlainAnswers.Fail(StatusCodes.Status400BadRequest, "Send customer_id, product_id and quantity, a number above 0, as a form or as JSON.");
        if (!long.TryParse(fields.GetValueOrDefault("customer_id"), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            || await numbers.Customer(number, stop) is not { } customer
            || await CustomerCards.Card(context, customer) is not { DeletedAt: null } card
            || !context.Actor().May(RecordAction.Read, RecordKinds.Customer, card.Whose))
            return PlainAnswers.Fail(StatusCodes.Status404NotFound);
        if (await Product(context, numbers, product) is not { } article) return PlainAnswers.Fail(StatusCodes.Status503ServiceUnavailable, "Send it again.");
        var line = new JsonObject { ["product"] = article.Id, ["quantity"] = quantity };
        if (!article.IsPriced) line["price"] = "0";
        var (id, refusal) = Made(context, await RecordWrites.Create(
            context, RecordKind.Order, new JsonObject { ["customer"] = customer, ["status"] = "placed", ["lines"] = new JsonArray(line) }));
        if (id is null) return refusal;
        await numbers.AddSale(id, number, product, quantity, stop);
        return PlainAnswers.Success;
    }

    private static async Task<IResult> Sales(HttpContext context, PlainNumbers numbers)
    {
        if (After(context) is not { } after) return PlainAnswers.Fail(StatusCodes.Status400BadRequest, "after is a number.");
        var found = await numbers.Sales(context.Actor().Reach(RecordAction.Read, RecordKinds.Order), after, MaxListed + 1, context.RequestAborted);
        var hidden = context.Actor().Of(RecordKinds.Order).Hidden;
        return Page(context, found, s => s.Id, s =>
        {
            var json = new JsonObject { ["id"] = s.Id };
            if (!hidden.Contains("customer")) json["customer_id"] = s.Customer;
            if (hidden.Contains("lines")) return json;
            json["product_id"] = long.TryParse(s.Product, NumberStyles.None, CultureInfo.InvariantCulture, out var plain)
                && plain.ToString(CultureInfo.InvariantCulture) == s.Product ? plain : s.Product;
            json["quantity"] = s.Quantity;
            return json;
        });
    }

    /// <summary>The product with a code; one that nobody knows yet becomes a draft without a price, made for whoever sells it.</summary>
    private static async Task<(string Id, bool IsPriced)?> Product(HttpContext context, PlainNumbers numbers, string code)
    {
        if (await numbers.Product(code, context.RequestAborted) is null)
        {
            var draft = new JsonObject { ["name"] = code, ["code"] = code, ["status"] = "draft" };
            await RecordWrites.Grain(context, RecordKind.Product, RecordWrites.NewId(context, RecordKind.Product))
                .Create(draft.ToJsonString(), RecordCommands.Cause(context)).WaitAsync(context.RequestAborted);
        }

        // Somebody else may have made it at the same moment.
        if (await numbers.Product(code, context.RequestAborted) is not { } id) return null;
        var product = await RecordWrites.Grain(context, RecordKind.Product, id).Get().WaitAsync(context.RequestAborted);
        return product is null ? null : (id, JsonNode.Parse(product.Fields)!["price"] is not null);
    }

    private static (string? Id, IResult Refusal) Made(HttpContext context, IResult result)
    {
        var id = RecordWrites.MadeId(context);
        context.Response.Headers.Remove("Location");
        context.Response.Headers.Remove("ETag");
        if (result is Problem problem) return (null, PlainAnswers.Of(problem));
        return id is null ? (null, PlainAnswers.Fail(StatusCodes.Status503ServiceUnavailable, "Send it again.")) : (id, PlainAnswers.Success);
    }

    private static long? After(HttpContext context) => context.Request.Query["after"].ToString() switch
    {
        "" => 0,
        var text when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var after) => after,
        _ => null,
    };

    private static IResult Page<T>(HttpContext context, IReadOnlyList<T> found, Func<T, long> number, Func<T, JsonObject> json)
    {
        var page = found.Take(MaxListed).ToArray();
        if (found.Count > MaxListed)
            context.Response.Headers.Link = string.Create(CultureInfo.InvariantCulture, $"<{context.Request.Path}?after={number(page[^1])}>; rel=\"next\"");
        context.Response.Headers.CacheControl = "private, no-cache";
        return Results.Json(new JsonArray([.. page.Select(p => (JsonNode)json(p))]), RecordJson.Options);
    }
}
