using System.Collections.Frozen;

namespace Crm.Access;

/// <summary>
/// All people, roles and teams in memory, and what each may do. Taken over as a whole when anything changed; whoever asks during a
/// request keeps the <see cref="Actor"/> it got.
/// </summary>
internal sealed class PeopleDirectory
{
    private const int MaxTeamDepth = 50;

    private volatile Snapshot? _now;

    /// <summary>True when it was read once.</summary>
    public bool Loaded => _now is not null;

    /// <summary>A user; null when there is none.</summary>
    public CrmUser? User(string id) => _now?.Users.GetValueOrDefault(id);

    /// <summary>Those who may come in and whose name or user name holds a text, by name.</summary>
    public IReadOnlyList<CrmUser> Named(string part, int most) => _now is not { } now ? [] :
    [
        .. now.Actors.Keys.Select(id => now.Users[id])
            .Where(u => u.Name.Contains(part, StringComparison.OrdinalIgnoreCase) || u.UserName.Contains(part, StringComparison.OrdinalIgnoreCase))
            .OrderBy(u => u.Name, StringComparer.OrdinalIgnoreCase).Take(most),
    ];

    /// <summary>A team; null when there is none.</summary>
    public Team? Team(string id) => _now?.Teams.GetValueOrDefault(id);

    /// <summary>What a role is called: by its id when there is none.</summary>
    public string RoleName(string id) => _now?.Roles.GetValueOrDefault(id)?.Name ?? id;

    /// <summary>Whether there is such a role.</summary>
    public bool HasRole(string id) => _now?.Roles.ContainsKey(id) is true;

    /// <summary>Whether there is a team, and it is neither the other one nor below it.</summary>
    public bool StandsApart(string team, string other)
    {
        if (Team(team) is null) return false;
        var at = team;
        for (var depth = 0; at is not null && depth < MaxTeamDepth; depth++)
        {
            if (at == other) return false;
            at = Team(at)?.Parent;
        }

        return at is null;
    }

    /// <summary>What a user may do; null for one who may not come in.</summary>
    public Actor? Actor(string user) => _now?.Actors.GetValueOrDefault(user);

    /// <summary>Takes over what is stored.</summary>
    public void Take(IReadOnlyList<CrmUser> users, IReadOnlyList<Role> roles, IReadOnlyList<Team> teams)
    {
        var rolesById = roles.ToDictionary(r => r.Id, StringComparer.Ordinal);
        var below = teams.ToDictionary(t => t.Id, t => Below(t.Id, teams), StringComparer.Ordinal);
        _now = new Snapshot(
            users.ToFrozenDictionary(u => u.Id, StringComparer.Ordinal),
            teams.ToFrozenDictionary(t => t.Id, StringComparer.Ordinal),
            rolesById.ToFrozenDictionary(StringComparer.Ordinal),
            users.Where(u => u.Enabled && rolesById.ContainsKey(u.Role)).ToFrozenDictionary(u => u.Id, u => Of(u, rolesById[u.Role], below), StringComparer.Ordinal));
    }

    private static Actor Of(CrmUser user, Role role, Dictionary<string, string[]> below) => new()
    {
        User = user.Id,
        Team = user.Team,
        TeamsBelow = user.Team is { } team && below.TryGetValue(team, out var teams) ? teams : [],
        Administers = role.Administers,
        Rights = role.Rights,
    };

    private static string[] Below(string team, IReadOnlyList<Team> teams)
    {
        var found = new List<string> { team };
        for (var (from, depth) = (0, 0); from < found.Count && depth < MaxTeamDepth; depth++)
        {
            var level = found[from..].ToHashSet(StringComparer.Ordinal);
            from = found.Count;
            found.AddRange(teams.Where(t => t.Parent is { } parent && level.Contains(parent) && !found.Contains(t.Id)).Select(t => t.Id));
        }

        return [.. found];
    }

    private sealed record Snapshot(
        FrozenDictionary<string, CrmUser> Users, FrozenDictionary<string, Team> Teams, FrozenDictionary<string, Role> Roles,
        FrozenDictionary<string, Actor> Actors);
}
