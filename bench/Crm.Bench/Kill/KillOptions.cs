namespace Crm.Bench;

/// <summary>Which process is killed.</summary>
internal enum Victim
{
    /// <summary>The only silo.</summary>
    Silo,

    /// <summary>The API.</summary>
    Api,

    /// <summary>The database server.</summary>
    Postgres,

    /// <summary>One of two silos, by chance.</summary>
    OneOfTwo,
}

/// <summary>How a kill proof is run.</summary>
internal sealed record KillOptions
{
    public required Victim Victim { get; init; }

    /// <summary>Kills, one a round.</summary>
    public int Rounds { get; init; } = 5;

    /// <summary>Load of a round, in seconds.</summary>
    public double Seconds { get; init; } = 20;

    /// <summary>Events a second that are offered.</summary>
    public double Rate { get; init; } = 10_000;

    /// <summary>Customers of the load, some much busier than others (Zipf).</summary>
    public int Customers { get; init; } = 20_000;

    /// <summary>Customers whose profiles are read all the time.</summary>
    public int Watched { get; init; } = 24;

    /// <summary>Seed of the moments of the kills and of the load.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Silos that the product must run with.</summary>
    public int Silos => Victim == Victim.OneOfTwo ? 2 : 1;

    /// <summary>Longest time until all profiles answer again, in seconds; set it higher on a machine that is busy with other things.</summary>
    public double? OutageLimit { get; init; }

    /// <summary>The same with its default: 15 s, or 30 s where the other silo must first notice the death.</summary>
    public double LongestOutage => OutageLimit ?? (Victim == Victim.OneOfTwo ? 30 : 15);

    public static Victim VictimOf(string text) => text switch
    {
        "silo" => Victim.Silo,
        "api" => Victim.Api,
        "postgres" => Victim.Postgres,
        "one-of-two" => Victim.OneOfTwo,
        _ => throw new ArgumentException($"--target is silo, api, postgres or one-of-two, not \"{text}\"."),
    };
}
