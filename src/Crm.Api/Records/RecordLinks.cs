using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Customers;
using Crm.Hosting;
using Crm.Orders;

namespace Crm.Records;

/// <summary>Holds what a body names against what there is: records that exist and may be read, users, teams.</summary>
internal static class RecordLinks
{
    /// <summary>Names of a body; more than any record can hold.</summary>
    private const int MaxLinks = 500;

    /// <summary>Longest chain of companies above a company that is followed.</summary>
    private const int MaxAbove = 50;

    /// <summary>What the body names that is not there, or null. Lines get what they leave out from the products that they name.</summary>
    /// <param name="stored">The record before; null for a new one. What it named already may stay.</param>
    public static async Task<Problem?> Check(HttpContext context, RecordKind kind, string? id, JsonObject body, RecordState? stored)
    {
        var before = stored is null ? [] : (JsonObject)JsonNode.Parse(stored.Fields)!;
        var links = Links(context.Fields(kind.Name), body, before).Take(MaxLinks + 1).ToArray();
        var errors = new Dictionary<string, string>(StringComparer.Ordinal);
        if (links.Length > MaxLinks) return RecordRequests.BadFields(new Dictionary<string, string> { [links[^1].Field] = $"{links[^1].Field}: A record names at most {MaxLinks} others." });
        var found = await context.RequestServices.GetRequiredService<LinkedRecords>()
            .Readable(links.Select(l => (l.Kind, l.Id)), context.Actor(), context.RequestAborted);
        var missing = links.Where(l => !found.ContainsKey((l.Kind, l.Id)) && !l.Stays).ToArray();
        if (await NewCustomers.Add(context, missing.Where(l => l.Kind == RecordKinds.Customer).Select(l => l.Id), found) is { } unsaid) return unsaid;
        foreach (var link in missing.Where(l => !found.ContainsKey((l.Kind, l.Id))))
            errors.TryAdd(link.Field, $"{link.Field}: There is no {link.Kind} {link.Id}, or you may not see it.");
        People(context, body, before, errors);
        if (errors.Count == 0 && kind == RecordKind.Company && id is not null && Text(body["parent"]) is { } parent)
            await Above(context, id, parent, errors);
        if (errors.Count > 0) return RecordRequests.BadFields(errors);
        if (body["lines"] is JsonArray lines) CatalogueLines.Fill(lines, found, context.Actor().Of(RecordKinds.Product));
        return null;
    }

    private static IEnumerable<Link> Links(KindFields fields, JsonObject body, JsonObject before)
    {
        foreach (var rule in fields.Rules.Where(r => r.LinkedKind is not null && !r.IsSystem))
        {
            var isOwn = rule.Field.Name.StartsWith(CustomField.Prefix, StringComparison.Ordinal);
            var name = isOwn ? rule.Field.Name[CustomField.Prefix.Length..] : rule.Field.Name;
            var (given, was) = isOwn ? ((body[KindFields.Member] as JsonObject)?[name], before[KindFields.Member]?[name]) : (body[name], before[name]);
            if (rule.LinkedMember is { } member)
            {
                foreach (var part in given as JsonArray ?? [])
                    if (part is JsonObject line && Text(line[member]) is { } named) yield return new Link(rule.Field.Name, rule.LinkedKind!, named, Named(was, member, named));
            }
            else if (Text(given) is { } target)
            {
                yield return new Link(rule.Field.Name, rule.LinkedKind!, target, Text(was) == target);
            }
        }
    }

    // Where nobody keeps a directory of people, nobody can be missed in it.
    private static void People(HttpContext context, JsonObject body, JsonObject before, Dictionary<string, string> errors)
    {
        if (context.RequestServices.GetService<PeopleDirectory>() is not { Loaded: true } people) return;
        if (Text(body["owner"]) is { } owner && owner != Text(before["owner"]) && people.User(owner) is null) errors["owner"] = $"owner: There is no user {owner}.";
        if (Text(body["team"]) is { } team && team != Text(before["team"]) && people.Team(team) is null) errors["team"] = $"team: There is no team {team}.";
    }

    // A company is not above itself.
    private static async Task Above(HttpContext context, string id, string parent, Dictionary<string, string> errors)
    {
        for (var (at, up) = (parent, 0); up <= MaxAbove; up++)
        {
            if (at == id || up == MaxAbove)
            {
                errors["parent"] = at == id ? "parent: A company cannot stand above itself." : $"parent: At most {MaxAbove} companies stand above one another.";
                return;
            }

            var above = await RecordWrites.Grain(context, RecordKind.Company, at).Get().WaitAsync(context.RequestAborted);
            if (above is null || Text(JsonNode.Parse(above.Fields)!["parent"]) is not { } next) return;
            at = next;
        }
    }

    private static bool Named(JsonNode? was, string member, string id) =>
        was is JsonArray parts && parts.Any(p => p is JsonObject part && Text(part[member]) == id);

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) && text.Length > 0 ? text : null;

    /// <param name="Stays">The record named it before.</param>
    private readonly record struct Link(string Field, string Kind, string Id, bool Stays);
}
