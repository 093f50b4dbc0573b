using Microsoft.AspNetCore.Http.Metadata;

namespace Crm.Hosting;

/// <summary>Endpoints whose bodies may be longer than those of others.</summary>
/// <param name="maxBytes">Longest body.</param>
internal sealed class BodyLimit(int maxBytes) : IRequestSizeLimitMetadata
{
    // One that is somewhat too long is told so in words instead of by a closed connection.
    long? IRequestSizeLimitMetadata.MaxRequestBodySize => 2L * maxBytes;

    /// <summary>The longest body that the endpoint of a request takes.</summary>
    public static int Of(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<BodyLimit>() is { } limit ? limit.Bytes : RecordRequests.MaxBodyBytes;

    /// <summary>That the body is longer.</summary>
    public static Problem Problem(HttpContext context) => new(
        StatusCodes.Status413PayloadTooLarge, "too-long", "The body is too long.", $"It holds at most {Of(context) / 1024} KB.");

    private int Bytes => maxBytes;
}
