using System.Net.Http.Headers;
using Crm.Access;
using Xunit;

namespace Crm.Records;

/// <summary>For every kind that has files, and every scope: who may read a record reads its files, who may edit it adds and takes away, and nobody else.</summary>
[Collection(RecordsGroup.Name)]
public sealed class AttachmentAccessTests(RecordsFixture crm)
{
    private static readonly Dictionary<string, RecordScope> s_least = new()
    {
        ["mine"] = RecordScope.Own, ["mates"] = RecordScope.Team, ["below"] = RecordScope.Below, ["others"] = RecordScope.All, ["nobodys"] = RecordScope.All,
    };

    public static TheoryData<string> Kinds => ["activity", "task", "deal", "lead", "company", "order"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Files_are_as_near_as_their_record(string name)
    {
        var kind = RecordKind.Named(name)!;
        var (mate, below, other) = (crm.NewUser("north", _ => KindRights.Nothing), crm.NewUser("far", _ => KindRights.Nothing), crm.NewUser("south", _ => KindRights.Nothing));
        foreach (var read in Enum.GetValues<RecordScope>())
        {
            foreach (var edit in (RecordScope[])[RecordScope.None, RecordScope.Own, RecordScope.All])
            {
                var user = crm.NewUser("north", k => k == name ? KindRights.Nothing with { Read = read, Edit = edit } : KindRights.Full);
                foreach (var (whose, owner) in new[] { ("mine", user), ("mates", mate), ("below", below), ("others", other), ("nobodys", null) })
                    await Doors(kind, whose, owner, user, read >= s_least[whose], edit >= s_least[whose]);
            }
        }
    }

    [Fact]
    public async Task A_kind_that_has_no_files_has_no_door_for_them()
    {
        var product = await crm.Make(RecordKind.Product);
        Assert.Equal(404, (await crm.Ask("GET", $"/api/v1/products/{product}/attachments")).Status);
    }

    private async Task Doors(RecordKind kind, string whose, string? owner, string user, bool sees, bool edits)
    {
        var record = await crm.Make(kind, owner is null ? """{"owner":null}""" : $$"""{"owner":"{{owner}}"}""");
        var files = $"/api/v1/{kind.Plural}/{record}/attachments";
        var kept = (await Add(files, "kept.txt", RecordsFixture.Admin))["id"];
        Assert.NotNull(kept);
        var refused = sees ? 403 : 404;
        Assert.Equal((whose, "list", sees ? 200 : 404), (whose, "list", (await crm.Ask("GET", files, user: user)).Status));
        Assert.Equal((whose, "read", sees ? 200 : 404), (whose, "read", (await crm.Ask("GET", $"{files}/{kept}", user: user)).Status));
        Assert.Equal((whose, "add", sees && edits ? 201 : refused), (whose, "add", (await Add(files, "new.txt", user)).Status));
        Assert.Equal((whose, "delete", sees && edits ? 204 : refused), (whose, "delete", (await crm.Ask("DELETE", $"{files}/{kept}", user: user)).Status));
        Assert.Equal(sees && edits ? ["new.txt"] : ["kept.txt"], (await crm.Ask("GET", files)).Items.Select(i => (string)i!["name"]!));
    }

    private async Task<RecordsFixture.Answer> Add(string files, string name, string user)
    {
        using var form = new MultipartFormDataContent { { new ByteArrayContent("text"u8.ToArray()) { Headers = { ContentDisposition = new ContentDispositionHeaderValue("form-data") { Name = "file", FileName = name } } } } };
        return await crm.Send("POST", files, form, user);
    }
}
