using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Clickstream;

/// <summary>Where the clients of each protocol send to, and how each says its key.</summary>
[Collection(IngestGroup.Name)]
public sealed class ProtocolEndpointTests(IngestFixture crm)
{
    private const string Page = """{"anonymousId":"short","name":"n","event":"e","groupId":"g","userId":"short-user","previousId":"short-old"}""";

    [Theory]
    [InlineData("t")]
    [InlineData("i")]
    [InlineData("p")]
    [InlineData("s")]
    [InlineData("g")]
    [InlineData("a")]
    public async Task Browsers_use_short_addresses(string call) =>
        Assert.NotNull((await crm.Send(call, Page)).Text("position"));

    [Theory]
    [InlineData("b")]
    [InlineData("import")]
    public async Task Batches_have_more_addresses(string call) =>
        Assert.NotNull((await crm.Send(call, """{"batch":[{"type":"page","userId":"u"}]}""")).Text("position"));

    [Fact]
    public async Task What_clients_measure_of_themselves_is_taken_and_not_kept()
    {
        var before = await crm.Count("select count(*) from event_block");
        var reply = await crm.Send("m", new StringContent("""{"series":[{"type":"Counter","metric":"a","value":1,"tags":{}}]}"""), null);
        Assert.Equal((200, null), (reply.Status, reply.Text("position")));
        Assert.Equal(before, await crm.Count("select count(*) from event_block"));
    }

    [Theory]
    [InlineData("/v1/track", """{"userId":"u","event":"e","writeKey":"KEY"}""")]
    [InlineData("/v1/track?writeKey=KEY", """{"userId":"u","event":"e"}""")]
    [InlineData("/v1/batch", """{"batch":[{"type":"page","userId":"u"}],"writeKey":"KEY"}""")]
    [InlineData("/batch/", """{"api_key":"KEY","batch":[{"event":"e","distinct_id":"u"}]}""")]
    [InlineData("/batch", """{"api_key":"KEY","batch":[{"event":"e","distinct_id":"u"}]}""")]
    [InlineData("/capture/", """{"api_key":"KEY","event":"e","distinct_id":"u"}""")]
    [InlineData("/e/?ip=0", """[{"event":"e","properties":{"token":"KEY","distinct_id":"u"}}]""")]
    [InlineData("/i/v0/e/", """{"token":"KEY","event":"e","distinct_id":"u"}""")]
    [InlineData("/com.snowplowanalytics.snowplow/tp2", """{"schema":"s","data":[{"e":"pv","duid":"u","aid":"KEY"}]}""")]
    [InlineData("/com.snowplowanalytics.snowplow/tp2?writeKey=KEY", """{"schema":"s","data":[{"e":"pv","duid":"u","aid":"web"}]}""")]
    [InlineData("/v1/cloudevents?writeKey=KEY", """{"specversion":"1.0","id":"1","source":"s","type":"t","subject":"u"}""")]
    public async Task A_key_is_found_where_the_protocol_puts_it_and_a_wrong_one_is_refused(string path, string body)
    {
        var right = await Post(path.Replace("KEY", crm.WriteKey, StringComparison.Ordinal), body.Replace("KEY", crm.WriteKey, StringComparison.Ordinal));
        var wrong = await Post(path.Replace("KEY", "wk_wrong", StringComparison.Ordinal), body.Replace("KEY", "wk_wrong", StringComparison.Ordinal));
        var none = await Post(path.Replace("writeKey=KEY", "", StringComparison.Ordinal), body.Replace("KEY", "", StringComparison.Ordinal));

        Assert.Equal((200, "True"), (right.Status, right.Text("success")));
        Assert.NotNull(right.Text("position"));
        Assert.Equal((401, "False"), (wrong.Status, wrong.Text("success")));
        Assert.Equal(401, none.Status);
    }

    [Fact]
    public async Task The_header_wins_over_the_body()
    {
        var body = $$"""{"userId":"u","event":"e","writeKey":"{{crm.WriteKey}}"}""";
        Assert.Equal(401, (await Post("/v1/track", body, new AuthenticationHeaderValue("Bearer", "wk_wrong"))).Status);
        Assert.Equal(401, (await Post("/v1/track", body, new AuthenticationHeaderValue("Digest", "x"))).Status);
        Assert.Equal(200, (await Post("/v1/track", body.Replace(crm.WriteKey, "wk_wrong", StringComparison.Ordinal), new AuthenticationHeaderValue("Bearer", crm.WriteKey))).Status);
    }

