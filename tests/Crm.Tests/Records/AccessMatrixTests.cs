using System.Text.Json;
using System.Text.Json.Nodes;
using Crm.Access;
using Xunit;

namespace Crm.Records;

/// <summary>
/// For every kind, action, scope and door: what is seen and what may be done is what the scope says, computed here by another rule than
/// the product's: from whom a record belongs to follows the least scope that covers it.
/// </summary>
[Collection(RecordsGroup.Name)]
public sealed class AccessMatrixTests(RecordsFixture crm)
{
    private static readonly Dictionary<string, RecordScope> s_least = new()
    {
        ["mine"] = RecordScope.Own, ["mates"] = RecordScope.Team, ["teams"] = RecordScope.Team, ["below"] = RecordScope.Below,
        ["above"] = RecordScope.All, ["others"] = RecordScope.All, ["nobodys"] = RecordScope.All,
    };

    public static TheoryData<string> Kinds => [.. RecordKind.All.Select(k => k.Name)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Every_door_shows_what_the_scope_covers_and_nothing_else(string name)
    {
        var kind = RecordKind.Named(name)!;
        var mark = "m" + crm.NewId();
        var link = await Link(kind);
        var doors = new OtherDoors(crm, kind, mark);
        var shared = await Shared(doors);
        foreach (var scope in Enum.GetValues<RecordScope>())
        {
            var reader = crm.NewUser("north", k => k == kind.Name ? KindRights.Full with { Read = scope, Create = false } : KindRights.Full);
            var doer = crm.NewUser("north", k => k == kind.Name
                ? new KindRights { Read = RecordScope.All, Edit = scope, Delete = scope, Export = scope }
                : KindRights.Full);
            foreach (var user in new[] { reader, doer })
            {
                var records = new Dictionary<string, string>(shared) { ["mine"] = await doors.Make($$"""{"owner":"{{user}}"}""") };
                var where = $"filter=source = {mark}".Replace(" ", "%20", StringComparison.Ordinal);
                await Reads(kind, user, records, where, link, user == reader ? scope : RecordScope.All, scope);
                await doors.Check(user, Covered(records, user == reader ? scope : RecordScope.All), user == reader ? scope : RecordScope.All);
                await Acts(kind, user, records, user == reader ? scope : RecordScope.All, user == reader ? RecordScope.All : scope);
                await crm.Ask("DELETE", $"/api/v1/{kind.Plural}/{records["mine"]}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_hidden_field_is_nowhere_and_a_read_only_one_stays(string name)
    {
        var kind = RecordKind.Named(name)!;
        var path = "/api/v1/" + kind.Plural;
        var own = "secret" + crm.NewId();
        await Field(kind.Name, own, "text");
        var user = crm.NewUser("north", _ => KindRights.Full with { Hidden = ["source", "custom." + own, "createdBy"], ReadOnly = ["tags"] });
        var id = await crm.Make(kind, $$$"""{"source":"hush-hush","tags":["vip"],"custom":{"{{{own}}}":"hush-hush"}}""");

        foreach (var door in (string[])[$"{path}/{id}", $"{path}?limit=200", $"{path}/export?format=csv", $"{path}/export?format=ndjson"])
        {
            var shown = await crm.Ask("GET", door, user: user);
            Assert.Equal(200, shown.Status);
            Assert.Contains(id, shown.Text, StringComparison.Ordinal);
            Assert.All((string[])["hush-hush", own, "createdBy"], hidden => Assert.DoesNotContain(hidden, shown.Text, StringComparison.Ordinal));
        }

        foreach (var query in (string[])[$"filter=source=x", "filter=source%20is%20empty", $"filter=custom.{own}=x", "sort=source", $"sort=-custom.{own}", "fields=source", "expand=createdBy"])
            Assert.Equal((query, 400), (query, (await crm.Ask("GET", $"{path}?{query}", user: user)).Status));

        if (OtherDoors.HasTimeline(kind)) Assert.DoesNotContain("hush-hush", (await crm.Ask("GET", $"{path}/{id}/timeline", user: user)).Text, StringComparison.Ordinal);
        Assert.Equal(200, (await crm.Ask("GET", $"{path}?q=anything", user: user)).Status);
        foreach (var searched in kind.Searched)
        {
            var blind = crm.NewUser("north", _ => KindRights.Full with { Hidden = [searched] });
            Assert.Equal((searched, 400), (searched, (await crm.Ask("GET", $"{path}?q=anything", user: blind)).Status));
        }

        Assert.Equal(422, (await crm.Ask("PATCH", $"{path}/{id}", """{"source":"x"}""", user)).Status);
        Assert.Equal(422, (await crm.Ask("PATCH", $"{path}/{id}", $$$"""{"custom":{"{{{own}}}":"x"}}""", user)).Status);
        var kept = await crm.Ask("PATCH", $"{path}/{id}", """{"tags":["changed"]}""", user);
        Assert.Equal((403, "urn:crm:problem:read-only"), (kept.Status, kept.Type));
        Assert.Contains("tags", kept["detail"], StringComparison.Ordinal);
        var stale = await crm.Ask("PATCH", $"{path}/{id}", "{}", user, ("If-Match", "\"9.9\""));
        Assert.Equal(412, stale.Status);
        Assert.DoesNotContain("hush-hush", stale.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("stage", 403, 200, 200)]
    [InlineData("pipeline", 403, 200, 200)]
    [InlineData("status", 403, 403, 403)]
    [InlineData("amount", 200, 403, 403)]
    [InlineData("probability", 200, 403, 403)]
    [InlineData("owner", 200, 200, 403)]
    public async Task Boards_and_forecasts_do_not_tell_what_is_hidden(string field, int board, int forecast, int byOwner)
    {
        var user = crm.NewUser("north", _ => KindRights.Full with { Hidden = [field] });
        await crm.Make(RecordKind.Deal, """{"amount":{"amount":"7","currency":"USD"},"closeDate":"2039-01-10"}""");
        const string Forecast = "/api/v1/forecast?from=2039-01&to=2039-01";

        var shown = await crm.Ask("GET", "/api/v1/pipelines/default/board", user: user);
        Assert.Equal((board, forecast, byOwner), (shown.Status, (await crm.Ask("GET", Forecast, user: user)).Status, (await crm.Ask("GET", Forecast + "&by=owner", user: user)).Status));
        if (field is "amount" or "probability") Assert.All(shown.Json["stages"]!.AsArray(), s => Assert.Null(s!["weighted"]));
        if (field == "pipeline") Assert.Equal(403, (await crm.Ask("GET", Forecast + "&pipeline=default", user: user)).Status);
    }

    private async Task Reads(
        RecordKind kind, string user, Dictionary<string, string> records, string where, (string Path, string Field) link, RecordScope read, RecordScope export)
    {
        var path = "/api/v1/" + kind.Plural;
        var seen = Covered(records, read);
        var listed = await crm.Ask("GET", $"{path}?{where}&count=true", user: user);
        Assert.Equal(seen, listed.Ids.Order());
        Assert.Equal($"{seen.Count}", listed["count"]);

        var exported = await crm.Ask("GET", $"{path}/export?format=ndjson&fields=id&{where}", user: user);
        var sent = Covered(records, export);
        Assert.Equal(export == RecordScope.None ? 403 : 200, exported.Status);
        if (export != RecordScope.None)
            Assert.Equal(sent, exported.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => (string)JsonNode.Parse(l)!["id"]!).Order());

        foreach (var (whose, id) in records)
        {
            var may = read >= s_least[whose];
            Assert.Equal((whose, read, may ? 200 : 404), (whose, read, (await crm.Ask("GET", $"{path}/{id}", user: user)).Status));
            if (OtherDoors.HasTimeline(kind))
                Assert.Equal((whose, read, may ? 200 : 404), (whose, read, (await crm.Ask("GET", $"{path}/{id}/timeline", user: user)).Status));
            var linking = await crm.Ask("POST", link.Path, $$$"""{"subject":"Links","custom":{"{{{link.Field}}}":"{{{id}}}"}}""");
            Assert.Equal(201, linking.Status);
            var expanded = await crm.Ask("GET", $"{link.Path}/{linking["id"]}?expand=custom.{link.Field}", user: user);
            Assert.Equal((whose, read, may), (whose, read, expanded.Json["custom"]![link.Field]!["recordVersion"] is not null));
        }
    }

    private async Task Acts(RecordKind kind, string user, Dictionary<string, string> records, RecordScope read, RecordScope act)
    {
        var path = "/api/v1/" + kind.Plural;
        foreach (var (whose, id) in records)
        {
            var (sees, may) = (read >= s_least[whose], act >= s_least[whose]);
            var refused = sees ? 403 : 404;
            Assert.Equal((whose, "edit", may ? 200 : refused), (whose, "edit", (await crm.Ask("PATCH", $"{path}/{id}", """{"tags":["t"]}""", user)).Status));
            foreach (var command in kind.Commands.Where(c => c is not ("cancel" or "merge" or "unmerge")))
            {
                var done = (await crm.Ask("POST", $"{path}/{id}/{command}", """{"amount":"-1"}""", user)).Status;
                Assert.Equal((whose, "command", sees ? may ? command == "refund" ? 409 : 422 : 403 : 404), (whose, "command", done));
            }

            var deleted = (await crm.Ask("DELETE", $"{path}/{id}", user: user)).Status;
            Assert.Equal((whose, "delete", may ? 204 : refused), (whose, "delete", deleted));
            if (!may) continue;
            Assert.Equal((whose, "trash", sees), (whose, "trash", (await crm.Ask("GET", $"{path}?trash=true&limit=200", user: user)).Ids.Contains(id)));
            Assert.Equal((whose, "restore", 200), (whose, "restore", (await crm.Ask("POST", $"{path}/{id}/restore", user: user)).Status));
        }

        var made = await crm.Ask("POST", path, """{"name":"x","subject":"x"}""", user);
        Assert.Equal(403, made.Status);
    }

    private static IReadOnlyList<string> Covered(Dictionary<string, string> records, RecordScope scope) =>
        [.. records.Where(r => scope >= s_least[r.Key]).Select(r => r.Value).Order()];

    private async Task<Dictionary<string, string>> Shared(OtherDoors doors)
    {
        var mate = crm.NewUser("north", _ => KindRights.Nothing);
        var below = crm.NewUser("far", _ => KindRights.Nothing);
        var above = crm.NewUser("top", _ => KindRights.Nothing);
        var other = crm.NewUser("south", _ => KindRights.Nothing);
        return new Dictionary<string, string>
        {
            ["mates"] = await doors.Make($$"""{"owner":"{{mate}}"}"""),
            ["teams"] = await doors.Make("""{"owner":null,"team":"north"}"""),
            ["below"] = await doors.Make($$"""{"owner":"{{below}}"}"""),
            ["above"] = await doors.Make($$"""{"owner":"{{above}}"}"""),
            ["others"] = await doors.Make($$"""{"owner":"{{other}}"}"""),
            ["nobodys"] = await doors.Make("""{"owner":null}"""),
        };
    }

    // A field that links records of another kind, which all may read, to the kind in question.
    private async Task<(string Path, string Field)> Link(RecordKind kind)
    {
        var (from, field) = (kind == RecordKind.Activity ? RecordKind.ToDo : RecordKind.Activity, "link" + crm.NewId());
        await Field(from.Name, field, "link", kind.Name);
        return ("/api/v1/" + from.Plural, field);
    }

    private async Task Field(string kind, string name, string type, string? linked = null)
    {
        var body = new JsonObject { ["kind"] = kind, ["name"] = name, ["type"] = type };
        if (linked is not null) body["linkedKind"] = linked;
        var made = await crm.Ask("POST", "/api/v1/fields", body.ToJsonString());
        Assert.True(made.Status == 201, made.Text);
    }
}
