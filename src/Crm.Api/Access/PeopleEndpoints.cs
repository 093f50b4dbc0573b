using System.Text.Json.Nodes;
using Crm.Documentation;
using Crm.Hosting;

namespace Crm.Access;

/// <summary>A user as it is answered. <paramref name="Link"/>: the token of a one-time link, only in the answer that makes it.</summary>
internal record UserView(
    string Id, string UserName, string Name, string? Email, string Role, string? Team, string Language, bool Enabled, bool Invited,
    DateTimeOffset? SignedInAt, DateTimeOffset CreatedAt, long RecordVersion,
    [property: System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)] string? Link)
{
    public static UserView Of(CrmUser user, string? link = null) => new(
        user.Id, user.UserName, user.Name, user.Email, user.Role, user.Team, user.Language, user.Enabled, !user.HasPassword,
        user.SignedInAt, user.CreatedAt, user.RecordVersion, link);
}

/// <summary>Who is signed in, and what that one may do.</summary>
/// <param name="User">The user.</param>
/// <param name="RoleName">What the user's role is called.</param>
/// <param name="TeamsBelow">The user's team and all below it.</param>
/// <param name="Administers">May do everything.</param>
/// <param name="Rights">What the role says, by kind of record.</param>
internal sealed record MeView([property: System.Text.Json.Serialization.JsonIgnore] UserView User, string RoleName, IReadOnlyList<string> TeamsBelow, bool Administers, IReadOnlyDictionary<string, KindRights> Rights) : UserView(User);

/// <summary>Somebody who works here, as colleagues know them.</summary>
internal sealed record ColleagueView(string Id, string Name, string UserName, string? Team);

/// <summary>What may be said of a user.</summary>
internal sealed record UserFields(string? UserName, string? Name, string? Email, string? Role, string? Team, string? Language, bool? Enabled);

/// <summary>A team as it is answered.</summary>
internal sealed record TeamView(string Id, string Name, string? Parent, long RecordVersion);

/// <summary>What may be said of a team.</summary>
internal sealed record TeamFields(string Name, string? Parent);

/// <summary>Where a user is signed in.</summary>
internal sealed record SessionView(Guid Id, DateTimeOffset CreatedAt, DateTimeOffset UsedAt, string? Address, string? Agent, bool IsThis);

/// <summary>People of the CRM by those who may administer them, and what each may know of oneself.</summary>
internal static class PeopleEndpoints
{
    public static readonly Problem Unknown = new(
        StatusCodes.Status404NotFound, "user-unknown", "There is no such user.", "GET /api/v1/users lists them.");

    public static readonly Problem LastAdministrator = new(
        StatusCodes.Status409Conflict, "last-administrator", "Nobody else could administer.", "Make somebody else an administrator first.");

    private const int MaxColleagues = 20;

    /// <summary>People that are asked for by id at once: as many as a page of records has.</summary>
    private const int MaxNamed = 200;

    private static readonly Problem s_taken = new(
        StatusCodes.Status409Conflict, "taken", "The user name is taken, or there are too many users.", "Choose another one.");

