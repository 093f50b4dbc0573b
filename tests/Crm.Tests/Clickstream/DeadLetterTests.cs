using System.Buffers;
using System.Text.Json;
using Crm.Access;
using Crm.Infrastructure;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NpgsqlTypes;
using Xunit;

namespace Crm.Clickstream;

/// <summary>Dead letters over HTTP: seen, counted, replayed once, removed.</summary>
[Collection(IngestGroup.Name)]
public sealed class DeadLetterTests(IngestFixture crm)
{
    private const string All = "/api/v1/dead-letters";

    [Fact]
    public async Task Refused_input_is_listed_with_reason_time_source_and_sample()
    {
        var (id, key) = await crm.NewSource();
        await crm.Send("batch", """{"batch":[{"type":"track","event":"Nobody","messageId":"m-secret"},{"type":"nonsense"}]}""", key);
        await crm.Send("track", "{", key);

        var letters = await Letters(id, 3);
        var nobody = letters.Single(l => Text(l, "event") == "Nobody");
        Assert.Equal(("ingest", "refused", "track", Admission.NeedsIdentity, id), (
            Text(nobody, "stage"), Text(nobody, "reason"), Text(nobody, "call"), Text(nobody, "detail"), Text(nobody, "source")));
        Assert.Contains("m-secret", Text(nobody, "sample"), StringComparison.Ordinal);
        Assert.InRange(TimeProvider.System.GetUtcNow() - nobody.GetProperty("receivedAt").GetDateTimeOffset(), TimeSpan.FromMinutes(-1), TimeSpan.FromMinutes(5));
        Assert.Equal(200, (await crm.Ask("GET", $"{All}/{Text(nobody, "id")}")).Status);

        var counts = (await crm.Ask("GET", $"{All}/counts?source={id}")).Data();
        Assert.Equal([1L, 1L, 1L], counts.Select(c => c.GetProperty("open").GetInt64()));
        Assert.Equal(
            new[] { Admission.NeedsIdentity, JsonBody.NotJson.Message, SegmentAdapter.UnknownType }.Order(StringComparer.Ordinal),
            counts.Select(c => Text(c, "detail")!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Personal_data_is_only_for_those_who_may_read_people()
    {
        var (id, key) = await crm.NewSource();
        await crm.Send("track", """{"event":"Nobody","properties":{"email":"ada@example.com"}}""", key);
        await Letters(id, 1);
        var blind = (await crm.Keys.Create(new KeyOrder(ApiKeyKind.Server, "blind admin", "office", [Scopes.Admin]))).Secret;

        var listed = await crm.Ask("GET", $"{All}?source={id}", key: blind);
        var one = await crm.Ask("GET", $"{All}/{Text(listed.Data()[0], "id")}", key: blind);

        Assert.DoesNotContain("ada@", listed.Json.GetRawText() + one.Json.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(("True", "Nobody"), (one.Text("withheld"), one.Text("event")));
        Assert.Contains("ada@", (await Letters(id, 1))[0].GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pages_miss_none_and_filters_choose()
    {
        var (id, key) = await crm.NewSource();
        for (var i = 0; i < 5; i++) await crm.Send("track", $$"""{"event":"n{{i}}"}""", key);
        await Letters(id, 5);

        var seen = new List<string>();
        for (var path = $"{All}?source={id}&limit=2"; path is not null;)
        {
            var page = await crm.Ask("GET", path);
            seen.AddRange(page.Data().Select(l => Text(l, "event")!));
            path = page.Headers.TryGetValues("Link", out var links) ? links.Single().Split('>')[0][1..] : null;
        }

        Assert.Equal(["n0", "n1", "n2", "n3", "n4"], seen.Order(StringComparer.Ordinal));
        Assert.Empty((await crm.Ask("GET", $"{All}?source={id}&stage=silo")).Data());
        Assert.Empty((await crm.Ask("GET", $"{All}?source={id}&replayed=true")).Data());
        Assert.Empty((await crm.Ask("GET", $"{All}?source={id}&until=2001-01-01T00:00:00Z")).Data());
        Assert.Equal(400, (await crm.Ask("GET", All + "?stage=moon")).Status);
        Assert.Equal(400, (await crm.Ask("GET", All + "?cursor=eHg")).Status);
    }

    [Fact]
    public async Task What_a_plan_refused_is_replayed_after_the_fix_as_it_would_have_been_logged()
    {
        var (id, key) = await crm.NewSource("""{"planViolations":"refuse"}""");
        await crm.Ask("PUT", $"/api/v1/sources/{id}/plan/Viewed", """{"required":["never"]}""");
        await Eventually.True(async () => (await crm.Send("track", """{"userId":"u","event":"Viewed"}""", key)).Status == 400, "the plan is kept to");
        var refused = await crm.Send("track", $$"""{"userId":"replayed-{{id}}","event":"Viewed","messageId":"m-{{id}}","timestamp":"2026-01-02T03:04:05Z"}""", key);
        Assert.Contains("/required", refused.Text("message"), StringComparison.Ordinal);
        var letter = default(JsonElement);
        await Eventually.True(
            async () => (letter = (await crm.Ask("GET", $"{All}?source={id}&reason=plan")).Data().FirstOrDefault(l => Text(l, "messageId") == $"m-{id}")).ValueKind != JsonValueKind.Undefined,
            "the dead letter is kept");
        var letterId = Text(letter, "id")!;

        Assert.Equal(("refused", letterId), Only(await Replay(letterId)));
        await crm.Ask("DELETE", $"/api/v1/sources/{id}/plan/Viewed");
        await Eventually.True(async () => Only(await Replay(letterId)).Status == "replayed", "the mended plan lets it in");

        Assert.Equal("already", Only(await Replay(letterId)).Status);
        var logged = (await Logs.Of(crm)).Single(e => e.Event.MessageId == $"m-{id}").Event;
        Assert.Equal(($"u:replayed-{id}", id, letter.GetProperty("receivedAt").GetDateTimeOffset().ToUnixTimeMilliseconds(), EventFaults.None), (
            logged.Lane, logged.Source, logged.ReceivedAtMs, logged.Faults));
        Assert.Equal(DateTimeOffset.Parse("2026-01-02T03:04:05Z", System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeMilliseconds(), logged.TimestampMs);
        Assert.NotEqual("", (await crm.Ask("GET", $"{All}/{letterId}")).Text("replayedAt"));
        Assert.DoesNotContain(letterId, (await crm.Ask("GET", $"{All}?source={id}&replayed=false")).Json.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_replays_at_a_time_log_an_event_once()
    {
        var (id, _) = await crm.NewSource();
        var letter = await SiloLetter($"flood-{id}", id);

        var results = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => Replay(letter)));

        Assert.Single(results, r => Only(r).Status == "replayed");
        Assert.All(results, r => Assert.True(Only(r).Status is "replayed" or "already"));
        Assert.Single(await Logs.Of(crm), e => e.Event.MessageId == $"flood-{id}");
    }

    [Fact]
    public async Task What_a_silo_failed_on_is_seen_by_its_source_and_replayed_by_filter()
    {
        var (id, _) = await crm.NewSource();
        await SiloLetter($"poison-{id}", id);

        var letter = Assert.Single((await crm.Ask("GET", $"{All}?source={id}&stage=silo")).Data());
        Assert.Equal(("poison", "The rules failed.", "Poison", $"poison-{id}"), (
            Text(letter, "reason"), Text(letter, "detail"), Text(letter, "event"), Text(letter, "messageId")));
        var replayed = await crm.Ask("POST", All + "/replay", $$$"""{"filter":{"source":"{{{id}}}","reason":"poison"},"limit":10}""");

        Assert.Equal(("replayed", Text(letter, "id")), Only(replayed));
        Assert.Empty((await crm.Ask("POST", All + "/replay", $$$"""{"filter":{"source":"{{{id}}}"}}""")).Data());
        Assert.Equal(1_795_000_000_000, (await Logs.Of(crm)).Single(e => e.Event.MessageId == $"poison-{id}").Event.ReceivedAtMs);
    }

    [Fact]
    public async Task What_still_cannot_be_accepted_says_why_and_stays()
    {
        var (id, key) = await crm.NewSource();
        await crm.Send("batch", """{"batch":[{"type":"track","event":"nobody"},{"type":"nonsense","userId":"u"}]}""", key);
        await crm.Send("track", "{", key);
        var letters = await Letters(id, 3);

        var results = await crm.Ask("POST", All + "/replay", JsonSerializer.Serialize(new { ids = letters.Select(l => Text(l, "id")).Append("in-999999999") }));

        Assert.Equal(["missing", "refused", "refused", "refused"], results.Data().Select(r => Text(r, "status")!).Order(StringComparer.Ordinal));
        Assert.Contains(results.Data(), r => Text(r, "detail") == SegmentAdapter.UnknownType);
        Assert.Equal(3, (await Letters(id, 3)).Count(l => l.GetProperty("replayedAt").ValueKind == JsonValueKind.Null));
    }

    [Fact]
    public async Task An_element_that_can_be_used_by_now_goes_in()
    {
        var (id, _) = await crm.NewSource();
        await crm.Postgres.Source.Do($$$"""
            insert into dead_letter_inbound (received_at, source, reason, sample, call)
            values ('2026-05-01T10:00:00Z', '{{{id}}}', 'An older build did not take it.', '{"type":"page","anonymousId":"el-{{{id}}}"}', 'element')
            """);
        var letter = Text((await Letters(id, 1))[0], "id")!;

        Assert.Equal(("replayed", letter), Only(await Replay(letter)));
        var logged = (await Logs.Of(crm)).Single(e => e.Event.Lane == $"a:el-{id}").Event;
        Assert.Equal((EventType.Page, "dead-letter-" + letter, 1_777_629_600_000L), (logged.Type, logged.MessageId, logged.ReceivedAtMs));
    }

    [Fact]
    public async Task Letters_are_removed_alone_or_by_filter()
    {
        var (id, key) = await crm.NewSource();
        for (var i = 0; i < 3; i++) await crm.Send("track", $$"""{"event":"n{{i}}"}""", key);
        var letters = await Letters(id, 3);

        Assert.Equal(204, (await crm.Ask("DELETE", $"{All}/{Text(letters[0], "id")}")).Status);
        Assert.Equal(404, (await crm.Ask("DELETE", $"{All}/{Text(letters[0], "id")}")).Status);
        Assert.Equal("2", (await crm.Ask("POST", All + "/delete", $$$"""{"filter":{"source":"{{{id}}}"}}""")).Text("removed"));
        Assert.Empty((await crm.Ask("GET", $"{All}?source={id}")).Data());
        Assert.Equal(422, (await crm.Ask("POST", All + "/delete", "{}")).Status);
        Assert.Equal(422, (await crm.Ask("POST", All + "/replay", """{"ids":["nonsense"]}""")).Status);
    }

    [Fact]
    public async Task Days_and_numbers_are_bounded()
    {
        await using var own = new OwnDatabase();
        var database = await own.Create();
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddDays(DeadLetterStore.KeptDays - 1));
        var letters = new DeadLetterStore(database, clock);
        await database.Do($"""
            insert into dead_letter_inbound (received_at, source, reason, sample)
            select now(), 'loud', 'r', '' from generate_series(1, {InboundDeadLetters.MaxRows + 50});
            insert into dead_letter_inbound (received_at, source, reason, sample) values (now(), 'quiet', 'r', '');
            insert into dead_letter (partition, seq, lane, reason) values (0, 1, 'u:u', 2);
            """);
        using var inbound = new InboundDeadLetters(database, clock, NullLogger<InboundDeadLetters>.Instance);
        await inbound.StartAsync(default);
        inbound.Add(new DeadLetter(clock.GetUtcNow(), "loud", "r", default));
        await Eventually.True(async () => (await letters.Counts(new LetterFilter("loud"))).Single().Open == InboundDeadLetters.MaxRows, "the loud source is bounded");
        await inbound.StopAsync(default);

        Assert.Equal(1, (await letters.Counts(new LetterFilter("quiet"))).Single().Open);
        Assert.Equal(0, await letters.Trim());
        clock.Advance(TimeSpan.FromDays(2));
        await letters.Trim();
        Assert.Equal(["loud"], (await letters.Counts(new LetterFilter())).Select(c => c.Source));
    }

    private async Task<IReadOnlyList<JsonElement>> Letters(string source, int count)
    {
        IReadOnlyList<JsonElement> found = [];
        await Eventually.True(async () => (found = (await crm.Ask("GET", $"{All}?source={source}")).Data()).Count == count, $"{count} dead letters of {source} are kept");
        return found;
    }

    private Task<Reply> Replay(string id) => crm.Ask("POST", All + "/replay", JsonSerializer.Serialize(new { ids = new[] { id } }));

    // As a silo keeps an event that its rules failed on.
    private async Task<string> SiloLetter(string messageId, string source)
    {
        var packed = new ArrayBufferWriter<byte>();
        PackedEvent.Write(packed, Stores.Event("u:" + messageId, messageId) with { Source = source, Name = "Poison", ReceivedAtMs = 1_795_000_000_000 });
        var seq = Random.Shared.NextInt64(1L << 40);
        await using var command = crm.Postgres.Source.CreateCommand(
            "insert into dead_letter (partition, seq, lane, reason, detail, packed) values (3, $1, $2, 2, 'The rules failed.', $3)");
        command.Parameters.Add(new() { Value = seq });
        command.Parameters.Add(new() { Value = "u:" + messageId });
        command.Parameters.Add(new() { Value = packed.WrittenMemory.ToArray(), NpgsqlDbType = NpgsqlDbType.Bytea });
        await command.ExecuteNonQueryAsync();
        return $"silo-3-{seq}";
    }

    private static (string? Status, string? Id) Only(Reply reply)
    {
        var result = Assert.Single(reply.Data());
        return (Text(result, "status"), Text(result, "id"));
    }

    private static string? Text(JsonElement json, string member) => json.GetProperty(member).GetString();
}
