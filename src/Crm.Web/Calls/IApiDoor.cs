using System.Net;
using System.Text.Json.Nodes;

namespace Crm.Calls;

/// <summary>
/// The API, asked from within its own process. Pages are clients of it like any other program: one rule of access, one validation, one audit.
/// </summary>
public interface IApiDoor
{
    /// <summary>Sends a request through the whole API.</summary>
    Task<ApiAnswer> Ask(ApiRequest request, CancellationToken stop);
}

/// <summary>A request to the API.</summary>
/// <param name="Method">Such as <c>GET</c>.</param>
/// <param name="Path">Path and query, escaped.</param>
public sealed record ApiRequest(string Method, string Path)
{
    /// <summary>The body; null for none.</summary>
    public JsonNode? Body { get; init; }

    /// <summary>The ETag that the record must have still.</summary>
    public string? IfMatch { get; init; }

    /// <summary>Of a request that may be sent twice and must be done once.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>Token of the session of whoever looks at the page.</summary>
    public string? Session { get; init; }

    /// <summary>Where that person is.</summary>
    public IPAddress? Address { get; init; }
}
