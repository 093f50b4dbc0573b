using System.Text.Json.Nodes;
using Crm.Records;
using Xunit;

namespace Crm.Leads;

/// <summary>A lead's rules, pure.</summary>
public sealed class LeadRulesTests
{
    private static readonly DateTimeOffset s_now = new(2026, 5, 1, 10, 0, 0, TimeSpan.Zero);

    private readonly LeadRules _rules = new();

    [Fact]
    public void A_lead_without_an_owner_waits_for_one_and_one_with_does_not()
    {
        Assert.Equal("2026-05-01T10:00:00.000Z", (string)New("""{"name":"A"}""")["awaitsSince"]!);
        Assert.Null(New("""{"name":"A","owner":"ann"}""")["awaitsSince"]);

        // Whoever does not want to wait for the rules puts it into the pool.
        var released = Do("release", "{}", New("""{"name":"A"}"""));
        Assert.True(released["awaitsSince"] is null && released["pooledAt"] is not null);
    }

    [Fact]
    public void A_claim_takes_a_lead_from_the_pool_and_a_release_puts_it_back()
    {
        var pooled = Do("assign", """{"user":null}""", New("""{"name":"A"}"""));
        Assert.NotNull(pooled["pooledAt"]);
        Assert.Null(pooled["awaitsSince"]);

        var claimed = Do("claim", """{"user":"ann"}""", pooled);
        Assert.Equal(("ann", true), ((string)claimed["owner"]!, claimed["pooledAt"] is null && claimed["claimedAt"] is not null));
        Assert.Null(Decide("claim", """{"user":"bob"}""", claimed).Fields);
        Assert.True(JsonNode.DeepEquals(claimed, Do("claim", """{"user":"ann"}""", claimed)));

        var released = Do("release", "{}", claimed);
        Assert.True(released["owner"] is null && released["claimedAt"] is null && released["pooledAt"] is not null);
        Assert.Equal(["pooled", "claimed", "released"], ((JsonArray)released["history"]!).Select(s => (string)s!["what"]!));
    }

    [Fact]
    public void Only_an_idle_lead_is_taken_back_and_only_once()
    {
        var owned = New("""{"name":"A","owner":"ann"}""");
        Assert.True(JsonNode.DeepEquals(owned, Do("recycle", """{"idleSince":"2026-04-01T00:00:00.000Z"}""", owned)));

        var recycled = Do("recycle", """{"idleSince":"2026-06-01T00:00:00.000Z"}""", owned);
        Assert.NotNull(recycled["pooledAt"]);
        Assert.True(JsonNode.DeepEquals(recycled, Do("recycle", """{"idleSince":"2026-06-01T00:00:00.000Z"}""", recycled)));
    }

    [Fact]
    public void A_conversion_makes_the_same_whoever_repeats_it_and_others_after_it_was_taken_back()
    {
        var lead = New("""{"name":"Ann","company":"Acme","email":"ann@example.org","owner":"bob","source":"fair"}""");
        var (first, second) = (Decide("convert", "{}", lead), Decide("convert", "{}", lead));

        Assert.Equal(first.Made.Select(m => (m.Kind, m.Id)), second.Made.Select(m => (m.Kind, m.Id)));
        Assert.Equal(["company", "deal"], first.Made.Select(m => m.Kind));
        Assert.All(first.Made, m => Assert.Equal(("bob", "fair"), ((string)m.Fields["owner"]!, (string)m.Fields["source"]!)));
        Assert.Equal("Acme", (string)first.Made[0].Fields["name"]!);
        Assert.Equal(first.Made[0].Id, (string)first.Made[1].Fields["company"]!);
        var converted = first.Fields!;
        Assert.Equal("converted", (string)converted["status"]!);
        Assert.Equal("ann@example.org", (string)converted["pending"]!["body"]!["traits"]!["email"]!);
        Assert.Empty(Decide("convert", "{}", converted).Made);

        var undone = Do("settled", "{}", Do("unconvert", "{}", Do("settled", "{}", converted)));
        Assert.Equal(("qualified", true), ((string)undone["status"]!, undone["deal"] is null && undone["customer"] is null));
        Assert.NotEqual(first.Made[1].Id, Decide("convert", "{}", undone).Made[1].Id);
    }

    [Theory]
    [InlineData("""{"customer":"ann"}""", "customer")]
    [InlineData("""{"company":true}""", "company")]
    [InlineData("""{"deal":{"stageHistory":[]}}""", "deal.stageHistory")]
    [InlineData("""{"deal":{"closeDate":"soon"}}""", "closeDate")]
    [InlineData("""{"colour":"red"}""", "colour")]
    public void What_a_conversion_cannot_use_is_named(string arguments, string field) =>
        Assert.Equal([field], Decide("convert", arguments, New("""{"name":"Ann"}""")).Errors!.Keys);

    [Fact]
    public void A_conversion_may_make_less()
    {
        var lead = New("""{"name":"Ann","company":"Acme"}""");

        Assert.Empty(Decide("convert", """{"company":false,"deal":false,"customer":"u:ann"}""", lead).Made);
        Assert.Null(Decide("convert", """{"company":false,"deal":false,"customer":"u:ann"}""", lead).Fields!["pending"]);
        Assert.Equal("co_1", (string)Decide("convert", """{"company":{"id":"co_1"}}""", lead).Made.Single().Fields["company"]!);
    }

    [Fact]
    public void Turns_are_taken_and_the_least_busy_is_found()
    {
        var round = new LeadRule(null, LeadMode.RoundRobin, ["a", "b", "c"]);
        var turns = Enumerable.Range(0, 4).Select(g => LeadChoice.Of(round with { Given = g }, ["a", "c"], new Dictionary<string, long>())).ToArray();

        Assert.Equal("a,c,a,c", string.Join(",", turns));
        Assert.Equal("b", LeadChoice.Of(round with { Mode = LeadMode.LeastBusy }, ["a", "b"], new Dictionary<string, long> { ["a"] = 1 }));
        Assert.Null(LeadChoice.Of(round, [], new Dictionary<string, long>()));
    }

    private JsonObject Do(string command, string arguments, JsonObject lead) => Decide(command, arguments, lead).Fields!;

    private RecordDecision Decide(string command, string arguments, JsonObject lead) =>
        _rules.Do(command, (JsonObject)JsonNode.Parse(arguments)!, (JsonObject)JsonNode.Parse(lead.ToJsonString())!, Turn())!;

    private JsonObject New(string fields)
    {
        var errors = new Dictionary<string, string>();
        var lead = RecordEdit.Create(new KindFields(RecordKind.Lead, []), (JsonObject)JsonNode.Parse(fields)!, errors);
        _rules.Complete(null, lead, Turn(), errors);
        Assert.Empty(errors);
        return lead;
    }

    private static RuleTurn Turn() => new("le_1", new ChangeCause("bob", null, Guid.Empty), s_now);
}