    [Theory]
    [InlineData("/v1/batch", "{", 400)]
    [InlineData("/batch/", """{"api_key":"k","batch":""", 401)]
    [InlineData("/batch/", """{"batch":[""", 400)]
    [InlineData("/com.snowplowanalytics.snowplow/tp2", "nothing", 400)]
    public async Task A_body_that_cannot_be_searched_for_a_key_is_told_what_is_wrong_with_it(string path, string body, int status) =>
        Assert.Equal(status, (await Post(path, body)).Status);

    [Fact]
    public async Task Too_long_a_body_without_a_header_is_told_so_and_not_taken_for_a_wrong_key()
    {
        var reply = await Post("/batch/", $$"""{"api_key":"{{crm.WriteKey}}","batch":[],"x":"{{new string('x', 600 * 1024)}}"}""");
        Assert.Equal(413, reply.Status);
    }

    [Fact]
    public async Task A_key_in_a_body_is_kept_nowhere()
    {
        var reply = await Post("/v1/track", $$"""{"userId":"keyless","event":"e","writeKey":"{{crm.WriteKey}}","properties":{"again":"{{crm.WriteKey}}"} }""");
        await Post("/v1/batch", $$"""{"writeKey":"{{crm.WriteKey}}","batch":[{"type":"keyless","userId":"u","k":"{{crm.WriteKey}}"}]}""");
        await Post("/v1/batch", $$"""{"writeKey":"{{crm.WriteKey}}","keyless":1}""");

        Assert.Equal(200, reply.Status);
        await Eventually.True(async () => await crm.Count("select count(*) from dead_letter_inbound where encode(sample, 'escape') like '%keyless%'") == 2, "the dead letters are written");
        Assert.Equal(0, await crm.Count($"select count(*) from dead_letter_inbound where encode(sample, 'escape') like '%{crm.WriteKey}%'"));
        Assert.Equal(0, await crm.Count($"select count(*) from event_block where encode(payload, 'escape') like '%{crm.WriteKey}%'"));
    }

