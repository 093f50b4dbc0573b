using System.Text.Json.Nodes;
using Crm.Records;
using Xunit;
using static Crm.Access.PeopleFixture;

namespace Crm.Access;

/// <summary>
/// The matrix of access once more, smaller, through the real doors: people of real roles who signed in by cookie, by the session's token and
/// by an API token. For every kind and scope each door shows what the scope covers, computed here by the least scope that covers it.
/// </summary>
[Collection(PeopleGroup.Name)]
public sealed class SignedInMatrixTests(PeopleFixture crm)
{
    private static readonly Dictionary<string, RecordScope> s_least = new()
    {
        ["mine"] = RecordScope.Own, ["mates"] = RecordScope.Team, ["below"] = RecordScope.Below,
        ["above"] = RecordScope.All, ["others"] = RecordScope.All, ["nobodys"] = RecordScope.All,
    };

    public static TheoryData<string> Kinds => [.. RecordKind.All.Select(k => k.Name)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Whoever_signs_in_sees_what_the_scope_covers(string name)
    {
        var kind = RecordKind.Named(name)!;
        await Teams(name);
        await Roles(name);
        var link = await Link(kind);
        var shared = new Dictionary<string, string> { ["nobodys"] = await Make(kind, null) };
        foreach (var (whose, team) in new[] { ("mates", "north"), ("below", "far"), ("above", "top"), ("others", "south") })
            shared[whose] = await Make(kind, (await crm.NewPerson("reader", Team(name, team))).Id);
        foreach (var scope in Enum.GetValues<RecordScope>())
        {
            var (cookie, session, id, _) = await crm.NewPerson(Role(name, scope), Team(name, "north"));
            var records = new Dictionary<string, string>(shared) { ["mine"] = await Make(kind, id) };
            var linking = new Dictionary<string, string>();
            foreach (var (whose, record) in records)
                linking[whose] = await Made("/api/v1/" + link.Plural, new JsonObject { ["subject"] = "Links", ["custom"] = new JsonObject { [link.Field] = record } });
            var (program, _, _) = await crm.NewToken(cookie, "read");
            foreach (var client in (HttpClient[])[cookie, crm.Client(session: session), program])
            {
                await Many(client, kind, records, scope);
                await Each(client, kind, records, linking, link, scope);
            }

            Assert.Equal(204, (await Ask(crm.Administrator, "DELETE", $"/api/v1/{kind.Plural}/{records["mine"]}")).Status);
        }
    }

    private static async Task Many(HttpClient client, RecordKind kind, Dictionary<string, string> records, RecordScope scope)
    {
        var seen = records.Where(r => scope >= s_least[r.Key]).Select(r => r.Value).Order(StringComparer.Ordinal).ToArray();
        var listed = await Ask(client, "GET", $"/api/v1/{kind.Plural}?limit=200&count=true");
        Assert.Equal(200, listed.Status);
        Assert.Equal(seen, listed.Json["items"]!.AsArray().Select(i => (string)i!["id"]!).Where(records.ContainsValue).Order(StringComparer.Ordinal));
        if (scope != RecordScope.All) Assert.Equal(seen.Length, (int)listed.Json["count"]!);
        var exported = await Ask(client, "GET", $"/api/v1/{kind.Plural}/export?format=ndjson&fields=id");
        Assert.Equal(scope == RecordScope.None ? 403 : 200, exported.Status);
        if (scope == RecordScope.None) return;
        var sent = exported.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => (string)JsonNode.Parse(l)!["id"]!).ToArray();
        Assert.Equal(seen, sent.Where(records.ContainsValue).Order(StringComparer.Ordinal));
        if (scope != RecordScope.All) Assert.Equal(seen.Length, sent.Length);
    }

    private static async Task Each(
        HttpClient client, RecordKind kind, Dictionary<string, string> records, Dictionary<string, string> linking, (string Plural, string Field) link, RecordScope scope)
    {
        foreach (var (whose, id) in records)
        {
            var may = scope >= s_least[whose];
            Assert.Equal((whose, scope, may ? 200 : 404), (whose, scope, (await Ask(client, "GET", $"/api/v1/{kind.Plural}/{id}")).Status));
            var expanded = await Ask(client, "GET", $"/api/v1/{link.Plural}/{linking[whose]}?expand=custom.{link.Field}");
            Assert.True(expanded.Status == 200, expanded.Text);
            Assert.Equal((whose, scope, may), (whose, scope, expanded.Json["custom"]![link.Field] is JsonObject record && record["recordVersion"] is not null));
            if (kind != RecordKind.Customer && kind != RecordKind.Company && kind != RecordKind.Deal) continue;
            Assert.Equal((whose, scope, may ? 200 : 404), (whose, scope, (await Ask(client, "GET", $"/api/v1/{kind.Plural}/{id}/timeline")).Status));
        }
    }

    // Teams of the kind's own: lists are compared as a whole, so nobody else may own what they show.
    private static string Team(string kind, string team) => $"{kind}-{team}";

    private static string Role(string kind, RecordScope scope) => $"{kind}-{scope}";

    private async Task Teams(string kind)
    {
        foreach (var (team, parent) in new[] { ("top", null), ("north", "top"), ("south", "top"), ("far", "north") })
        {
            var put = await Ask(crm.Administrator, "PUT", "/api/v1/teams/" + Team(kind, team), new JsonObject { ["name"] = team, ["parent"] = parent is null ? null : Team(kind, parent) });
            Assert.True(put.Status == 200, put.Text);
        }
    }

    private async Task Roles(string kind)
    {
        var roles = new Roles(crm.Database, TimeProvider.System);
        foreach (var scope in Enum.GetValues<RecordScope>())
        {
            var rights = RecordKinds.All.ToDictionary(k => k, k => k == kind ? new KindRights { Read = scope, Export = RecordScope.All } : KindRights.Full);
            Assert.NotNull(await roles.Put(new Role(Role(kind, scope), "As far as " + scope) { Rights = rights }, isNew: true, ChangeCause.CommandLine));
        }

        // Signing in looks at once at what others changed.
        Assert.Equal(200, (await Form(crm.Administrator, "login", $"username=root&password={Password}")).Status);
    }

    private async Task<(string Plural, string Field)> Link(RecordKind kind)
    {
        var from = kind == RecordKind.Activity ? RecordKind.ToDo : RecordKind.Activity;
        var field = "linked" + kind.Name;
        await Made("/api/v1/fields", new JsonObject { ["kind"] = from.Name, ["name"] = field, ["type"] = "link", ["linkedKind"] = kind.Name });
        return (from.Plural, field);
    }

    private Task<string> Make(RecordKind kind, string? owner)
    {
        var body = new JsonObject { ["owner"] = owner };
        foreach (var rule in kind.Rules.Where(r => r.Required)) body[rule.Field.Name] ??= "A " + kind.Name;
        if (kind == RecordKind.Activity) body["subject"] ??= "A note";
        return Made("/api/v1/" + kind.Plural, body);
    }

    private async Task<string> Made(string path, JsonObject body)
    {
        var made = await Ask(crm.Administrator, "POST", path, body);
        Assert.True(made.Status == 201, $"{path}: {made.Status} {made.Text}");
        return (string?)made.Json["id"] ?? "";
    }
}
