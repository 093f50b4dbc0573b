using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Crm.Deals;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Segments;

/// <summary>What tests of segments over the API share.</summary>
public abstract class SegmentApi(DealsFixture fixture)
{
    protected DealsFixture Fixture => fixture;

    protected async Task<Answer> Ask(string method, string path, string? body = null, string? key = null, params (string Name, string Value)[] headers)
    {
        var reply = await Fixture.Ask(method, path, body, key, headers);
        return new Answer(reply.Status, reply.Json.ValueKind == JsonValueKind.Object ? (JsonObject)JsonNode.Parse(reply.Json.GetRawText())! : []);
    }

    protected Task<Answer> Flags(string user) => Ask("POST", "/flags/?v=2", new JsonObject { ["token"] = Fixture.AdminKey, ["distinct_id"] = user }.ToJsonString());

    protected sealed record Answer(int Status, JsonObject Json)
    {
        public string? Text(string member) => (string?)Json[member];
    }

    protected static string NewUser() => "seg-" + Guid.NewGuid().ToString("N")[..12];

    protected async Task<(string Id, string Name)> Make(string definition)
    {
        var name = "Segment " + Guid.NewGuid().ToString("N")[..12];
        var made = await Ask("POST", "/api/v1/segments", new JsonObject { ["name"] = name, ["definition"] = definition }.ToJsonString());
        Assert.True(made.Status == 201, $"{made.Status} {made.Json.ToJsonString()}");
        return ((string)made.Json["id"]!, name);
    }

    protected Task<string> View(string user, string category, DateTimeOffset? at = null)
    {
        var track = new JsonObject { ["userId"] = user, ["event"] = "Product Viewed", ["properties"] = new JsonObject { ["product_id"] = "p1", ["category"] = category } };
        if (at is { } time) track["timestamp"] = time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);
        return Fixture.Happens("track", track.ToJsonString());
    }

    protected async Task<string[]> Segments(string user, string? position = null)
    {
        var answer = await Ask("GET", $"/v1/customers/u:{user}" + (position is null ? "" : "?minPosition=" + Uri.EscapeDataString(position)));
        Assert.Equal(200, answer.Status);
        return [.. answer.Json["segments"]!.AsArray().Select(s => (string)s!["id"]!)];
    }

    protected async Task<string[]> Members(string segment) =>
        [.. (await Ask("GET", $"/api/v1/segments/{segment}/members?limit=200")).Json["data"]!.AsArray().Select(m => (string)m!["id"]!)];

    protected Task Filled() => Eventually.True(async () => (bool)(await Ask("GET", "/api/v1/segments/backfill")).Json["ended"]!, "everybody was looked at");

    protected Task Projected() => Eventually.True(
        async () => await Fixture.Database.Ask<long>(
            """
            SELECT count(*) FROM (SELECT partition, max(first_seq + count - 1) AS head FROM event_block GROUP BY partition) b
            LEFT JOIN partition_state s USING (partition) WHERE coalesce(s.history, 0) < b.head
            """) == 0,
        "all is in the history");
}
