namespace Crm.Bench;

/// <summary>The clock that durations are measured with.</summary>
internal static class Clock
{
    /// <summary>Ticks of <see cref="Now"/> in a second.</summary>
    public static long TicksPerSecond => TimeProvider.System.TimestampFrequency;

    /// <summary>Now, in ticks since an unknown moment.</summary>
    public static long Now => TimeProvider.System.GetTimestamp();

    /// <summary>Ticks as seconds.</summary>
    public static double Seconds(long ticks) => (double)ticks / TicksPerSecond;

    /// <summary>Seconds since a timestamp.</summary>
    public static double SecondsSince(long timestamp) => Seconds(Now - timestamp);
}