    [Fact]
    public async Task Snowplows_picture_is_a_picture()
    {
        using var answer = await crm.Api.Http.GetAsync(new Uri($"/i?e=pv&duid=d&url=http%3A%2F%2Fx%2F&aid={crm.WriteKey}", UriKind.Relative));
        using var wrong = await crm.Api.Http.GetAsync(new Uri($"/i?e=nothing&duid=d&aid={crm.WriteKey}", UriKind.Relative));

        Assert.Equal((200, "image/gif"), ((int)answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        Assert.StartsWith("GIF89a", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.True(answer.Headers.Contains(IngestAnswer.PositionHeader));
        Assert.Equal(400, (int)wrong.StatusCode);
    }

    [Theory]
    [InlineData("/flags/?v=2", "flags")]
    [InlineData("/decide/?v=3", "featureFlags")]
    public async Task Where_no_segment_is_a_flag_that_is_said_in_full(string path, string member)
    {
        var reply = await Post(path, $$"""{"token":"{{crm.WriteKey}}","distinct_id":"ada","groups":{} }""");

        Assert.Equal(200, reply.Status);
        Assert.Empty(reply.Json.GetProperty(member).EnumerateObject());
        Assert.False(reply.Json.GetProperty("errorsWhileComputingFlags").GetBoolean());
        Assert.Equal(401, (await Post(path, """{"token":"phc_wrong"}""")).Status);
    }

    [Fact]
    public async Task Analytics_js_gets_the_settings_that_send_everything_here()
    {
        using var answer = await crm.Api.Http.GetAsync(new Uri($"/v1/projects/{crm.WriteKey}/settings", UriKind.Relative));
        var own = (await Reply.Of(answer)).Json.GetProperty("integrations").GetProperty("Segment.io");
        using var wrong = await crm.Api.Http.GetAsync(new Uri("/v1/projects/wk_wrong/settings", UriKind.Relative));

        Assert.Equal((crm.WriteKey, crm.Api.Address.Authority + "/v1", "http"), (own.GetProperty("apiKey").GetString(), own.GetProperty("apiHost").GetString(), own.GetProperty("protocol").GetString()));
        Assert.Equal(401, (int)wrong.StatusCode);
    }

    [Theory]
    [InlineData("POST", "/v1/t")]
    [InlineData("POST", "/v1/m")]
    [InlineData("POST", "/batch/")]
    [InlineData("POST", "/flags/")]
    [InlineData("POST", "/v1/cloudevents")]
    [InlineData("POST", "/com.snowplowanalytics.snowplow/tp2")]
    [InlineData("GET", "/v1/projects/wk_wrong/settings")]
    public async Task Browsers_may_ask_first_and_read_refusals(string method, string path)
    {
        using var preflight = new HttpRequestMessage(HttpMethod.Options, new Uri(path, UriKind.Relative));
        preflight.Headers.Add("Origin", "https://shop.example");
        preflight.Headers.Add("Access-Control-Request-Method", method);
        preflight.Headers.Add("Access-Control-Request-Headers", "authorization,content-type,x-retry-count");
        using var allowed = await crm.Api.Http.SendAsync(preflight);
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(path, UriKind.Relative));
        if (method == "POST") request.Content = new StringContent("{}");
        request.Headers.Add("Origin", "https://shop.example");
        using var answer = await crm.Api.Http.SendAsync(request);

        var origin = path.Contains("snowplow", StringComparison.Ordinal) ? "https://shop.example" : "*";
        Assert.Equal((204, origin), ((int)allowed.StatusCode, allowed.Headers.GetValues("Access-Control-Allow-Origin").Single()));
        Assert.Equal("authorization,content-type,x-retry-count", allowed.Headers.GetValues("Access-Control-Allow-Headers").Single());
        Assert.Equal(origin, answer.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.Equal(path == "/v1/m" ? 200 : 401, (int)answer.StatusCode);
    }

    private Task<Reply> Post(string path, string body, AuthenticationHeaderValue? authorization = null) => Wire.Post(crm.Api.Http, path, body, authorization);
}

/// <summary>An API with a folder of scripts and a key for those that have none.</summary>
public sealed class OperatorSettingsTests(IngestFixture crm) : IClassFixture<IngestFixture>, IDisposable
{
    private readonly TempFolder _scripts = new();

    [Fact]
    public async Task Settings_of_the_operator_hold()
    {
        await File.WriteAllTextAsync(Path.Combine(_scripts.Path, "standalone.js"), "/* script */");
        await File.WriteAllTextAsync(Path.Combine(_scripts.Path, "a.bundle.1f.js"), "/* bundle */");
        await using var api = await HostProcess.Api(
            crm.Postgres.ConnectionString, ("CRM_DEFAULT_WRITE_KEY", crm.WriteKey), ("CRM_ANALYTICS_JS", _scripts.Path), ("CRM_PUBLIC_URL", "https://crm.example/in"));
        await Eventually.True(async () => (await Wire.Post(api.Http, "/v1/cloudevents", """{"specversion":"1.0","id":"1","source":"s","type":"t","subject":"u"}""")).Status == 200, "it takes events without a key");

        Assert.Equal(200, (await Wire.Post(api.Http, "/com.snowplowanalytics.snowplow/tp2", """{"schema":"s","data":[{"e":"pv","duid":"u","aid":"web"}]}""")).Status);
        Assert.Equal(401, (await Wire.Post(api.Http, "/v1/track", """{"userId":"u","event":"e"}""")).Status);
        Assert.Equal("/* script */", await api.Http.GetStringAsync(new Uri("/analytics.js/v1/any/analytics.min.js", UriKind.Relative)));
        Assert.Equal("/* bundle */", await api.Http.GetStringAsync(new Uri("/analytics-next/bundles/a.bundle.1f.js", UriKind.Relative)));
        var settings = JsonDocument.Parse(await api.Http.GetStringAsync(new Uri($"/v1/projects/{crm.WriteKey}/settings", UriKind.Relative))).RootElement.GetProperty("integrations").GetProperty("Segment.io");
        Assert.Equal(("crm.example/in/v1", "https"), (settings.GetProperty("apiHost").GetString(), settings.GetProperty("protocol").GetString()));
        foreach (var outside in (string[])["..%2Fstandalone.js", "%2Fetc%2Fpasswd", "none.js", "a.txt"])
        {
            using var answer = await api.Http.GetAsync(new Uri("/analytics-next/bundles/" + outside, UriKind.Relative));
            Assert.Equal(404, (int)answer.StatusCode);
        }
    }

    [Fact]
    public async Task Without_the_folder_the_script_is_not_there_and_the_answer_says_what_to_do()
    {
        using var answer = await crm.Api.Http.GetAsync(new Uri("/analytics.js/v1/any/analytics.min.js", UriKind.Relative));
        Assert.Equal(404, (int)answer.StatusCode);
        Assert.Contains("CRM_ANALYTICS_JS", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    public void Dispose() => _scripts.Dispose();
}

/// <summary>Posts bodies as any client might.</summary>
internal static class Wire
{
    public static async Task<Reply> Post(HttpClient http, string path, string body, AuthenticationHeaderValue? authorization = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(path, UriKind.Relative)) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
        request.Headers.Authorization = authorization;
        using var response = await http.SendAsync(request);
        return await Reply.Of(response);
    }
}
