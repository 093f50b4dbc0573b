using System.Text.Json.Nodes;
using Crm.Calls;

namespace Crm.Access;

/// <summary>Teams as the tree that they are.</summary>
internal static class TeamTree
{
    /// <summary>Each team with how deep it stands, those below one right after it. What has no place in the tree stands at its root.</summary>
    public static IReadOnlyList<(JsonObject Team, int Depth)> Of(IReadOnlyList<JsonObject> teams)
    {
        var known = teams.Select(t => t.Text("id")).ToHashSet();
        var below = teams.ToLookup(t => t.Text("parent") is { } parent && known.Contains(parent) ? parent : "");
        var all = new List<(JsonObject, int)>(teams.Count);
        Add("", 0);
        return all;

        void Add(string parent, int depth)
        {
            foreach (var team in below[parent].OrderBy(t => t.Text("name"), StringComparer.OrdinalIgnoreCase))
            {
                if (all.Count >= teams.Count) return;
                all.Add((team, depth));
                Add(team.Text("id")!, depth + 1);
            }
        }
    }

    /// <summary>All of them to choose from, but for one and what stands below it.</summary>
    public static IEnumerable<(string Id, string Name)> Options(IReadOnlyList<JsonObject> teams, string? without = null)
    {
        var hidden = int.MaxValue;
        foreach (var (team, depth) in Of(teams))
        {
            if (team.Text("id") == without) hidden = depth;
            else if (depth <= hidden) hidden = int.MaxValue;
            if (hidden == int.MaxValue) yield return (team.Text("id")!, string.Concat(Enumerable.Repeat("\u2003", depth)) + team.Text("name"));
        }
    }
}
