using System.Net;
using Crm.Clickstream;
using Xunit;

namespace Crm.Live;

/// <summary>Who may see the page. It shows people's data.</summary>
[Collection(IngestGroup.Name)]
public sealed class LiveAccessTests(IngestFixture crm)
{
    [Fact]
    public async Task Without_a_token_it_asks_for_one()
    {
        var (status, page, headers) = await Get("/?token=");

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Contains("name=\"token\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain("/live.js", page, StringComparison.Ordinal);
        Assert.Contains("default-src 'none'", headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task People_come_to_the_home_of_their_CRM()
    {
        var (status, _, headers) = await Get("/");

        Assert.Equal((HttpStatusCode.Redirect, "/home"), (status, headers.Location?.ToString()));
    }

    [Fact]
    public async Task The_right_token_opens_it_and_leaves_the_address()
    {
        var (status, _, headers) = await Get("/?token=" + crm.ServerKey);
        var cookie = headers.GetValues("Set-Cookie").Single();
        var (_, page, _) = await Get("/", cookie.Split(';')[0]);

        Assert.Equal((HttpStatusCode.SeeOther, "/"), (status, headers.Location?.ToString()));
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("/live.js", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0123abcd")]
    [InlineData("<script>")]
    public async Task A_wrong_token_is_told_so_in_words(string token)
    {
        var (status, page, _) = await Get("/?token=" + Uri.EscapeDataString(token));

        Assert.Equal(HttpStatusCode.Unauthorized, status);
        Assert.Contains("This token is wrong", page, StringComparison.Ordinal);
        Assert.DoesNotContain(token, page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_write_key_stands_in_web_pages_and_opens_nothing()
    {
        Assert.Equal(HttpStatusCode.Unauthorized, (await Get("/?token=" + crm.WriteKey)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await Get("/live", $"crm_page={crm.WriteKey}")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await Get("/live")).Status);
    }

    [Fact]
    public async Task The_stream_flows_and_says_that_no_silo_answers()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/live", UriKind.Relative));
        request.Headers.Add("Cookie", $"crm_page={crm.ServerKey}");
        using var answer = await crm.Api.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync());
        var line = "";
        while (!line.StartsWith("data:", StringComparison.Ordinal)) line = await lines.ReadLineAsync() ?? throw new EndOfStreamException();

        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.MediaType);
        Assert.Contains("\"answering\":0", line, StringComparison.Ordinal);
    }

    private async Task<(HttpStatusCode Status, string Page, System.Net.Http.Headers.HttpResponseHeaders Headers)> Get(string path, string? cookie = null)
    {
        using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = crm.Api.Address };
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        if (cookie is not null) request.Headers.Add("Cookie", cookie);
        using var answer = await http.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Headers);
    }
}