    public static void MapUsers(this IEndpointRouteBuilder routes)
    {
        var own = routes.MapGroup("/api/v1").WithTags("People").RequireAuthorization(Policies.Person);
        own.MapGet("/me", Me).WithName("getMe").WithSummary("Who is signed in, and what that one may do").Produces<MeView>();
        own.MapGet("/people", Colleagues).WithName("listPeople").WithSummary("Names of those who work here, for owners and mentions; with q those whose name holds it, with ids those")
            .Produces<PageOf<ColleagueView>>();
        var signedIn = routes.MapGroup("/api/v1").WithTags("People").RequireAuthorization(Policies.SignedIn);
        signedIn.MapOwnPassword();
        signedIn.MapOwnProfile();
        signedIn.MapGet("/sessions", Sessions).WithName("listSessions").WithSummary("Where you are signed in").Produces<SessionView[]>();
        signedIn.MapDelete("/sessions/{id:guid}", EndSession).WithName("endSession").WithSummary("Signs you out in one place").Produces(StatusCodes.Status204NoContent);
        routes.MapTokens();
        var people = routes.MapGroup("/api/v1").WithTags("People").RequireAuthorization(Policies.ManagePeople);
        people.MapGet("/users", List).WithName("listUsers").WithSummary("All users").Produces<UserView[]>();
        people.MapPost("/users", Invite).WithName("inviteUser").WithSummary("Makes a user, and a link by which the person chooses a password")
            .Takes<UserFields>().Produces<UserView>(StatusCodes.Status201Created).ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        people.MapGet("/users/{id}", Get).WithName("getUser").WithSummary("A user").Produces<UserView>().ProducesProblem(StatusCodes.Status404NotFound);
        people.MapPatch("/users/{id}", Patch).WithName("patchUser").WithSummary("Changes a user; enabled: false signs out everywhere")
            .Takes<UserFields>().Produces<UserView>().ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status412PreconditionFailed).ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        people.MapPost("/users/{id}/reset", Reset).WithName("resetUser").WithSummary("A link by which the person chooses another password")
            .Produces<UserView>().ProducesProblem(StatusCodes.Status404NotFound);
        people.MapRoles();
        people.MapGet("/teams", Teams).WithName("listTeams").WithSummary("All teams").Produces<TeamView[]>();
        people.MapPut("/teams/{id}", PutTeam).WithName("putTeam").WithSummary("Makes a team, or changes it").Takes<TeamFields>().Produces<TeamView>()
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        people.MapEndings();
    }

    private static IResult Me(HttpContext context, PeopleDirectory people)
    {
        var actor = context.Actor();
        var user = people.User(actor.User!)!;
        return Results.Ok(new MeView(UserView.Of(user), people.RoleName(user.Role), actor.TeamsBelow, actor.Administers, actor.Rights));
    }

    private static IResult Colleagues(PeopleDirectory people, string? q, string? ids)
    {
        var found = ids is null ? people.Named(q ?? "", MaxColleagues) : ids.Split(',').Distinct().Take(MaxNamed).Select(people.User).OfType<CrmUser>();
        return Results.Ok(new PageOf<ColleagueView>([.. found.Select(u => new ColleagueView(u.Id, u.Name, u.UserName, u.Team))], null));
    }

    private static async Task<IResult> Sessions(HttpContext context, Sessions sessions)
    {
        var here = context.Features.Get<UserSession>()!;
        var all = await sessions.Of(here.User, context.RequestAborted);
        return Results.Ok(all.Select(s => new SessionView(s.Id, s.CreatedAt, s.UsedAt, s.Address, s.Agent, s.Id == here.Id)));
    }

    private static async Task<IResult> EndSession(Guid id, HttpContext context, Sessions sessions, SignedIn signedIn)
    {
        await sessions.End(context.Actor().User!, id, context.Cause(), context.RequestAborted);
        signedIn.Recheck();
        return Results.NoContent();
    }

    private static async Task<IResult> List(HttpContext context, Users users) =>
        Results.Ok((await users.List(context.RequestAborted)).Select(u => UserView.Of(u)));

    private static async Task<IResult> Get(string id, HttpContext context, Users users) =>
        await users.Get(id, context.RequestAborted) is { } user ? RecordRequests.Record(context, UserView.Of(user), user.RecordVersion) : Unknown;

    private static async Task<IResult> Invite(HttpContext context, Users users, OneTimeLinks links, PeopleDirectory people, AccessWatch watch)
    {
        var (body, problem) = await RecordRequests.Object(context.Request);
        if (body is null) return problem!;
        var wish = Apply(new CrmUser(CrmUser.NewId(), "", "", ""), body, people, out var errors);
        if (errors.Count > 0) return RecordRequests.BadFields(errors);
        if (await users.Create(wish, null, context.Cause(), stop: context.RequestAborted) is not { } made) return s_taken;
        await watch.Look(context.RequestAborted);
        var link = await links.Make(LinkPurpose.Invite, made.Id, context.Cause(), context.RequestAborted);
        context.Response.Headers.CacheControl = "no-store";
        return Results.Created("/api/v1/users/" + made.Id, UserView.Of(made, link));
    }

    private static async Task<IResult> Patch(string id, HttpContext context, Users users, PeopleDirectory people, AccessWatch watch)
    {
        var (body, problem) = await RecordRequests.Object(context.Request);
        if (body is null) return problem!;
        if (await users.Get(id, context.RequestAborted) is not { } user) return Unknown;
        if (RecordRequests.IfMatch(context.Request) is { } version && version != user.RecordVersion) return RecordRequests.Stale;
        var wish = Apply(user, body, people, out var errors);
        if (errors.Count > 0) return RecordRequests.BadFields(errors);
        CrmUser? changed;
        try
        {
            changed = await users.Update(wish, context.Cause(), context.RequestAborted);
        }
        catch (LastAdministratorException)
        {
            return LastAdministrator;
        }

        if (changed is null) return wish.UserName == user.UserName ? RecordRequests.Stale : s_taken;
        await watch.Look(context.RequestAborted);
        return RecordRequests.Record(context, UserView.Of(changed), changed.RecordVersion);
    }

    private static async Task<IResult> Reset(string id, HttpContext context, Users users, OneTimeLinks links)
    {
        if (await users.Get(id, context.RequestAborted) is not { } user) return Unknown;
        var link = await links.Make(user.HasPassword ? LinkPurpose.Reset : LinkPurpose.Invite, id, context.Cause(), context.RequestAborted);
        context.Response.Headers.CacheControl = "no-store";
        return Results.Ok(UserView.Of(user, link));
    }

    private static async Task<IResult> Teams(HttpContext context, Roles roles) =>
        Results.Ok((await roles.Teams(context.RequestAborted)).Select(t => new TeamView(t.Id, t.Name, t.Parent, t.RecordVersion)));

    private static async Task<IResult> PutTeam(string id, HttpContext context, Roles roles, AccessWatch watch)
    {
        var (body, problem) = await RecordRequests.Object(context.Request);
        if (body is null) return problem!;
        var (name, parent) = (SourceFields.Text(body["name"])?.Trim(), SourceFields.Text(body["parent"]));
        var made = name is { Length: > 0 and <= 100 } && id.Length <= 100 && !id.Any(char.IsControl)
            ? await roles.PutTeam(new Team(id, name, parent), context.Cause(), context.RequestAborted)
            : null;
        if (made is null)
            return RecordRequests.BadFields(new Dictionary<string, string> { ["name"] = "name: It has 1 to 100 characters; parent is a team that does not stand below this one." });
        await watch.Look(context.RequestAborted);
        return RecordRequests.Record(context, new TeamView(made.Id, made.Name, made.Parent, made.RecordVersion), made.RecordVersion);
    }

    /// <summary>The user with the changes; look at <paramref name="errors"/> before using it.</summary>
    public static CrmUser Apply(CrmUser user, JsonObject body, PeopleDirectory people, out Dictionary<string, string> errors)
    {
        var wrong = errors = new Dictionary<string, string>(StringComparer.Ordinal);
        string? Take(string name, string? before) => body.ContainsKey(name) ? SourceFields.Text(body[name])?.Trim() : before;
        void Check(bool holds, string name, string what)
        {
            if (!holds) wrong[name] = $"{name}: {what}";
        }

        var userName = Take("userName", user.UserName);
        var changed = user with
        {
            UserName = userName ?? "",
            Name = Take("name", user.Name.Length == 0 ? userName : user.Name) ?? "",
            Email = Take("email", user.Email),
            Role = Take("role", user.Role) ?? "",
            Team = Take("team", user.Team),
            Language = Take("language", user.Language) ?? "",
            Enabled = body["enabled"] is JsonValue flag && flag.TryGetValue(out bool on) ? on : user.Enabled,
        };
        Check(CrmUser.IsUserName(changed.UserName), "userName", $"It has 1 to {CrmUser.MaxUserNameLength} visible characters and no blanks.");
        Check(changed.Name.Length is > 0 and <= CrmUser.MaxNameLength && !changed.Name.Any(char.IsControl), "name", $"It has 1 to {CrmUser.MaxNameLength} visible characters.");
        Check(changed.Email is null or { Length: > 2 and <= 320 } && changed.Email?.Contains('@', StringComparison.Ordinal) is not false, "email", "It is an email address.");
        Check(people.HasRole(changed.Role), "role", "GET /api/v1/roles lists what it may be.");
        Check(changed.Team is null || people.Team(changed.Team) is not null, "team", "GET /api/v1/teams lists what it may be.");
        Check(CrmUser.Languages.Contains(changed.Language), "language", $"It is one of {string.Join(", ", CrmUser.Languages)}.");
        foreach (var (name, _) in body) Check(name is "userName" or "name" or "email" or "role" or "team" or "language" or "enabled", name, "There is no such field.");
        return changed;
    }
}
