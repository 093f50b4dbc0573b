using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Crm.Access;

namespace Crm.Hosting;

/// <summary>Marks endpoints whose requests may carry an <c>Idempotency-Key</c>.</summary>
internal sealed class IdempotentEndpoint
{
    public static readonly IdempotentEndpoint Instance = new();
}

/// <summary>
/// <c>Idempotency-Key</c>: the same request again gets the same answer again and does nothing; another request with that key gets
/// 422; while the first runs, 409. Answers are kept for a day, encrypted with the caller's own key: an answer may hold a secret.
/// </summary>
internal sealed class Idempotency(RequestDelegate next, IdempotentAnswers answers)
{
    public const string Header = "Idempotency-Key";

    private const string Replayed = "Idempotent-Replayed";
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    private static readonly Problem s_badKey = new(
        StatusCodes.Status400BadRequest, "bad-idempotency-key", "The Idempotency-Key cannot be used.",
        $"It is 1 to {IdempotentAnswers.MaxKeyLength} visible ASCII characters.");

    private static readonly Problem s_other = new(
        StatusCodes.Status422UnprocessableEntity, "idempotency-key-reused", "The Idempotency-Key was used for another request.",
        "Use a new key for a new request.");

    private static readonly Problem s_running = new(
        StatusCodes.Status409Conflict, "idempotency-key-running", "The first request with this Idempotency-Key still runs.",
        "Send the same request again after the pause to get its answer.", 1);

    public async Task Invoke(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<IdempotentEndpoint>() is null
            || context.Request.Headers[Header].ToString() is not { Length: > 0 } key
            || context.Features.Get<EnteredKey>() is not { } caller)
        {
            await next(context);
            return;
        }

        if (!IsKey(key)) await Problems.Write(context, s_badKey);
        else if (await RecordRequests.Bytes(context.Request) is not { } body) await Problems.Write(context, BodyLimit.Problem(context));
        else
        {
            await Once(context, answers, caller, key, body, () =>
            {
                context.Request.Body = new MemoryStream(body);
                return next(context);
            });
        }
    }

    /// <summary>The same for an endpoint that reads its body itself.</summary>
    /// <param name="content">What of the body makes the request the same: of a form its boundary does not.</param>
    /// <param name="run">What the first request does.</param>
    public static async Task<IResult> Once(HttpContext context, byte[] content, Func<Task<IResult>> run)
    {
        if (context.Request.Headers[Header].ToString() is not { Length: > 0 } key || context.Features.Get<EnteredKey>() is not { } caller) return await run();
        if (!IsKey(key)) return s_badKey;
        await Once(context, context.RequestServices.GetRequiredService<IdempotentAnswers>(), caller, key, content, async () => await (await run()).ExecuteAsync(context));
        return Results.Empty;
    }

    private static bool IsKey(string key) => key.Length <= IdempotentAnswers.MaxKeyLength && key.All(c => c is >= ' ' and <= '~');

    private static async Task Once(HttpContext context, IdempotentAnswers answers, EnteredKey caller, string key, byte[] body, Func<Task> run)
    {
        var request = Hash(context.Request, body);
        var known = await answers.Begin(caller.Id, key, request, context.RequestAborted);
        if (known.Mine)
        {
            await First(context, answers, caller, key, run);
        }
        else if (!known.Request.Span.SequenceEqual(request))
        {
            await Problems.Write(context, s_other);
        }
        else if (known.Answer is not { } kept)
        {
            await Problems.Write(context, s_running);
        }
        else
        {
            await Again(context, Decrypt(kept.Span, caller.Secret, key));
        }
    }

    private static async Task First(HttpContext context, IdempotentAnswers answers, EnteredKey caller, string key, Func<Task> run)
    {
        var wire = context.Response.Body;
        using var written = new MemoryStream();
        byte[]? kept = null;
        try
        {
            context.Response.Body = written;
            await run();
            var answer = KeptResponse.Of(context.Response, written.ToArray());

            // What failed here, or was told to come again, changed nothing: the next try is a new one.
            if (answer.Status is < 500 and not StatusCodes.Status429TooManyRequests && written.Length < IdempotentAnswers.MaxAnswerBytes / 2)
                kept = Encrypt(JsonSerializer.SerializeToUtf8Bytes(answer), caller.Secret, key);
        }
        finally
        {
            context.Response.Body = wire;
            await answers.End(caller.Id, key, kept, CancellationToken.None);
        }

        await wire.WriteAsync(written.ToArray(), context.RequestAborted);
    }

    private static Task Again(HttpContext context, byte[] kept)
    {
        var answer = JsonSerializer.Deserialize<KeptResponse>(kept)!;
        var response = context.Response;
        response.StatusCode = answer.Status;
        response.Headers[Replayed] = "true";
        response.Headers.CacheControl = "no-store";
        if (answer.ContentType is not null) response.ContentType = answer.ContentType;
        if (answer.Location is not null) response.Headers.Location = answer.Location;
        if (answer.ETag is not null) response.Headers.ETag = answer.ETag;
        return answer.Body.Length == 0 ? Task.CompletedTask : response.Body.WriteAsync(answer.Body).AsTask();
    }

    private static byte[] Hash(HttpRequest request, byte[] body)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{request.Method} {request.Path}{request.QueryString}\n{request.Headers.IfMatch}\n"));
        hash.AppendData(body);
        return hash.GetHashAndReset();
    }

    private static byte[] Encrypt(byte[] plain, string secret, string key)
    {
        var kept = new byte[NonceBytes + TagBytes + plain.Length];
        var nonce = kept.AsSpan(0, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        using var cipher = Cipher(secret, key);
        cipher.Encrypt(nonce, plain, kept.AsSpan(NonceBytes + TagBytes), kept.AsSpan(NonceBytes, TagBytes));
        return kept;
    }

    private static byte[] Decrypt(ReadOnlySpan<byte> kept, string secret, string key)
    {
        var plain = new byte[kept.Length - NonceBytes - TagBytes];
        using var cipher = Cipher(secret, key);
        cipher.Decrypt(kept[..NonceBytes], kept[(NonceBytes + TagBytes)..], kept.Slice(NonceBytes, TagBytes), plain);
        return plain;
    }

    private static AesGcm Cipher(string secret, string key) => new(
        HKDF.DeriveKey(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret), 32, Encoding.UTF8.GetBytes(key), "crm idempotent answer"u8.ToArray()),
        TagBytes);

    private sealed record KeptResponse(int Status, string? ContentType, string? Location, string? ETag, byte[] Body)
    {
        public static KeptResponse Of(HttpResponse response, byte[] body) => new(
            response.StatusCode, response.ContentType, Text(response.Headers.Location), Text(response.Headers.ETag), body);

        private static string? Text(Microsoft.Extensions.Primitives.StringValues value) => value.Count == 0 ? null : value.ToString();
    }
}
