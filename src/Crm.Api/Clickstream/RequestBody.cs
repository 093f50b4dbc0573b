using System.Buffers;
using System.IO.Compression;
using System.Text;
using Microsoft.AspNetCore.Http.Features;

namespace Crm.Clickstream;

/// <summary>
/// The whole body of a request in one pooled buffer, decompressed. Reading stops at the limit: a gzip bomb costs no more memory
/// than an honest body.
/// </summary>
internal sealed class RequestBody : IDisposable
{
    private const int FirstBufferBytes = 32 * 1024;

    /// <summary>Longer ones end with their connection.</summary>
    private const int MaxDiscardedBytes = 8 * 1024 * 1024;

    private readonly int _length;
    private readonly bool _brokenOff;
    private byte[]? _buffer;

    private RequestBody(byte[]? buffer, int length, IngestFailure? failure, bool brokenOff = false) =>
        (_buffer, _length, Failure, _brokenOff) = (buffer, length, failure, brokenOff);

    /// <summary>Why there is no body; null when there is one.</summary>
    public IngestFailure? Failure { get; }

    /// <summary>The bytes; valid until <see cref="Dispose"/>.</summary>
    public ReadOnlyMemory<byte> Bytes => _buffer.AsMemory(0, _length);

    /// <summary>The body of a request; read once, however many ask. It is given back when the request has been answered.</summary>
    public static async ValueTask<RequestBody> Of(HttpContext context)
    {
        if (context.Features.Get<RequestBody>() is { } read) return read;
        var body = await Read(context.Request, IngestLimits.BatchBytes);
        context.Features.Set(body);
        context.Response.RegisterForDispose(body);

        // What was not read to its end cannot be followed by another request: tell the client, so that it opens a new connection.
        if (body.Failure is not null && (body._brokenOff || !await Discard(context))) context.Response.Headers.Connection = "close";
        return body;
    }

    /// <summary>
    /// Reads what still comes of a refused body, up to a bound: a client whose connection ends while it sends may never see why.
    /// False when the end was not reached.
    /// </summary>
    private static async Task<bool> Discard(HttpContext context)
    {
        if (context.Request.ContentLength is not { } length || length > MaxDiscardedBytes) return false;
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = MaxDiscardedBytes;
        var buffer = ArrayPool<byte>.Shared.Rent(FirstBufferBytes);
        try
        {
            while (await context.Request.Body.ReadAsync(buffer, context.RequestAborted) > 0)
            {
                // Nothing of it is used.
            }

            return true;
        }
        catch (Exception ended) when (ended is IOException or OperationCanceledException)
        {
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Overwrites a key wherever it stands in the body with as many stars, so that it is kept nowhere.</summary>
    public void Blot(string secret)
    {
        Span<byte> key = stackalloc byte[Encoding.UTF8.GetMaxByteCount(secret.Length)];
        key = key[..Encoding.UTF8.GetBytes(secret, key)];
        if (key.IsEmpty) return;
        for (var rest = _buffer.AsSpan(0, _length); rest.IndexOf(key) is >= 0 and var at; rest = rest[(at + key.Length)..])
            rest.Slice(at, key.Length).Fill((byte)'*');
    }

    public static async Task<RequestBody> Read(HttpRequest request, int maxBytes)
    {
        if (!TryEncoding(request, out var gzip))
            return Failed(StatusCodes.Status400BadRequest, "Content-Encoding must be gzip or absent.");
        if (!gzip && request.ContentLength > maxBytes) return new RequestBody(null, 0, JsonBody.TooLong);
        try
        {
            if (!gzip) return await ReadAll(request.Body, maxBytes, request.ContentLength, request.HttpContext.RequestAborted);
            await using var unzipped = new GZipStream(request.Body, CompressionMode.Decompress, leaveOpen: true);
            return await ReadAll(unzipped, maxBytes, null, request.HttpContext.RequestAborted);
        }
        catch (BadHttpRequestException exception)
        {
            return exception.StatusCode switch
            {
                StatusCodes.Status413PayloadTooLarge => new RequestBody(null, 0, JsonBody.TooLong),
                StatusCodes.Status408RequestTimeout => BrokenOff(exception.StatusCode, "The body came too slowly. Send it again."),
                _ => BrokenOff(StatusCodes.Status400BadRequest, "The body could not be read to its end."),
            };
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException)
        {
            // Without a word to the server it would go on with a read that it holds to be still under way, and log its own failure.
            request.HttpContext.Abort();
            return BrokenOff(StatusCodes.Status400BadRequest, "The body could not be read to its end.");
        }
        catch (InvalidDataException)
        {
            return Failed(StatusCodes.Status400BadRequest, "The body is not valid gzip, as its Content-Encoding says.");
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _buffer, null) is { } buffer) ArrayPool<byte>.Shared.Return(buffer);
    }

    private static async Task<RequestBody> ReadAll(Stream stream, int maxBytes, long? expected, CancellationToken stop)
    {
        // One byte more than expected: it tells the end of the body without growing.
        var buffer = ArrayPool<byte>.Shared.Rent(expected is { } length ? (int)length + 1 : FirstBufferBytes);
        var count = 0;
        try
        {
            while (true)
            {
                var read = await stream.ReadAsync(buffer.AsMemory(count), stop);
                if (read == 0) return new RequestBody(buffer, count, null);
                count += read;
                if (count > maxBytes)
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                    return new RequestBody(null, 0, JsonBody.TooLong);
                }

                if (count == buffer.Length) buffer = Grow(buffer, count);
            }
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }
    }

    private static byte[] Grow(byte[] buffer, int count)
    {
        var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.AsSpan(0, count).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }

    /// <summary>Browsers cannot zip a body and say so in a header that needs no preflight: some clients say it in the query.</summary>
    private static bool TryEncoding(HttpRequest request, out bool gzip)
    {
        var encoding = request.Headers.ContentEncoding.ToString();
        gzip = encoding.Equals("gzip", StringComparison.OrdinalIgnoreCase) || encoding.Equals("x-gzip", StringComparison.OrdinalIgnoreCase);
        if (encoding.Length == 0 && request.QueryString.HasValue) gzip = request.Query["compression"].ToString().StartsWith("gzip", StringComparison.Ordinal);
        return gzip || encoding.Length == 0 || encoding.Equals("identity", StringComparison.OrdinalIgnoreCase);
    }

    private static RequestBody Failed(int status, string message) => new(null, 0, new IngestFailure(status, message));

    private static RequestBody BrokenOff(int status, string message) => new(null, 0, new IngestFailure(status, message), brokenOff: true);
}
