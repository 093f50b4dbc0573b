using System.Text.Json.Nodes;
using Crm.Hosting;
using Crm.Records;

namespace Crm.Access;

/// <summary>
/// Hands all records of somebody over: each by an edit of its own, so that grains, audit and versions are as after any edit. Whatever
/// stops it in the middle, the same request goes on. What lies in the trash stays with whom it was.
/// </summary>
internal static class Handover
{
    /// <summary>Records of one request: some seconds.</summary>
    public const int MostAtOnce = 2_000;

    private const int Page = 200;
    private const int Together = 8;

    /// <summary>Null when nothing is left; else what to answer: who has records, and no heir was named, or that there are more.</summary>
    /// <param name="patch">The edit; null when there is no heir.</param>
    public static async Task<IResult?> Empty(HttpContext context, Reach whose, JsonObject? patch, string what)
    {
        var lists = context.RequestServices.GetRequiredService<RecordLists>();
        if (patch is null) return await InUse(lists, whose, what, context.RequestAborted);
        var moved = 0L;
        foreach (var kind in RecordKind.All)
        {
            while (true)
            {
                var (page, _) = await lists.Page(new RecordQuery(kind, whose) { Limit = Page }, context.RequestAborted);
                if (page.Count == 0) break;
                if (moved >= MostAtOnce)
                    return Results.Json(new HandoverView(moved, "There are more records. Send the same request again."), statusCode: StatusCodes.Status202Accepted);
                foreach (var some in page.Chunk(Together))
                {
                    var answers = await Task.WhenAll(some.Select(r => Move(context, kind, r.State.Id, patch)));
                    if (answers.FirstOrDefault(a => a is not null) is { } refused) return refused;
                }

                moved += page.Count;
            }
        }

        return null;
    }

    private static async Task<Problem?> Move(HttpContext context, RecordKind kind, string id, JsonObject patch)
    {
        var answer = await RecordWrites.Grain(context, kind, id).Edit(patch.ToJsonString(), null, RecordCommands.Cause(context) with { IsOneOfMany = true }).WaitAsync(context.RequestAborted);
        return answer.Refusal is RecordRefusal.None or RecordRefusal.Missing ? null : new Problem(
            StatusCodes.Status409Conflict, "not-handed-over", $"The {kind.Name} {id} could not be handed over.",
            $"{answer.Why} {string.Join(' ', answer.Errors?.Values ?? [])} Mend it, and send the same request again: what was handed over stays so.");
    }

    private static async Task<Problem?> InUse(RecordLists lists, Reach whose, string what, CancellationToken stop)
    {
        var counts = new List<string>();
        foreach (var kind in RecordKind.All)
            if (await lists.Count(new RecordQuery(kind, whose), stop) is > 0 and var count) counts.Add($"{count} {(count == 1 ? kind.Name : kind.Plural)}");
        return counts.Count == 0 ? null : new Problem(
            StatusCodes.Status409Conflict, "in-use", $"The {what} has {string.Join(", ", counts)}.", $"Name another {what} in transferTo, which gets them, or hand them over first.");
    }
}
