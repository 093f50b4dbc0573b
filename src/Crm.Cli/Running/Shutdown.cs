using System.Runtime.InteropServices;

namespace Crm.Running;

/// <summary>
/// Ends a run within 10 seconds: who sends first, who stores last. Nothing depends on an orderly end, so whoever
/// takes too long is killed.
/// </summary>
internal sealed class Shutdown(TimeProvider clock)
{
    // Each is the latest moment after the signal, so that time saved by one is there for the next.
    private static readonly TimeSpan DemoBy = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ApiBy = TimeSpan.FromSeconds(3.5);
    private static readonly TimeSpan SilosBy = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan DatabaseBy = TimeSpan.FromSeconds(9.5);

    public Child? Demo { get; set; }

    public Child? Api { get; set; }

    public List<Child> Silos { get; } = [];

    public DatabaseKeeper? Database { get; set; }

    public async Task Run()
    {
        var start = clock.GetTimestamp();
        using var impatience = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => impatience.Cancel());
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => impatience.Cancel());
        using var preparing = new CancellationTokenSource();
        var prepared = Database?.PrepareStop(preparing.Token) ?? Task.CompletedTask;

        await (Demo?.Stop(Until(DemoBy), impatience.Token) ?? Task.CompletedTask);
        await (Api?.Stop(Until(ApiBy), impatience.Token) ?? Task.CompletedTask);
        await Task.WhenAll(Silos.Select(silo => silo.Stop(Until(SilosBy), impatience.Token)));

        await preparing.CancelAsync();
        await prepared;
        await (Database?.Stop(Until(DatabaseBy)) ?? Task.CompletedTask);

        TimeSpan Until(TimeSpan moment) => moment - clock.GetElapsedTime(start) is { Ticks: > 0 } left ? left : TimeSpan.Zero;
    }
}
