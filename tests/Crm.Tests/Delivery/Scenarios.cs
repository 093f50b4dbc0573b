namespace Crm.Delivery;

/// <summary>The mixes of faults that the properties are run with.</summary>
internal static class Scenarios
{
    public static readonly Scenario Calm = new("calm");

    public static readonly Scenario LostCalls = new("lost calls") { CallTimesOut = 0.06, CallIsLost = 0.03, AnswerIsLost = 0.05 };

    public static readonly Scenario Crashes = new("crashes") { Kills = 35, SiloKills = 5, Deactivations = 15 };

    public static readonly Scenario FailingStorage = new("failing storage")
    {
        ReadFails = 0.04,
        WriteFails = 0.05,
        WriteIsRefused = 0.03,
        WriteIsUnknown = 0.05,
        WriteIsLate = 0.05,
        Outages = 5,
    };

    public static readonly Scenario Illness = new("illness") { Illnesses = 12, Kills = 10, CallTimesOut = 0.02 };

    public static readonly Scenario TwoOwners = new("two owners") { SecondOwners = 25, Kills = 20, CallTimesOut = 0.03 };

    public static readonly Scenario Merging = new("merging") { Links = 0.5, Kills = 20, AnswerIsLost = 0.03, WriteIsUnknown = 0.03 };

    public static readonly Scenario EverythingOnce = new("everything, one owner")
    {
        CallTimesOut = 0.05,
        CallIsLost = 0.02,
        AnswerIsLost = 0.04,
        ReadFails = 0.02,
        WriteFails = 0.03,
        WriteIsRefused = 0.02,
        WriteIsUnknown = 0.03,
        WriteIsLate = 0.03,
        Kills = 20,
        SiloKills = 3,
        Deactivations = 10,
        Illnesses = 4,
        Outages = 3,
        Links = 0.2,
    };

    /// <summary>Many readers while people merge, die, and are written late.</summary>
    public static readonly Scenario Readers = EverythingOnce with
    {
        Name = "readers",
        Reads = 200,
        Links = 0.4,
        Kills = 40,
        WriteIsUnknown = 0.05,
        WriteIsLate = 0.05,
    };

    /// <summary>People merge and are taken apart again, while owners die and writes fail, seem to fail, or come late.</summary>
    public static readonly Scenario Unmerging = EverythingOnce with
    {
        Name = "unmerging",
        Reads = 60,
        Links = 0.4,
        Unmerges = 60,
        Illnesses = 0,
    };

    /// <summary>Customers rest whenever they may, in the middle of whatever goes on.</summary>
    public static readonly Scenario Resting = EverythingOnce with { Name = "resting", Rests = 400, Unmerges = 20 };

    public static readonly Scenario Everything = EverythingOnce with { Name = "everything", SecondOwners = 15, Unmerges = 10 };

    /// <summary>Definitions come and go, hours and days pass, people write cards, while silos die, writes fail, and customers merge and are taken apart.</summary>
    public static readonly Scenario Segments = EverythingOnce with
    {
        Name = "segments",
        Steps = 300,
        Lives = 2,
        Edits = 15,
        Cards = 8,
        Leaps = 8,
        Reads = 80,
        Rests = 60,
        Unmerges = 15,
    };

    public static readonly Scenario[] All =
        [Segments, Calm, LostCalls, Crashes, FailingStorage, Illness, TwoOwners, Merging, EverythingOnce, Readers, Unmerging, Resting, Everything];
}
