using System.Text.Json;
using Crm.Access;
using Crm.Hosting;

namespace Crm.Clickstream;

/// <summary>
/// One protocol's way in: how its requests become events, and where its key stands when there is no <c>Authorization</c> header,
/// which wins: in the query as <c>writeKey</c>, in the body, or it is the configured one (CRM_DEFAULT_WRITE_KEY). Metadata of its endpoints.
/// </summary>
internal sealed class Protocol : IKeyInRequest
{
    /// <summary>Reads a request. Its body is complete, decompressed, and free of the key.</summary>
    public required Func<HttpRequest, ReadOnlyMemory<byte>, IncomingBatch> Read { get; init; }

    /// <summary>The key in the query or body; may throw <see cref="JsonException"/>.</summary>
    public required Func<HttpRequest, ReadOnlyMemory<byte>, string?> Key { get; init; }

    /// <summary>True when its clients cannot be told a key: the configured one then stands for them.</summary>
    public bool MayLackKey { get; init; }

    /// <inheritdoc/>
    public async ValueTask<string?> Find(HttpContext context)
    {
        if (context.Request.Query["writeKey"].ToString() is { Length: > 0 } given) return given;
        var body = await RequestBody.Of(context);
        if (body.Failure is { } failure)
        {
            context.Features.Set(failure);
            return null;
        }

        try
        {
            if (Key(context.Request, body.Bytes) is { Length: > 0 } found) return found;
        }
        catch (JsonException)
        {
            context.Features.Set(JsonBody.NotJson);
            return null;
        }

        return MayLackKey ? context.RequestServices.GetRequiredService<ApiOptions>().DefaultWriteKey : null;
    }
}
