using Crm.Access;
using Crm.Records;

namespace Crm.Calls;

/// <summary>Who looks at the page, and what that person may do. What is not allowed is not offered; the API refuses it in any case.</summary>
public sealed class Me(Api api)
{
    private Task? _loading;

    public string Id { get; private set; } = "";

    public string Name { get; private set; } = "";

    public string UserName { get; private set; } = "";

    public string? Team { get; private set; }

    public string? Language { get; private set; }

    private Actor _actor = new();

    /// <summary>May administer.</summary>
    public bool Administers => _actor.Administers;

    /// <summary>Asks once.</summary>
    public Task Load() => _loading ??= Ask();

    /// <summary>What may be done with a kind.</summary>
    public KindRights Of(string kind) => _actor.Of(kind);

    /// <summary>Whether records of a kind may be seen at all.</summary>
    public bool Sees(string kind) => Of(kind).Read != RecordScope.None;

    /// <summary>Whether something may be done to a record.</summary>
    public bool May(RecordAction action, string kind, System.Text.Json.Nodes.JsonObject record) =>
        _actor.May(action, kind, new Ownership(Owner(record), record.Text("team")));

    /// <summary>Whether a field may be changed.</summary>
    public bool MayEdit(string kind, FieldRule rule) => !rule.IsSystem && !Of(kind).ReadOnly.Contains(rule.Field.Name) && !Of(kind).Hidden.Contains(rule.Field.Name);

    private static string? Owner(System.Text.Json.Nodes.JsonObject record) => record.Part("owner").Text("id") ?? record.Text("owner");

    private async Task Ask()
    {
        var answer = await api.Get("/api/v1/me");
        if (!answer.Is)
        {
            _loading = null;
            return;
        }

        var me = answer.Object;
        (Id, Name, UserName, Team, Language) = (me.Text("id") ?? "", me.Text("name") ?? "", me.Text("userName") ?? "", me.Text("team"), me.Text("language"));
        _actor = new Actor
        {
            User = Id,
            Team = Team,
            TeamsBelow = me.Texts("teamsBelow"),
            Administers = me.Text("administers") == "true",
            Rights = me.Part("rights")?.ToDictionary(r => r.Key, r => RightsJson.Read(r.Value!)) ?? [],
        };
    }
}

/// <summary>Rights as the API writes them.</summary>
internal static class RightsJson
{
    private static readonly System.Text.Json.JsonSerializerOptions s_options = new(System.Text.Json.JsonSerializerDefaults.Web);

    public static KindRights Read(System.Text.Json.Nodes.JsonNode json) =>
        System.Text.Json.JsonSerializer.Deserialize<KindRights>(json, s_options) ?? KindRights.Nothing;
}
