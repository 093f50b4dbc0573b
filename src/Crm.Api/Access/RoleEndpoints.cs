using System.Text.Json;
using System.Text.Json.Nodes;
using Crm.Documentation;
using Crm.Hosting;
using Crm.Records;

namespace Crm.Access;

/// <summary>A role as it is answered.</summary>
internal sealed record RoleView(string Id, string Name, bool Administers, IReadOnlyDictionary<string, KindRights> Rights, long RecordVersion)
{
    public static RoleView Of(Role role) => new(role.Id, role.Name, role.Administers, role.Rights, role.RecordVersion);
}

/// <summary>What a role is to be.</summary>
/// <param name="Rights">By kind of record: <c>create</c>, the scopes <c>read</c>, <c>edit</c>, <c>delete</c>, <c>export</c>, and the fields <c>hidden</c> and <c>readOnly</c>.</param>
internal sealed record RoleFields(string Name, bool? Administers, IReadOnlyDictionary<string, KindRights>? Rights);

/// <summary>Roles: what people who share a kind of work may do.</summary>
internal static class RoleEndpoints
{
    private const int MaxIdLength = 50;
    private const int MaxNameLength = 100;

    private static readonly Problem s_unknown = new(
        StatusCodes.Status404NotFound, "role-unknown", "There is no such role.", "GET /api/v1/roles lists them.");

    private static readonly Problem s_fixed = new(
        StatusCodes.Status409Conflict, "role-fixed", "The administrator's role stays as it is.", "Make another role, and give it to people.");

    private static readonly JsonSerializerOptions s_rights = new(JsonSerializerDefaults.Web)
    {
        PropertyNameCaseInsensitive = false,
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
    };

    public static void MapRoles(this RouteGroupBuilder people)
    {
        people.MapGet("/roles", List).WithName("listRoles").WithSummary("All roles, and what each may do").Produces<RoleView[]>();
        people.MapPut("/roles/{id}", Put).WithName("putRole").WithSummary("Makes a role, or changes all of it; If-Match with its version guards against another's change")
            .Takes<RoleFields>().Produces<RoleView>().ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status412PreconditionFailed)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        people.MapDelete("/roles/{id}", Delete).WithName("deleteRole").WithSummary("Deletes a role that nobody has").Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<IResult> List(HttpContext context, Roles roles) => Results.Ok((await roles.List(context.RequestAborted)).Select(RoleView.Of));

    private static async Task<IResult> Put(string id, HttpContext context, Roles roles, AccessWatch watch)
    {
        var (body, problem) = await RecordRequests.Object(context.Request);
        if (body is null) return problem!;
        if (id == Role.Administrator) return s_fixed;
        var wish = Wish(id, body, out var errors);
        if (errors.Count > 0) return RecordRequests.BadFields(errors);
        var before = (await roles.List(context.RequestAborted)).FirstOrDefault(r => r.Id == id);
        if (RecordRequests.IfMatch(context.Request) is { } version && version != (before?.RecordVersion ?? 0)) return RecordRequests.Stale;
        try
        {
            if (await roles.Put(wish with { RecordVersion = before?.RecordVersion ?? 1 }, before is null, context.Cause(), context.RequestAborted) is not { } put) return RecordRequests.Stale;
            await watch.Look(context.RequestAborted);
            return RecordRequests.Record(context, RoleView.Of(put), put.RecordVersion);
        }
        catch (LastAdministratorException)
        {
            return PeopleEndpoints.LastAdministrator;
        }
    }

    private static async Task<IResult> Delete(string id, HttpContext context, Roles roles, Users users, AccessWatch watch)
    {
        if (id == Role.Administrator) return s_fixed;
        if (!await roles.Delete(id, context.Cause(), context.RequestAborted))
        {
            var having = (await users.List(context.RequestAborted)).Count(u => u.Role == id);
            return having == 0 ? s_unknown : new Problem(
                StatusCodes.Status409Conflict, "role-in-use", $"{having} users have this role.", "Give them another one first: PATCH /api/v1/users/{id} with role.");
        }

        await watch.Look(context.RequestAborted);
        return Results.NoContent();
    }

    private static Role Wish(string id, JsonObject body, out Dictionary<string, string> errors)
    {
        errors = new Dictionary<string, string>(StringComparer.Ordinal);
        var name = SourceFields.Text(body["name"])?.Trim() ?? "";
        if (id.Length > MaxIdLength || !id.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_'))
            errors["id"] = $"id: It has 1 to {MaxIdLength} small letters, digits, - and _.";
        if (name.Length is 0 or > MaxNameLength || name.Any(char.IsControl)) errors["name"] = $"name: It has 1 to {MaxNameLength} visible characters.";
        var administers = false;
        if (body["administers"] is { } flag && !(flag is JsonValue value && value.TryGetValue(out administers))) errors["administers"] = "administers: It is true or false.";
        foreach (var (field, _) in body)
            if (field is not ("name" or "administers" or "rights")) errors[field] = $"{field}: There is no such field.";
        return new Role(id, name) { Administers = administers, Rights = Rights(body["rights"], errors) };
    }

    private static Dictionary<string, KindRights> Rights(JsonNode? given, Dictionary<string, string> errors)
    {
        var rights = new Dictionary<string, KindRights>(StringComparer.Ordinal);
        if (given is not (null or JsonObject)) errors["rights"] = "rights: It is an object of kinds.";
        foreach (var (kind, of) in given as JsonObject ?? [])
        {
            var path = "rights." + kind;
            if (RecordKind.All.FirstOrDefault(k => k.Name == kind) is not { } known)
            {
                errors[path] = $"{path}: There is no such kind; there are {string.Join(", ", RecordKinds.All)}.";
                continue;
            }

            try
            {
                rights[kind] = of.Deserialize<KindRights>(s_rights) ?? KindRights.Nothing;
            }
            catch (JsonException wrong)
            {
                errors[path] = $"{path}: It has create (true or false), read, edit, delete, export (none, own, team, below or all), hidden and readOnly (fields). {wrong.Message}";
                continue;
            }

            foreach (var field in rights[kind].Hidden.Concat(rights[kind].ReadOnly))
                if (known.Rule(field) is null && !field.StartsWith(CustomField.Prefix, StringComparison.Ordinal)) errors[path] = $"{path}: A {kind} has no field {field}.";
        }

        return rights;
    }
}
