using System.IO.Compression;
using System.Text;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Crm.Clickstream;

public sealed class RequestBodyTests
{
    private const int Limit = 500 * 1024;

    [Theory]
    [InlineData("application/json", null)]
    [InlineData("text/plain", null)]
    [InlineData("application/x-www-form-urlencoded", "gzip")]
    [InlineData(null, "GZIP")]
    public async Task Reads_plain_and_zipped_bodies_of_any_content_type(string? contentType, string? encoding)
    {
        var text = Encoding.UTF8.GetBytes(string.Join(',', Enumerable.Range(0, 40_000)));

        using var body = await Read(new MemoryStream(encoding is null ? text : Zip(new MemoryStream(text))), contentType, encoding);

        Assert.Null(body.Failure);
        Assert.Equal(text, body.Bytes.ToArray());
    }

    [Fact]
    public async Task A_gzip_bomb_is_not_unpacked()
    {
        var bomb = new CountingStream(Zip(new ZeroStream(1L << 30)));
        var before = GC.GetTotalAllocatedBytes();

        using var body = await Read(bomb, null, "gzip");

        Assert.Equal(413, body.Failure?.Status);
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 16L << 20);
        Assert.InRange(bomb.Taken, 0, 64 * 1024);
    }

    [Fact]
    public async Task Reading_stops_at_the_limit()
    {
        using var exact = await Read(new ZeroStream(Limit), null, null);
        using var longer = await Read(new ZeroStream(Limit + 1), null, null);

        Assert.Equal(Limit, exact.Bytes.Length);
        Assert.Equal(413, longer.Failure?.Status);
    }

    [Fact]
    public async Task Says_what_is_wrong_with_an_encoding()
    {
        using var broken = await Read(new MemoryStream([1, 2, 3]), null, "gzip");
        using var unknown = await Read(new MemoryStream([1, 2, 3]), null, "br");

        Assert.Equal((400, 400), (broken.Failure?.Status, unknown.Failure?.Status));
        Assert.Contains("gzip", unknown.Failure!.Message, StringComparison.Ordinal);
    }

    private static Task<RequestBody> Read(Stream stream, string? contentType, string? encoding)
    {
        var context = new DefaultHttpContext();
        context.Request.Body = stream;
        context.Request.ContentType = contentType;
        if (encoding is not null) context.Request.Headers.ContentEncoding = encoding;
        return RequestBody.Read(context.Request, Limit);
    }

    private static byte[] Zip(Stream content)
    {
        var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Fastest)) content.CopyTo(gzip);
        return zipped.ToArray();
    }

    private sealed class CountingStream(byte[] content) : MemoryStream(content)
    {
        public long Taken => Position;
    }

    private sealed class ZeroStream(long length) : Stream
    {
        private long _left = length;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            var count = (int)Math.Min(buffer.Length, _left);
            buffer[..count].Clear();
            _left -= count;
            return count;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
