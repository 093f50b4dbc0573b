namespace Crm.Infrastructure;

/// <summary>Waits for a condition of the real world, looking again and again until a deadline.</summary>
internal static class Eventually
{
    // Often enough that a test ends soon after what it waits for; seldom enough to leave the processor to that.
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    private static readonly TimeSpan DefaultDeadline = TimeSpan.FromSeconds(30);

    /// <summary>Waits until the condition holds.</summary>
    /// <param name="what">What is waited for, for the message of a failure.</param>
    public static Task True(Func<bool> condition, string what, TimeSpan? within = null) =>
        True(() => Task.FromResult(condition()), what, within);

    /// <inheritdoc cref="True(Func{bool}, string, TimeSpan?)"/>
    public static async Task True(Func<Task<bool>> condition, string what, TimeSpan? within = null) =>
        await Value(async () => await condition() ? true : (bool?)null, what, within);

    /// <summary>Waits until there is a value, and returns it.</summary>
    public static async Task<T> Value<T>(Func<Task<T?>> look, string what, TimeSpan? within = null)
        where T : struct
    {
        var deadline = within ?? DefaultDeadline;
        using var timeout = new CancellationTokenSource(deadline);
        using var timer = new PeriodicTimer(LookEvery);
        try
        {
            while (true)
            {
                if (await look() is { } found)
                {
                    return found;
                }

                await timer.WaitForNextTickAsync(timeout.Token);
            }
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            throw new TimeoutException($"Not within {deadline.TotalSeconds:0.#} s: {what}");
        }
    }
}
