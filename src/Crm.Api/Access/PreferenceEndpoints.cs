using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Crm.Documentation;
using Crm.Hosting;

namespace Crm.Access;

/// <summary>A preference: a document by its name.</summary>
/// <param name="Value">Any JSON but null.</param>
internal sealed record PreferenceView(string Name, JsonElement Value);

/// <summary>All preferences of a user.</summary>
internal sealed record PreferenceList(IReadOnlyList<PreferenceView> Items);

/// <summary>What is to be kept.</summary>
internal sealed record PreferenceValue(JsonElement Value);

/// <summary>How somebody wants the pages to be, such as which columns a list shows: each one's own alone, whatever the browser.</summary>
internal static class PreferenceEndpoints
{
    private const int MaxDepth = 32;

    private const string Example = """{"name":"list.deal","value":{"columns":["name","amount","closeDate"]}}""";

    private static readonly Problem s_unknown = new(
        StatusCodes.Status404NotFound, "preference-unknown", "You keep nothing of this name.", "GET /api/v1/me/preferences lists what you keep.");

    private static readonly Problem s_name = RecordRequests.BadQuery($"A name has 1 to {UserPreferences.MaxNameLength} small letters, digits, dots and hyphens.");

    private static readonly Problem s_many = new(
        StatusCodes.Status409Conflict, "too-many", "You keep as many preferences as there may be.", $"There may be {UserPreferences.MaxOfUser}; delete one first.");

    private static readonly Problem s_value = RecordRequests.BadFields(new Dictionary<string, string>
    {
        ["value"] = $"value: Send {{\"value\":...}} with JSON of at most {UserPreferences.MaxBytes / 1024} KB and {MaxDepth} levels.",
    });

    public static void MapPreferences(this IEndpointRouteBuilder routes)
    {
        var own = routes.MapGroup("/api/v1/me/preferences").WithTags("People").RequireAuthorization(Policies.Person);
        own.MapGet("", List).WithName("listMyPreferences").WithSummary("How you want the pages to be")
            .Produces<PreferenceList>().Shows($"{{\"items\":[{Example}]}}");
        own.MapGet("/{name}", Get).WithName("getMyPreference").WithSummary("One of your preferences").Produces<PreferenceView>().Shows(Example)
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound);
        own.MapPut("/{name}", Put).WithName("putMyPreference").WithSummary("Keeps a preference, in place of the one before it").Takes<PreferenceValue>()
            .Produces<PreferenceView>().Shows(Example).ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        own.MapDelete("/{name}", Delete).WithName("deleteMyPreference").WithSummary("Forgets a preference").Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status400BadRequest);
    }

    private static async Task<IResult> List(HttpContext context, UserPreferences preferences)
    {
        context.Response.Headers.CacheControl = "no-store";
        var all = await preferences.All(context.Actor().User!, context.RequestAborted);
        return Results.Ok(new PreferenceList([.. all.Select(p => View(p.Key, p.Value))]));
    }

    private static async Task<IResult> Get(string name, HttpContext context, UserPreferences preferences)
    {
        if (!IsName(name)) return s_name;
        context.Response.Headers.CacheControl = "no-store";
        return await preferences.Get(context.Actor().User!, name, context.RequestAborted) is { } value ? Results.Ok(View(name, value)) : s_unknown;
    }

    private static async Task<IResult> Put(string name, HttpContext context, UserPreferences preferences)
    {
        if (!IsName(name)) return s_name;
        var (body, problem) = await RecordRequests.Object(context.Request);
        if (body is null) return problem!;
        if (body.Count != 1 || body["value"] is not { } given) return s_value;
        var value = given.ToJsonString();
        if (Encoding.UTF8.GetByteCount(value) > UserPreferences.MaxBytes || Depth(given) > MaxDepth) return s_value;
        return await preferences.Put(context.Actor().User!, name, value, context.RequestAborted) ? Results.Ok(View(name, value)) : s_many;
    }

    private static async Task<IResult> Delete(string name, HttpContext context, UserPreferences preferences)
    {
        if (!IsName(name)) return s_name;
        await preferences.Delete(context.Actor().User!, name, context.RequestAborted);
        return Results.NoContent();
    }

    private static PreferenceView View(string name, string value) => new(name, JsonElement.Parse(value));

    private static bool IsName(string name) =>
        name.Length <= UserPreferences.MaxNameLength && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '-');

    private static int Depth(JsonNode? node) => node switch
    {
        JsonObject inside => 1 + inside.Select(m => Depth(m.Value)).DefaultIfEmpty().Max(),
        JsonArray list => 1 + list.Select(Depth).DefaultIfEmpty().Max(),
        _ => 0,
    };
}
