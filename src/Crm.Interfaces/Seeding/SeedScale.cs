using System.Globalization;
using Crm.Access;

namespace Crm.Seeding;

/// <summary>How much is seeded. The same scale gives the same records.</summary>
/// <param name="Customers">From 1 to <see cref="MaxCustomers"/>; all the rest is in proportion.</param>
/// <param name="Seed">Other seeds give other records with other ids.</param>
/// <param name="Today">The day that all times are before, or, where they are plans, around.</param>
public sealed record SeedScale(int Customers, int Seed, DateOnly Today)
{
    /// <summary>Ten million activities are some gigabytes; more is no test of one machine.</summary>
    public const int MaxCustomers = 5_000_000;

    /// <summary>Name of the day on which customers are to be renewed, a field of one's own.</summary>
    public const string RenewalField = "renewalDate";

    /// <summary>Name of the number that customers are rated by, a field of one's own.</summary>
    public const string RatingField = "rating";

    /// <summary>As many as have about 2,000 open deals each.</summary>
    public int Users => Math.Clamp(Customers / 22_500, 3, 200);

    public int Teams => Math.Clamp(Users / 8, 2, 20);

    /// <summary>How many records of a kind; of orders at most: each won deal has one.</summary>
    public int Of(string kind) => kind switch
    {
        RecordKinds.Customer => Customers,
        RecordKinds.Company => Math.Max(1, Customers / 5),
        RecordKinds.Deal => (int)(Customers * 3L / 10),
        RecordKinds.Activity => Customers * 3,
        RecordKinds.Lead => Customers / 10,
        RecordKinds.TaskKind => Customers / 5,
        RecordKinds.Product => Math.Clamp(Customers / 1_000, 10, 5_000),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <summary>The midnight, UTC, that <see cref="Today"/> begins with.</summary>
    public DateTimeOffset Midnight => new(Today, TimeOnly.MinValue, TimeSpan.Zero);

    /// <summary>A user's id, team, and name.</summary>
    public (string Id, string Team, string Name) User(int n) => (Text("us_seed", n), Team(n % Teams), Text("seed-", n));

    /// <summary>A team's id.</summary>
    public string Team(int n) => Text("tm_seed", n);

    private string Text(string prefix, int n) => string.Create(CultureInfo.InvariantCulture, $"{prefix}{Seed}_{n}");
}
