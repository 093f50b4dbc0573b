using Crm.Seeding;

namespace Crm.Bench;

/// <summary>A query of a list.</summary>
/// <param name="Kind">The plural of the kind.</param>
/// <param name="Sort">As the API takes it.</param>
/// <param name="Filter">As the API takes it; null for none.</param>
internal sealed record ListShape(string Kind, string Sort, string? Filter)
{
    /// <summary>The address of its pages.</summary>
    public string Path => $"/api/v1/{Kind}?limit=50&sort={Uri.EscapeDataString(Sort)}" + (Filter is null ? "" : "&filter=" + Uri.EscapeDataString(Filter));
}

/// <summary>The twenty shapes that lists are committed to answer quickly, and one that nobody promised.</summary>
internal static class ListShapes
{
    /// <summary>No index helps to find what does not hold a text anywhere, and it is sorted by what has no index either.</summary>
    public static ListShape Slow { get; } = new("activities", "durationMinutes", "body ~ \"zzz\" or subject ~ \"qqq\" or (not body ~ \"nothing\" and not subject ~ \"zzz\" and not body ~ \"something\" and durationMinutes > 1)");

    /// <summary>The twenty.</summary>
    public static ListShape[] All(SeedScale scale)
    {
        var (owner, team) = (scale.User(0).Id, scale.Team(0));
        return
        [
            new("customers", "name", null),
            new("customers", "-createdAt", null),
            new("customers", "-lastSeen", null),
            new("customers", "-revenue", null),
            new("customers", "owner", null),
            new("customers", "custom." + SeedScale.RenewalField, null),
            new("customers", "-custom." + SeedScale.RatingField, null),
            new("customers", "name", $"team = \"{team}\" and orders > 0"),
            new("customers", "-lastSeen", "tags has vip and orders > 0"),
            new("customers", "-revenue", $"owner = \"{owner}\" and custom.{SeedScale.RatingField} >= 500"),
            new("customers", "-custom." + SeedScale.RatingField, "lifecycle = customer and source = web"),
            new("companies", "name", null),
            new("companies", "-createdAt", "industry = \"Software\" and size >= 1000"),
            new("companies", "-updatedAt", $"team = \"{team}\" and source = web"),
            new("leads", "-score", "status = qualified and source = referral"),
            new("deals", "-amount", $"status = open and owner = \"{owner}\""),
            new("deals", "closeDate", "status = open and amount >= 10000"),
            new("deals", "-createdAt", null),
            new("activities", "-at", $"type = call and owner = \"{owner}\""),
            new("activities", "-createdAt", $"team = \"{team}\" and type in (meeting, call)"),
        ];
    }
}
