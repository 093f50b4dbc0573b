using Crm.Documentation;
using Crm.Hosting;

namespace Crm.Access;

/// <summary>What people may say of themselves.</summary>
/// <param name="Name">What others call one.</param>
/// <param name="Language">One of those that the CRM speaks.</param>
internal sealed record OwnChange(string? Name, string? Language);

/// <summary>A person changes the own name and language; all else an administrator changes.</summary>
internal static class OwnProfile
{
    public static void MapOwnProfile(this IEndpointRouteBuilder own) =>
        own.MapPatch("/me", Change).WithName("changeMe").WithSummary("Changes your name and language, by a merge-patch").Takes<OwnChange>().Produces<UserView>()
            .ProducesProblem(StatusCodes.Status412PreconditionFailed).ProducesProblem(StatusCodes.Status422UnprocessableEntity);

    private static async Task<IResult> Change(HttpContext context, Users users, PeopleDirectory people, AccessWatch watch)
    {
        var (body, problem) = await RecordRequests.Object(context.Request);
        if (body is null) return problem!;
        if (await users.Get(context.Actor().User!, context.RequestAborted) is not { } user) return PeopleEndpoints.Unknown;
        if (RecordRequests.IfMatch(context.Request) is { } version && version != user.RecordVersion) return RecordRequests.Stale;
        var wish = PeopleEndpoints.Apply(user, body, people, out var errors);
        foreach (var (name, _) in body)
            if (name is not ("name" or "language")) errors[name] = $"{name}: Only an administrator may change it.";
        if (errors.Count > 0) return RecordRequests.BadFields(errors);
        if (await users.Update(wish, context.Cause(), context.RequestAborted) is not { } changed) return RecordRequests.Stale;
        await watch.Look(context.RequestAborted);
        return RecordRequests.Record(context, UserView.Of(changed), changed.RecordVersion);
    }
}
