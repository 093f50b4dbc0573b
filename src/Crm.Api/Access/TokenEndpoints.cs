using System.Text.Json.Nodes;
using Crm.Documentation;
using Crm.Hosting;

namespace Crm.Access;

/// <summary>A token as it is answered.</summary>
/// <param name="Token">The token itself: only in the answer that makes it.</param>
/// <param name="Prefix">Its first signs.</param>
internal sealed record TokenView(
    Guid Id, string Name, TokenScope Scope, string Prefix, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, DateTimeOffset? LastUsedAt,
    [property: System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)] string? Token)
{
    public static TokenView Of(UserToken token, string? secret = null) =>
        new(token.Id, token.Name, token.Scope, token.Shown, token.CreatedAt, token.ExpiresAt, token.UsedAt, secret);
}

/// <summary>A token to be made.</summary>
/// <param name="Scope">What of your rights it has: <c>read</c> where it is left out, <c>write</c>, or <c>admin</c> of an administrator.</param>
/// <param name="Days">How long it works, 1 to 366; 90 where it is left out.</param>
internal sealed record TokenCreation(string Name, string? Scope, int? Days);

/// <summary>API tokens of people: one's own, and for administrators those of others.</summary>
internal static class TokenEndpoints
{
    private static readonly Problem s_unknown = new(
        StatusCodes.Status404NotFound, "token-unknown", "There is no such token.", "GET lists them; one that is over is listed no more.");

    private static readonly Problem s_userUnknown = new(
        StatusCodes.Status404NotFound, "user-unknown", "There is no such user.", "GET /api/v1/users lists them.");

    private static readonly Problem s_tooMany = new(
        StatusCodes.Status409Conflict, "too-many-tokens", $"There are {UserToken.MaxPerUser} tokens, as many as can be.", "Delete one that is not used.");

    public static void MapTokens(this IEndpointRouteBuilder routes)
    {
        var own = routes.MapGroup("/api/v1/me/tokens").WithTags("People").RequireAuthorization(Policies.SignedIn);
        own.MapGet("", Own).WithName("listMyTokens").WithSummary("Your API tokens").Produces<TokenView[]>();
        own.MapPost("", Create).WithName("createMyToken").WithSummary("Makes an API token, which acts as you; the answer is the only place where it ever stands")
            .Takes<TokenCreation>().Produces<TokenView>(StatusCodes.Status201Created).ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        own.MapDelete("/{token:guid}", End).WithName("endMyToken").WithSummary("Ends an API token of yours").Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound);
        var all = routes.MapGroup("/api/v1/users/{id}/tokens").WithTags("People").RequireAuthorization(Policies.ManagePeople);
        all.MapGet("", Theirs).WithName("listUserTokens").WithSummary("The API tokens of a user").Produces<TokenView[]>().ProducesProblem(StatusCodes.Status404NotFound);
        all.MapDelete("", EndAll).WithName("endUserTokens").WithSummary("Ends all API tokens of a user").Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound);
        all.MapDelete("/{token:guid}", EndTheirs).WithName("endUserToken").WithSummary("Ends an API token of a user").Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> Own(HttpContext context, UserTokens tokens) => Views(await tokens.Of(context.Actor().User!, context.RequestAborted));

    private static async Task<IResult> Create(HttpContext context, UserTokens tokens)
    {
        var (body, problem) = await RecordRequests.Object(context.Request);
        if (body is null) return problem!;
        var (user, errors) = (context.Actor(), new Dictionary<string, string>(StringComparer.Ordinal));
        var wish = Wish(body, user.Administers, errors);
        if (errors.Count > 0) return RecordRequests.BadFields(errors);
        if (await tokens.Create(user.User!, wish.Name, wish.Scope, TimeSpan.FromDays(wish.Days), context.Cause(), context.RequestAborted) is not { } made) return s_tooMany;
        context.Response.Headers.CacheControl = "no-store";
        return Results.Created("/api/v1/me/tokens/" + made.Token.Id, TokenView.Of(made.Token, made.Secret));
    }

    private static Task<IResult> End(Guid token, HttpContext context, UserTokens tokens, AccessWatch watch) => Ended(context, tokens, watch, context.Actor().User!, token);

    private static async Task<IResult> Theirs(string id, HttpContext context, UserTokens tokens, PeopleDirectory people) =>
        people.User(id) is null ? s_userUnknown : Views(await tokens.Of(id, context.RequestAborted));

    private static async Task<IResult> EndAll(string id, HttpContext context, UserTokens tokens, PeopleDirectory people, AccessWatch watch) =>
        people.User(id) is null ? s_userUnknown : await Ended(context, tokens, watch, id, null);

    private static async Task<IResult> EndTheirs(string id, Guid token, HttpContext context, UserTokens tokens, PeopleDirectory people, AccessWatch watch) =>
        people.User(id) is null ? s_userUnknown : await Ended(context, tokens, watch, id, token);

    private static async Task<IResult> Ended(HttpContext context, UserTokens tokens, AccessWatch watch, string user, Guid? token)
    {
        var ended = await tokens.End(user, token, context.Cause(), context.RequestAborted);
        if (ended == 0 && token is not null) return s_unknown;
        await watch.Look(context.RequestAborted);
        return Results.NoContent();
    }

    private static IResult Views(IReadOnlyList<UserToken> tokens) => Results.Ok(tokens.Select(t => TokenView.Of(t)));

    private static (string Name, TokenScope Scope, int Days) Wish(JsonObject body, bool administers, Dictionary<string, string> errors)
    {
        var name = SourceFields.Text(body["name"])?.Trim() ?? "";
        if (name.Length is 0 or > UserToken.MaxNameLength || name.Any(char.IsControl)) errors["name"] = $"name: It has 1 to {UserToken.MaxNameLength} visible characters.";
        TokenScope? scope = body["scope"] is null ? TokenScope.Read : SourceFields.Text(body["scope"]) switch
        {
            "read" => TokenScope.Read,
            "write" => TokenScope.Write,
            "admin" when administers => TokenScope.Admin,
            _ => null,
        };
        if (scope is null) errors["scope"] = "scope: " + (administers ? "It is read or write, or admin." : "It is read or write; only an administrator's token can have admin.");
        var days = body["days"] is null ? UserToken.Days : SourceFields.Whole(body["days"]);
        if (days is not (>= 1 and <= UserToken.MaxDays)) errors["days"] = $"days: It is a whole number from 1 to {UserToken.MaxDays}.";
        foreach (var (member, _) in body) if (member is not ("name" or "scope" or "days")) errors[member] = $"{member}: A new token has no such field.";
        return (name, scope ?? TokenScope.Read, days ?? UserToken.Days);
    }
}
