using System.IO.Compression;
using System.Net;
using Crm.Clickstream;
using Crm.Live;
using Xunit;

namespace Crm.Storefront;

[Collection(IngestGroup.Name)]
public sealed class TrackerEndpointTests(IngestFixture crm)
{
    /// <summary>What a page may load for it.</summary>
    private const int MostBytes = 6_000;

    [Fact]
    public void It_is_small()
    {
        using var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.SmallestSize, leaveOpen: true)) gzip.Write(LivePage.File("crm.js"));

        Assert.InRange(zipped.Length, 1, MostBytes);
    }

    [Fact]
    public async Task Anybody_may_load_it_from_any_page_zipped_or_not()
    {
        using var plain = await Get("identity");
        using var zipped = await Get("br, gzip");

        Assert.Equal(LivePage.File("crm.js"), await plain.Content.ReadAsByteArrayAsync());
        Assert.Equal("gzip", zipped.Content.Headers.ContentEncoding.Single());
        await using var unzipped = new GZipStream(await zipped.Content.ReadAsStreamAsync(), CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        await unzipped.CopyToAsync(bytes);
        Assert.Equal(LivePage.File("crm.js"), bytes.ToArray());
        Assert.Equal("text/javascript", plain.Content.Headers.ContentType!.MediaType);
        Assert.Equal("*", plain.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.Contains("max-age=3600", plain.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
        Assert.NotEqual(plain.Headers.ETag, zipped.Headers.ETag);
    }

    [Fact]
    public async Task Who_has_it_is_told_so()
    {
        using var first = await Get("gzip");
        using var again = await Get("gzip", first.Headers.ETag!.ToString());
        using var other = await Get("gzip", "\"another\"");

        Assert.Equal((HttpStatusCode.NotModified, 0), (again.StatusCode, (await again.Content.ReadAsByteArrayAsync()).Length));
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
    }

    [Fact]
    public async Task There_is_no_shop_without_a_key_for_it()
    {
        using var answer = await crm.Api.Http.GetAsync(new Uri("/shop", UriKind.Relative));

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    private async Task<HttpResponseMessage> Get(string encodings, string? known = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/crm.js", UriKind.Relative));
        request.Headers.TryAddWithoutValidation("Accept-Encoding", encodings);
        if (known is not null) request.Headers.TryAddWithoutValidation("If-None-Match", known);
        return await crm.Api.Http.SendAsync(request);
    }
}
