using System.Text.Json;
using System.Text.RegularExpressions;
using Crm.Access;
using Crm.Clickstream;
using Crm.Customers;
using Crm.Hosting;
using Crm.Live;
using Crm.Privacy;
using Crm.Records;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Crm.Documentation;

/// <summary>The description that is written by hand, held to the endpoints that there are.</summary>
public sealed class OpenApiTests
{
    private static readonly JsonElement s_written = JsonDocument.Parse(OpenApiSetup.Text()).RootElement;

    [Fact]
    public void Describes_every_endpoint_and_no_other()
    {
        var there =
            from endpoint in Endpoints(pages: false)
            from method in endpoint.Metadata.GetRequiredMetadata<IHttpMethodMetadata>().HttpMethods
            let path = endpoint.RoutePattern.RawText!
            select $"{method.ToLowerInvariant()} {path}";
        var described =
            from path in s_written.GetProperty("paths").EnumerateObject()
            where path.Name != "/metrics"
            from operation in path.Value.EnumerateObject()
            select $"{operation.Name} {path.Name}";

        Assert.Equal(there.Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_endpoint_says_who_may_call_it() => Assert.All(Endpoints(), endpoint => Assert.True(
        endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null || endpoint.Metadata.GetMetadata<IAuthorizeData>()?.Policy is not null,
        endpoint.DisplayName));

    [Fact]
    public void Every_reference_leads_somewhere()
    {
        var references = Regex.Matches(OpenApiSetup.Text(), "\"\\$ref\": \"#/components/(\\w+)/(\\w+)\"");

        Assert.NotEmpty(references);
        Assert.All(references, r => Assert.True(
            s_written.GetProperty("components").GetProperty(r.Groups[1].Value).TryGetProperty(r.Groups[2].Value, out _), r.Value));
    }

    [Fact]
    public void Every_operation_has_an_example_and_says_what_goes_wrong()
    {
        foreach (var (path, operation) in Operations().Where(o => o.Path.StartsWith("/v1/", StringComparison.Ordinal)))
        {
            var responses = operation.GetProperty("responses").EnumerateObject().Select(r => r.Name).ToArray();
            var open = operation.GetProperty("security").EnumerateArray().All(s => !s.EnumerateObject().Any());
            Assert.True(responses.Any(r => r[0] == '2'), path);
            Assert.True(responses.Contains("401") != open, path);
            if (operation.TryGetProperty("requestBody", out var body))
                Assert.True(body.GetProperty("content").GetProperty("application/json").TryGetProperty("example", out _), path);
        }
    }

    [Fact]
    public void The_examples_of_events_are_accepted()
    {
        foreach (var (path, operation) in Operations().Where(o => o.Operation.TryGetProperty("tags", out var tags) && tags[0].GetString() == "Ingest"))
        {
            if (!operation.TryGetProperty("requestBody", out var body)) continue;
            var example = JsonSerializer.SerializeToUtf8Bytes(body.GetProperty("content").GetProperty("application/json").GetProperty("example"));
            if (Read(path, example) is not { } batch) continue;
            Assert.Null(batch.Failure);
            Assert.Empty(batch.Refused);
            Assert.All(batch.Events, e => Assert.NotNull(Admission.Admit(e, "docs", DateTimeOffset.UnixEpoch, out _)));
        }
    }

    private static IncomingBatch? Read(string path, byte[] example) => path switch
    {
        "/v1/m" or "/flags/" or "/decide/" => null,
        "/v1/cloudevents" => CloudEventsAdapter.Read(new DefaultHttpContext().Request, example),
        "/com.snowplowanalytics.snowplow/tp2" => SnowplowAdapter.Read(example),
        "/v1/batch" or "/v1/b" or "/v1/import" => SegmentAdapter.ReadBatch(example),
        _ when path.StartsWith("/v1/", StringComparison.Ordinal) => SegmentAdapter.ReadSingle(example, TypeOf(path["/v1/".Length..])),
        _ => PostHogAdapter.Read(example),
    };

    private static EventType TypeOf(string call) =>
        Enum.GetValues<EventType>().Single(type => type.ToString().StartsWith(call, StringComparison.OrdinalIgnoreCase));

    private static IEnumerable<(string Path, JsonElement Operation)> Operations() =>
        from path in s_written.GetProperty("paths").EnumerateObject()
        from operation in path.Value.EnumerateObject()
        select (path.Name, operation.Value);

    /// <param name="pages">With those that people's browsers ask for.</param>
    private static List<RouteEndpoint> Endpoints(bool pages = true)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddCrmAccess("Host=nowhere").AddKeys(new SignInLimits());
        builder.Services.AddSingleton(new ApiOptions { Postgres = "Host=nowhere" });
        var app = builder.Build();
        app.MapClickstream();
        app.MapCustomers();
        app.MapPrivacy();
        app.MapLog();
        app.MapSignIn();
        app.MapPlainRecords();
        if (pages) app.MapLive();
        app.MapApiHealth();
        return [.. ((IEndpointRouteBuilder)app).DataSources.SelectMany(s => s.Endpoints).Cast<RouteEndpoint>()];
    }
}
