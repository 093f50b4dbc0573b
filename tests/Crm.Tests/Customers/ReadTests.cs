using System.Net.Http.Headers;
using System.Text;
using Crm.Access;
using Crm.Clickstream;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Customers;

/// <summary>The API, a silo and a database of their own.</summary>
public sealed class SpineFixture : IAsyncLifetime
{
    private readonly PostgresFixture _postgres = new();
    private HostProcess? _api;
    private HostProcess? _silo;
    private string _key = "";

    internal HostProcess Silo => _silo!;

    internal HttpClient Http => _api!.Http;

    public Npgsql.NpgsqlDataSource Database => _postgres.Source;

    public async Task InitializeAsync()
    {
        await _postgres.InitializeAsync();
        _key = (await new ApiKeys(_postgres.Source, TimeProvider.System).Create(ApiKeyKind.Server, "tests")).Secret;
        _silo = await HostProcess.Silo(_postgres.ConnectionString);
        _api = await HostProcess.Api(_postgres.ConnectionString);
        await _api.UntilReady();
        await Eventually.True(async () => (await Get("/v1/customers/u:nobody")).Status == 404, "reads are answered");
    }

    public async Task DisposeAsync()
    {
        if (_api is not null) await _api.DisposeAsync();
        if (_silo is not null) await _silo.DisposeAsync();
        await _postgres.DisposeAsync();
    }

    /// <summary>Sends an event and answers the position it was given.</summary>
    public async Task<string> Send(string call, string body)
    {
        using var request = Request(HttpMethod.Post, "/v1/" + call);
        request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        using var response = await _api!.Http.SendAsync(request);
        return (await Reply.Of(response)).Text("position") ?? throw new InvalidOperationException($"Not accepted: {response.StatusCode}");
    }

    /// <summary>Any other call.</summary>
    public async Task<Reply> Send(HttpMethod method, string path, string body, params (string Name, string Value)[] headers)
    {
        using var request = Request(method, path);
        if (body.Length > 0) request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await _api!.Http.SendAsync(request);
        return await Reply.Of(response);
    }

    public async Task<Reply> Get(string path, string? etag = null)
    {
        using var request = Request(HttpMethod.Get, path);
        if (etag is not null) request.Headers.TryAddWithoutValidation("If-None-Match", etag);
        using var response = await _api!.Http.SendAsync(request);
        return await Reply.Of(response);
    }

    /// <summary>A key that administers.</summary>
    public async Task<string> AdminKey() =>
        (await new ApiKeys(_postgres.Source, TimeProvider.System).Create(new KeyOrder(ApiKeyKind.Server, "admin", "tests", Scopes.All))).Secret;

    /// <summary>Any other call, with a body and headers.</summary>
    public async Task<Reply> Ask(HttpMethod method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = Request(method, path);
        if (body is not null) request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        foreach (var (name, value) in headers)
        {
            request.Headers.Remove(name);
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await _api!.Http.SendAsync(request);
        return await Reply.Of(response);
    }

    private HttpRequestMessage Request(HttpMethod method, string path)
    {
        var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _key);
        return request;
    }
}

/// <summary>From an accepted event to what is read of it, through real processes.</summary>
public sealed class ReadTests(SpineFixture crm) : IClassFixture<SpineFixture>
{
    [Fact]
    public async Task A_caller_sees_its_own_event()
    {
        var position = await crm.Send("track", """{"userId":"own","event":"Order Completed","properties":{"order_id":"o1","revenue":"12.30","currency":"EUR"}}""");

        var customer = await crm.Get($"/v1/customers/u:own?minPosition={position}");

        Assert.Equal((200, "u:own", "1"), (customer.Status, customer.Text("id"), customer.Text("orders")));
        Assert.Equal("12.30", customer.Json.GetProperty("revenue").GetProperty("EUR").GetString());
        Assert.Equal("no-store", customer.Headers.CacheControl?.ToString());
    }

    [Fact]
    public async Task A_visitor_is_answered_as_the_user_it_became()
    {
        await crm.Send("page", """{"anonymousId":"v1","name":"Home"}""");
        var position = await crm.Send("identify", """{"userId":"became","anonymousId":"v1","traits":{"email":"Became@Example.com"}}""");

        var byVisitor = await crm.Get($"/v1/customers/a:v1?minPosition={position}");
        var byEmail = await crm.Get($"/v1/customers/email:became%40example.com?minPosition={position}");

        Assert.Equal((200, "u:became"), (byVisitor.Status, byVisitor.Text("id")));
        Assert.Equal("a:v1", byVisitor.Json.GetProperty("merges")[0].GetProperty("source").GetString());
        Assert.Equal((200, "u:became"), (byEmail.Status, byEmail.Text("id")));
    }

    [Fact]
    public async Task A_visitor_is_not_answered_as_itself_to_who_knows_that_it_became_a_user()
    {
        var before = await crm.Send("page", """{"anonymousId":"v2","name":"Home"}""");
        Assert.Equal("a:v2", (await crm.Get($"/v1/customers/a:v2?minPosition={before}")).Text("id"));
        string position;
        await using (await LedgerPause.Begin(crm.Database))
        {
            position = await crm.Send("identify", """{"userId":"became2","anonymousId":"v2"}""");
            var early = await crm.Get($"/v1/customers/a:v2?minPosition={position}");

            Assert.Equal((503, "urn:crm:problem:not-yet", "1"), (early.Status, early.Text("type"), early.Headers.GetValues("Retry-After").Single()));
        }

        Reply? reply = null;
        await Eventually.True(async () => (reply = await crm.Get($"/v1/customers/a:v2?minPosition={position}")).Status != 503, "it answers");
        Assert.Equal((200, "u:became2"), (reply!.Status, reply.Text("id")));
    }

