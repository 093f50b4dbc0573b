using Crm.Documentation;
using Crm.Hosting;

namespace Crm.Access;

/// <summary>A person's wish for another password: the one that works now, and the new one.</summary>
internal sealed record PasswordChange(string OldPassword, string Password);

/// <summary>A person changes the own password.</summary>
internal static class OwnPassword
{
    private static readonly Problem s_wrong = new(
        StatusCodes.Status403Forbidden, "wrong-password", "The old password is another one.",
        "Send the password that you sign in with as oldPassword. An administrator can make a link by which you choose another one.");

    public static void MapOwnPassword(this IEndpointRouteBuilder own) =>
        own.MapPost("/me/password", Change).WithName("changePassword").WithSummary("Changes your password, and signs you out everywhere else")
            .RequireRateLimiting(SignInEndpoints.Limit).Takes<PasswordChange>().Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status403Forbidden).ProducesProblem(StatusCodes.Status422UnprocessableEntity)
            .ProducesProblem(StatusCodes.Status429TooManyRequests);

    private static async Task<IResult> Change(HttpContext context, Users users, PeopleDirectory people, AccessWatch watch, SignInLimits limits)
    {
        var (body, problem) = await RecordRequests.Object(context.Request);
        if (body is null) return problem!;
        var user = people.User(context.Actor().User!)!;
        var errors = new Dictionary<string, string>(StringComparer.Ordinal);
        var (old, password) = (SourceFields.Text(body["oldPassword"]), SourceFields.Text(body["password"]));
        if (old is null) errors["oldPassword"] = "oldPassword: It is needed.";
        if (password is null) errors["password"] = "password: It is needed.";
        else if (Passwords.Problem(password, user.UserName) is { } weak) errors["password"] = "password: " + weak;
        if (errors.Count > 0) return RecordRequests.BadFields(errors);
        var here = context.Features.Get<UserSession>()!;
        var end = await users.ChangePassword(user.UserName, old!, password!, here.Id, context.Cause(), context.RequestAborted);
        if (end != SignInEnd.Done) return end is SignInEnd.Locked or SignInEnd.Locks ? Locked(limits) : s_wrong;
        await watch.Look(context.RequestAborted);
        return Results.NoContent();
    }

    private static Problem Locked(SignInLimits limits) => new(
        StatusCodes.Status429TooManyRequests, "locked", "Nobody comes in for a while.", limits.Wait, (int)limits.LockedFor.TotalSeconds);
}
