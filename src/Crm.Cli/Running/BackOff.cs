namespace Crm.Running;

/// <summary>How long to wait before a process is started again: longer each time, until it has lived for a while.</summary>
internal sealed class BackOff
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(0.2);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Healthy = TimeSpan.FromSeconds(60);

    private TimeSpan _next = Shortest;

    /// <summary>The wait after a life of this length.</summary>
    public TimeSpan After(TimeSpan life)
    {
        var wait = life >= Healthy ? Shortest : _next;
        _next = wait * 2 < Longest ? wait * 2 : Longest;
        return wait;
    }
}