    [Fact]
    public async Task Any_id_can_stand_in_the_address()
    {
        const string Id = "a/b%2F ?#é:😀";
        var position = await crm.Send("track", $$"""{"userId":"{{Id}}","event":"x"}""");

        var customer = await crm.Get($"/v1/customers/{Uri.EscapeDataString("u:" + Id)}?minPosition={position}");

        Assert.Equal((200, "u:" + Id), (customer.Status, customer.Text("id")));
    }

    [Fact]
    public async Task The_history_is_paged_newest_first_without_gaps_or_repeats()
    {
        var events = string.Join(',', Enumerable.Range(0, 25).Select(i =>
            $$"""{"type":"track","userId":"paged","event":"E{{i % 5}}","messageId":"p{{i}}","timestamp":"2026-01-01T00:00:{{i / 2:00}}Z","properties":{"i":{{i}} } }"""));
        var position = await crm.Send("batch", $$"""{"batch":[{{events}}]}""");
        await Eventually.True(
            async () => (await crm.Get($"/v1/customers/u:paged/events?limit=500&minPosition={position}")).Json.GetProperty("data").GetArrayLength() == 25,
            "the history has all events");

        var seen = new List<(string Id, string At)>();
        for (var path = "/v1/customers/u:paged/events?limit=4"; path is not null;)
        {
            var page = await crm.Get(path);
            seen.AddRange(page.Json.GetProperty("data").EnumerateArray()
                .Select(e => (e.GetProperty("messageId").GetString()!, e.GetProperty("timestamp").GetString()!)));
            var next = page.Text("next_cursor");
            path = string.IsNullOrEmpty(next) ? null : $"/v1/customers/u:paged/events?limit=4&cursor={next}";
            Assert.Equal(path is not null, page.Headers.Contains("Link"));
        }

        Assert.Equal(25, seen.Select(e => e.Id).Distinct().Count());
        Assert.Equal(25, seen.Count);
        Assert.Equal(seen.Select(e => e.At).OrderDescending(StringComparer.Ordinal), seen.Select(e => e.At));
        var filtered = await crm.Get("/v1/customers/u:paged/events?name=E3&type=track");
        Assert.Equal(5, filtered.Json.GetProperty("data").GetArrayLength());
    }

    [Fact]
    public async Task What_did_not_change_is_not_sent_again()
    {
        var position = await crm.Send("track", """{"userId":"tagged","event":"x"}""");
        var first = await crm.Get($"/v1/customers/u:tagged?minPosition={position}");
        var tag = first.Headers.ETag!.ToString();

        Assert.Equal(304, (await crm.Get("/v1/customers/u:tagged", tag)).Status);
        position = await crm.Send("track", """{"userId":"tagged","event":"y"}""");
        Assert.Equal(200, (await crm.Get($"/v1/customers/u:tagged?minPosition={position}", tag)).Status);
    }

    [Theory]
    [InlineData("/v1/customers/u:never-seen", 404, "customer-unknown")]
    [InlineData("/v1/customers/email:nobody%40example.com", 404, "customer-unknown")]
    [InlineData("/v1/customers/no-kind", 400, "bad-id")]
    [InlineData("/v1/customers/u:x?minPosition=nonsense", 400, "bad-position")]
    [InlineData("/v1/customers/u:x?minPosition=otherlog.0-1", 409, "other-log")]
    [InlineData("/v1/customers/u:x/events?limit=0", 400, "bad-query")]
    [InlineData("/v1/nothing", 404, "not-found")]
    public async Task What_cannot_be_answered_is_told_so_in_words(string path, int status, string kind)
    {
        var reply = await crm.Get(path);

        Assert.Equal((status, "application/problem+json", "urn:crm:problem:" + kind), (reply.Status, reply.ContentType, reply.Text("type")));
        Assert.NotEmpty(reply.Text("detail")!);
    }

    [Fact]
    public async Task A_position_that_is_not_reached_is_waited_for_and_then_told()
    {
        var position = await crm.Send("track", """{"userId":"ahead","event":"x"}""");
        Assert.True(LogPosition.TryParse(position, out var here));
        var ahead = new LogPosition(here.LogId, [new PartitionSeq(here.Seqs[0].Partition, here.Seqs[0].Seq + 1_000_000)]);

        var reply = await crm.Get($"/v1/customers/u:ahead?minPosition={ahead}");

        Assert.Equal((503, "urn:crm:problem:not-yet", "1"), (reply.Status, reply.Text("type"), reply.Headers.GetValues("Retry-After").Single()));
    }

    [Fact]
    public async Task The_log_says_how_far_each_partition_is()
    {
        var log = await crm.Get("/v1/log");

        Assert.Equal((200, "0", Partitioning.DefaultCount), (log.Status, log.Text("unreachable"), log.Json.GetProperty("partitions").GetArrayLength()));
    }
}
