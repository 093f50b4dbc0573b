using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Crm.Hosting;
using Microsoft.AspNetCore.WebUtilities;

namespace Crm.Access;

/// <summary>
/// The plain calls (/register, /login, /customer, /sale): forms or JSON go in, <c>{"status":"success"}</c> or <c>{"status":"fail"}</c> with
/// a message come out. As metadata it marks their endpoints, for whatever refuses a request before they run.
/// </summary>
internal sealed class PlainAnswers
{
    public static readonly PlainAnswers Instance = new();

    private static readonly UTF8Encoding s_strict = new(false, true);

    public static IResult Success { get; } = Results.Json(new JsonObject { ["status"] = "success" });

    /// <summary>A refusal, in words where there are any.</summary>
    public static IResult Fail(int status, string? message = null)
    {
        var answer = new JsonObject { ["status"] = "fail" };
        if (message is not null) answer["message"] = message;
        return Results.Json(answer, statusCode: status);
    }

    /// <summary>A problem in the plain form. Who is not let in is told no more than that.</summary>
    public static IResult Of(Problem problem) =>
        problem.Status == StatusCodes.Status401Unauthorized ? Fail(problem.Status) : Fail(problem.Status, problem.Title + " " + problem.Detail);

    /// <summary>The fields of a form or of a JSON object, as text; null when the body is neither.</summary>
    public static async Task<IReadOnlyDictionary<string, string>?> Fields(HttpRequest request)
    {
        if (await RecordRequests.Bytes(request) is not { } bytes) return null;
        try
        {
            var text = s_strict.GetString(bytes);
            if (!text.AsSpan().TrimStart().StartsWith("{"))
                return QueryHelpers.ParseQuery(text).ToDictionary(f => f.Key, f => f.Value[^1] ?? "", StringComparer.Ordinal);
            return JsonNode.Parse(text) is JsonObject body
                ? body.Where(f => f.Value is JsonValue).ToDictionary(f => f.Key, f => f.Value!.ToString(), StringComparer.Ordinal)
                : null;
        }
        catch (Exception wrong) when (wrong is JsonException or ArgumentException or InvalidOperationException or InvalidDataException)
        {
            return null;
        }
    }
}
