using System.Buffers;
using System.IO.Compression;

namespace Crm.Clickstream;

/// <summary>
/// The whole body of a request in one pooled buffer, decompressed. Reading stops at the limit: a gzip bomb costs no more memory
/// than an honest body.
/// </summary>
internal readonly struct RequestBody : IDisposable
{
    private const int FirstBufferBytes = 32 * 1024;

    private readonly byte[]? _buffer;
    private readonly int _length;

    private RequestBody(byte[]? buffer, int length, IngestFailure? failure) =>
        (_buffer, _length, Failure) = (buffer, length, failure);

    /// <summary>Why there is no body; null when there is one.</summary>
    public IngestFailure? Failure { get; }

    /// <summary>The bytes; valid until <see cref="Dispose"/>.</summary>
    public ReadOnlyMemory<byte> Bytes => _buffer.AsMemory(0, _length);

    public static async Task<RequestBody> Read(HttpRequest request, int maxBytes)
    {
        if (!TryEncoding(request, out var gzip))
            return Failed(StatusCodes.Status400BadRequest, "Content-Encoding must be gzip or absent.");
        if (!gzip && request.ContentLength > maxBytes) return new RequestBody(null, 0, SegmentAdapter.BodyTooLong);
        try
        {
            if (!gzip) return await ReadAll(request.Body, maxBytes, request.ContentLength, request.HttpContext.RequestAborted);
            await using var unzipped = new GZipStream(request.Body, CompressionMode.Decompress, leaveOpen: true);
            return await ReadAll(unzipped, maxBytes, null, request.HttpContext.RequestAborted);
        }
        catch (BadHttpRequestException exception)
        {
            return exception.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? new RequestBody(null, 0, SegmentAdapter.BodyTooLong)
                : Failed(StatusCodes.Status400BadRequest, "The body could not be read to its end.");
        }
        catch (InvalidDataException)
        {
            return Failed(StatusCodes.Status400BadRequest, "The body is not valid gzip, as its Content-Encoding says.");
        }
    }

    public void Dispose()
    {
        if (_buffer is not null) ArrayPool<byte>.Shared.Return(_buffer);
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
                    return new RequestBody(null, 0, SegmentAdapter.BodyTooLong);
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

    private static bool TryEncoding(HttpRequest request, out bool gzip)
    {
        var encoding = request.Headers.ContentEncoding.ToString();
        gzip = encoding.Equals("gzip", StringComparison.OrdinalIgnoreCase) || encoding.Equals("x-gzip", StringComparison.OrdinalIgnoreCase);
        return gzip || encoding.Length == 0 || encoding.Equals("identity", StringComparison.OrdinalIgnoreCase);
    }

    private static RequestBody Failed(int status, string message) => new(null, 0, new IngestFailure(status, message));
}
