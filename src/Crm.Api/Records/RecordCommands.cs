using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Hosting;

namespace Crm.Records;

/// <summary>Commands of a kind's own: who may, in which version, and what is answered.</summary>
internal static class RecordCommands
{
    /// <summary>Tries of a command that names no version and meets changes.</summary>
    private const int MaxTries = 100;

    public static readonly Problem Missing = new(
        StatusCodes.Status404NotFound, "not-found", "There is no such record.", "It may be in the trash, or not yours to see.");

    public static readonly Problem Forbidden = new(
        StatusCodes.Status403Forbidden, "forbidden", "Your role may not change this record.", "An administrator can change what your role may do.");

    public static readonly Problem NotKnown = new(
        StatusCodes.Status503ServiceUnavailable, "not-known", "It is not known whether it was stored.", "Send the same request again after the pause.", 1);

    /// <summary>Answers 503, in words, while no silo does what the endpoints ask for.</summary>
    public static RouteGroupBuilder NeedsSilo(this RouteGroupBuilder group) => group.AddEndpointFilter(async (call, next) =>
    {
        try
        {
            return await next(call);
        }
        catch (Exception failure) when (SiloLink.IsAbsence(failure) && !call.HttpContext.RequestAborted.IsCancellationRequested)
        {
            return Clickstream.PartitionReads.NoSilo;
        }
        catch (Customers.StoreUnavailableException)
        {
            return NotKnown;
        }
    });

    /// <summary>A record that who asks may read; else the problem.</summary>
    public static async Task<(RecordState? Record, Problem? Problem)> Find(HttpContext context, string kind, string id)
    {
        var record = await context.RequestServices.GetRequiredService<IGrainFactory>().Record(kind, id).Get().WaitAsync(context.RequestAborted);
        return record is { DeletedAt: null } && context.Actor().May(RecordAction.Read, kind, record.Whose) ? (record, null) : (null, Missing);
    }

    /// <summary>Runs one and answers the record as it is then.</summary>
    /// <param name="then">What is to be done at once when it was made; it is done anyway, but later, should this call die.</param>
    public static async Task<IResult> Run(
        HttpContext context, string kind, string id, string command, JsonObject arguments, Func<IGrainFactory, Task>? then = null)
    {
        var grains = context.RequestServices.GetRequiredService<IGrainFactory>();
        var (wanted, cause) = (RecordJson.IfMatch(context.Request), Cause(context));
        for (var attempt = 0; attempt < MaxTries; attempt++)
        {
            var (record, problem) = await Find(context, kind, id);
            if (record is null) return problem!;
            if (!context.Actor().May(RecordAction.Edit, kind, record.Whose)) return Forbidden;

            // Decided for this version: a record that was handed to somebody else meanwhile is looked at anew.
            var answer = await grains.Record(kind, id)
                .Do(command, arguments.ToJsonString(), wanted ?? record.RecordVersion, cause).WaitAsync(context.RequestAborted);
            if (answer.Refusal == RecordRefusal.Stale && wanted is null) continue;
            if (then is null || answer.Refusal != RecordRefusal.None) return Answer(context, answer);
            await then(grains).WaitAsync(context.RequestAborted);
            return Answer(context, answer with { Record = await grains.Record(kind, id).Get().WaitAsync(context.RequestAborted) });
        }

        return RecordRequests.Stale;
    }

    /// <summary>What a command's answer is over HTTP.</summary>
    public static IResult Answer(HttpContext context, RecordAnswer answer) => answer.Refusal switch
    {
        RecordRefusal.None => Record(context, answer.Record!),
        RecordRefusal.Stale => Stale(context, answer.Record!, null),
        RecordRefusal.BadFields => RecordRequests.BadFields(answer.Errors!),
        RecordRefusal.Taken => Taken(answer.Errors!),
        RecordRefusal.Refused => new Problem(StatusCodes.Status409Conflict, "refused", "The record as it is does not allow that.", answer.Why!),
        RecordRefusal.Unknown => NotKnown,
        _ => Missing,
    };

    /// <summary>Somebody changed the record meanwhile: 412 with the record as it is, where who asks may see it, and what was sent.</summary>
    public static Problem Stale(HttpContext context, RecordState record, JsonObject? sent) => RecordRequests.Stale with
    {
        Current = context.Actor().May(RecordAction.Read, record.Kind, record.Whose) ? RecordJson.Of(record, context.Actor(), context.Fields(record.Kind)) : null,
        Sent = (JsonObject?)sent?.DeepClone(),
    };

    /// <summary>Another record has what only one may have.</summary>
    public static Problem Taken(IReadOnlyDictionary<string, string> errors) => new(
        StatusCodes.Status409Conflict, "taken", "Another record has that.", string.Join(' ', errors.Values))
    {
        Errors = errors.ToDictionary(e => e.Key, e => new[] { e.Value }),
    };

    /// <summary>
    /// Who changes something, and from where. With an Idempotency-Key the same request has the same cause: one that was stored although
    /// nobody was told is known when it comes again.
    /// </summary>
    public static ChangeCause Cause(HttpContext context)
    {
        var key = context.Request.Headers[Idempotency.Header].ToString();
        var cause = key.Length == 0 ? Guid.NewGuid() : new Guid(Once(context, key)[..16]);
        return new ChangeCause(context.Actor().Name, context.Connection.RemoteIpAddress?.ToString(), cause);
    }

    /// <summary>A hash that is the same for the same caller, request and Idempotency-Key.</summary>
    public static byte[] Once(HttpContext context, string key) =>
        SHA256.HashData(Encoding.UTF8.GetBytes($"{context.Actor().Name}\n{context.Request.Method} {context.Request.Path}\n{key}"));

    /// <summary>The record, as far as who asks may see it.</summary>
    public static IResult Record(HttpContext context, RecordState record, int status = StatusCodes.Status200OK)
    {
        context.Response.Headers.ETag = RecordJson.ETag(record.RecordVersion, record.Version);
        context.Response.Headers.CacheControl = "private, no-cache";
        var readable = context.Actor().May(RecordAction.Read, record.Kind, record.Whose);
        return Results.Json(readable ? RecordJson.Of(record, context.Actor(), context.Fields(record.Kind)) : RecordJson.IdOf(record), RecordJson.Options, statusCode: status);
    }
}
