using System.Text.Json;
using Crm.Access;
using Crm.Clickstream;
using Crm.Customers;
using Crm.Hosting;

namespace Crm.Privacy;

/// <summary>Erases a person, tells how far that is, and checks the receipt.</summary>
internal static class ErasureEndpoints
{
    private const int MaxBodyBytes = 256 * 1024;

    /// <summary>How long the caller of an erasure waits for its end; it takes a few seconds. Later it asks.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private static readonly Problem s_badRequest = new(
        StatusCodes.Status400BadRequest, "bad-erasure", "The erasure cannot be asked for so.",
        $"suppress is true or false; reason is at most {Erasure.MaxReasonLength} characters, and should not name the person.");

    private static readonly Problem s_badReceipt = new(
        StatusCodes.Status400BadRequest, "bad-receipt", "The body is no receipt.", "Send the receipt of an erasure as it was answered.");

    private static readonly Problem s_unknown = new(
        StatusCodes.Status404NotFound, "erasure-unknown", "There is no erasure with this id.", "The id is in the answer to the DELETE of a customer.");

    private static readonly Problem s_down = new(
        StatusCodes.Status503ServiceUnavailable, "erasure-unavailable", "Erasures cannot be written or read now.",
        "The database does not answer. Send the same request again after the pause: asking twice does no harm.", 2);

    public static void MapErasures(this IEndpointRouteBuilder routes, RouteGroupBuilder customers)
    {
        customers.MapDelete("/{id}", ((RequestDelegate)(context => Erase(context, CustomerEndpoints.IdSegment))).OrAway(s_down)).RequireAuthorization(Policies.Erase);
        var erasures = routes.MapGroup("/v1/erasures").RequireAuthorization(Policies.Read).ExcludeFromDescription();
        erasures.MapGet("/{id}", ((RequestDelegate)Get).OrAway(s_down));
        erasures.MapPost("/verify", ((RequestDelegate)Verify).OrAway(s_down));
    }

    /// <summary>Erases the customer that the path names, and answers how far that is.</summary>
    internal static async Task Erase(HttpContext context, int idSegment)
    {
        if (await Asked(context) is not { } asked)
        {
            await Problems.Write(context, s_badRequest);
            return;
        }

        var id = CustomerEndpoints.Id(context, idSegment);
        if (CustomerReads.Direct(id) is not { } customer)
        {
            var found = await context.RequestServices.GetRequiredService<CustomerReads>().Find(id, null, context.RequestAborted);
            if (found.View is null)
            {
                await Problems.Write(context, found.Problem!);
                return;
            }

            customer = found.View.Id;
        }

        var erasures = context.RequestServices.GetRequiredService<IErasures>();
        var job = await erasures.Begin(customer, asked.Reason, asked.Suppress, context.RequestAborted);
        await Run(context, job.Id);
        await Write(context, (await erasures.Find(job.Id, context.RequestAborted))!);
    }

    /// <summary>Reads <c>suppress</c> and <c>reason</c> from the query, or else from the body; null when they cannot be used.</summary>
    private static async Task<ErasureRequest?> Asked(HttpContext context)
    {
        var query = context.Request.Query;
        var (suppress, reason) = (query["suppress"].ToString(), query["reason"].ToString());
        var asked = new ErasureRequest(suppress == "true", reason);
        if (suppress is not ("" or "true" or "false")) return null;
        using var body = await RequestBody.Read(context.Request, MaxBodyBytes);
        if (body.Failure is not null) return null;
        if (body.Bytes.Length > 0)
        {
            if (Parse(body.Bytes, ErasureJson.Default.ErasureRequest) is not { } given) return null;
            asked = new ErasureRequest(asked.Suppress || given.Suppress, reason.Length > 0 ? reason : given.Reason ?? "");
        }

        return asked.Reason.Length > Erasure.MaxReasonLength ? null : asked;
    }

    /// <summary>Lets the silos do it now, as far as they get: it goes on without a caller, too.</summary>
    private static async Task Run(HttpContext context, Guid id)
    {
        var clock = context.RequestServices.GetRequiredService<TimeProvider>();
        var grains = context.RequestServices.GetRequiredService<IGrainFactory>();
        var began = clock.GetTimestamp();
        try
        {
            if (context.RequestServices.GetRequiredService<PartitionReads>().Away is not null) return;
            while (clock.GetElapsedTime(began) < s_patience)
                if (await grains.Erasure(id).Run().WaitAsync(s_patience, clock, context.RequestAborted) is null or ErasureStep.Done) return;
        }
        catch (Exception exception) when (SiloLink.IsAbsence(exception) && !context.RequestAborted.IsCancellationRequested)
        {
            // It is durable: a silo takes it up.
            return;
        }
    }

    private static async Task Get(HttpContext context)
    {
        var erasures = context.RequestServices.GetRequiredService<IErasures>();
        if (Guid.TryParse((string)context.Request.RouteValues["id"]!, out var id) && await erasures.Find(id, context.RequestAborted) is { } job)
            await Write(context, job, StatusCodes.Status200OK);
        else
            await Problems.Write(context, s_unknown);
    }

    private static async Task Verify(HttpContext context)
    {
        using var body = await RequestBody.Read(context.Request, MaxBodyBytes);
        if (body.Failure is not null || Parse(body.Bytes, ErasureJson.Default.ErasureReceipt) is not { } receipt)
        {
            await Problems.Write(context, s_badReceipt);
            return;
        }

        var customer = context.Request.Query["customer"].ToString();
        var valid = await context.RequestServices.GetRequiredService<IErasures>()
            .Verify(receipt, customer.Length == 0 ? null : CustomerReads.Direct(customer) ?? customer, context.RequestAborted);
        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteBoolean("valid", valid);
        json.WriteEndObject();
    }

    private static async Task Write(HttpContext context, Erasure job, int? status = null)
    {
        var receipt = job.Step == ErasureStep.Done
            ? await context.RequestServices.GetRequiredService<IErasures>().Receipt(job, context.RequestAborted)
            : null;
        context.Response.StatusCode = status ?? (receipt is null ? StatusCodes.Status202Accepted : StatusCodes.Status200OK);
        if (context.Response.StatusCode == StatusCodes.Status202Accepted) context.Response.Headers.Location = $"/v1/erasures/{job.Id}";
        context.Response.ContentType = "application/json";
        var shown = new ErasureShown(
            job.Id, job.Step.ToString().ToLowerInvariant(), job.AskedAt, job.AskedAt + Erasure.Deadline, job.ErasedAt, job.FinishedAt,
            job.Reason, job.Suppress, job.Counts, receipt);
        await JsonSerializer.SerializeAsync(context.Response.Body, shown, ErasureJson.Default.ErasureShown, context.RequestAborted);
    }

    private static T? Parse<T>(ReadOnlyMemory<byte> body, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(body.Span, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
