using Crm.Clickstream;

namespace Crm.Delivery;

/// <summary>A mix of faults: probabilities of a message, and weights among a thousand steps.</summary>
internal sealed record Scenario(string Name)
{
    public int Steps { get; init; } = 800;

    public double CallTimesOut { get; init; }

    public double CallIsLost { get; init; }

    public double AnswerIsLost { get; init; }

    public double ReadFails { get; init; }

    public double WriteFails { get; init; }

    public double WriteIsRefused { get; init; }

    public double WriteIsUnknown { get; init; }

    public double WriteIsLate { get; init; }

    /// <summary>All connections of the storage break while operations run, or just after.</summary>
    public double ConnectionsBreak { get; init; }

    public int Kills { get; init; }

    public int Deactivations { get; init; }

    public int SiloKills { get; init; }

    public int SecondOwners { get; init; }

    public int Illnesses { get; init; }

    public int Outages { get; init; }

    /// <summary>Merges that somebody takes back.</summary>
    public int Unmerges { get; init; }

    /// <summary>Customers who are told to rest.</summary>
    public int Rests { get; init; }

    /// <summary>Changes of segments' definitions; 0 where there are no segments.</summary>
    public int Edits { get; init; }

    public bool HasSegments => Edits > 0;

    /// <summary>Customers of whom people write something.</summary>
    public int Cards { get; init; }

    /// <summary>Moments in which hours pass at once.</summary>
    public int Leaps { get; init; }

    /// <summary>How often the faults stop and all is judged; then they begin again.</summary>
    public int Lives { get; init; } = 1;

    public int Reads { get; init; } = 30;

    public double Duplicates { get; init; } = 0.2;

    public double Links { get; init; } = 0.12;

    public double Poison { get; init; } = 0.02;

    public int CustomersPerSilo { get; init; } = 4;

    /// <summary>Reads without a position may be old while two owners live: the design says so. Else none may go back.</summary>
    public bool JudgesReads => SecondOwners == 0;

    /// <summary>Small bounds, so that a small world meets them all.</summary>
    public DeliveryOptions Options(Random random) => new()
    {
        RoundEvents = random.Next(1, 8),
        WindowEvents = random.Next(3, 12),
        MaxUnpersistedEvents = random.Next(8, 40),
        ParkAfter = TimeSpan.FromSeconds(3),
        MaxParkedLanes = 3,
        HistoryEvents = random.Next(3, 12),
        DueCustomers = 2,
    };
}
