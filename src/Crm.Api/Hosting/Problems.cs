using System.Data.Common;
using System.Globalization;
using Crm.Clickstream;
using Crm.Pages;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;

namespace Crm.Hosting;

/// <summary>
/// Errors in words. RFC 9457 problem details everywhere but on the ingest paths, whose clients expect <c>{"success":false}</c>.
/// </summary>
internal static partial class Problems
{
    public static void AddProblems(this IServiceCollection services) => services.AddProblemDetails(problems =>
        problems.CustomizeProblemDetails = context =>
        {
            context.ProblemDetails.Instance ??= context.HttpContext.Request.Path;
            context.ProblemDetails.Extensions.Remove("exception");
        });

    /// <summary>Turns what nobody expected into a 500 that gives nothing away.</summary>
    public static void UseProblems(this IApplicationBuilder app) => app.UseExceptionHandler(new ExceptionHandlerOptions
    {
        ExceptionHandler = context => Write(context, Failure(context.Features.Get<IExceptionHandlerFeature>()?.Error)),
        SuppressDiagnosticsCallback = failure => failure.Exception is OperationCanceledException or BadHttpRequestException,
    });

    /// <summary>Answers unknown paths.</summary>
    public static void MapNothing(this IEndpointRouteBuilder routes) => routes.MapFallback(context =>
    {
        if (!MissingPage.Is(context)) return Write(context, StatusCodes.Status404NotFound, "not-found", "There is nothing at this address.", "The API is described at /openapi/v1.json.");
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }).AllowAnonymous().ExcludeFromDescription();

    /// <summary>Writes a problem; <paramref name="kind"/> is a stable name that programs may compare.</summary>
    public static Task Write(HttpContext context, int status, string kind, string title, string detail, int retryAfterSeconds = 0) =>
        Write(context, new Problem(status, kind, title, detail, retryAfterSeconds));

    public static async Task Write(HttpContext context, Problem problem)
    {
        context.Response.StatusCode = problem.Status;
        if (problem.RetryAfterSeconds > 0)
            context.Response.Headers.RetryAfter = problem.RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        if (context.GetEndpoint()?.Metadata.GetMetadata<IngestEndpoint>() is not null)
        {
            var failure = new IngestFailure(problem.Status, problem.Detail, problem.RetryAfterSeconds);
            await IngestAnswer.Failed(failure).Write(context.Response);
            return;
        }

        await context.RequestServices.GetRequiredService<IProblemDetailsService>().WriteAsync(new ProblemDetailsContext
        {
            HttpContext = context,
            ProblemDetails = Details(problem),
        });
    }

    private static ProblemDetails Details(Problem problem)
    {
        var details = new ProblemDetails
        {
            Status = problem.Status,
            Type = "urn:crm:problem:" + problem.Kind,
            Title = problem.Title,
            Detail = problem.Detail,
        };
        if (problem.Errors is { } errors) details.Extensions["errors"] = errors;
        if (problem.Current is { } current) details.Extensions["current"] = current;
        if (problem.Sent is { } sent) details.Extensions["sent"] = sent;
        if (problem.At is { } at) details.Extensions["at"] = at;
        return details;
    }

    private static Problem Failure(Exception? error) => error switch
    {
        DbException { IsTransient: true } or TimeoutException => new(
            StatusCodes.Status503ServiceUnavailable, "database-unavailable", "The database does not answer.", "Try again after the pause.", 2),
        BadHttpRequestException bad => new(bad.StatusCode, "bad-request", "The request cannot be read.", "Send it again, complete."),
        _ => new(StatusCodes.Status500InternalServerError, "internal", "Something went wrong here.", "It was logged. Try again later.", 5),
    };
}

/// <summary>One problem: status, stable kind, title, and what to do about it.</summary>
internal sealed record Problem(int Status, string Kind, string Title, string Detail, int RetryAfterSeconds = 0) : IResult
{
    /// <summary>What is wrong with which fields of the body; null where it is no matter of fields.</summary>
    public IReadOnlyDictionary<string, string[]>? Errors { get; init; }

    /// <summary>The record as it is, for whoever changed an older one.</summary>
    public System.Text.Json.Nodes.JsonObject? Current { get; init; }

    /// <summary>The change that was sent, beside <see cref="Current"/>.</summary>
    public System.Text.Json.Nodes.JsonObject? Sent { get; init; }

    /// <summary>Where in the text of a filter its fault is, in characters from 0.</summary>
    public int? At { get; init; }

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext) => Problems.Write(httpContext, this);
}
