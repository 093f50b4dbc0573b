using Crm.Customers;
using Crm.Demo;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Crm.Running;

/// <summary>
/// Keeps the demo shop as it is wanted: open, closed, or gone with all that its visitors left. To erase, it keeps the silos down for a
/// moment, for customers are in their memory; the API goes on taking events.
/// </summary>
internal sealed partial class DemoKeeper(RunOptions options, RunFolder folder, string postgres, Shutdown processes, TimeProvider clock, ILogger logger)
{
    private const string Source = "demo";

    /// <summary>Tries to find a moment without events of others; then it says that it is busy.</summary>
    private const int Tries = 5;

    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_end = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan s_settle = TimeSpan.FromSeconds(60);

    private Child? _shop;
    private Task? _kept;
    private CancellationTokenSource? _ending;

    /// <summary>Does what is wanted until it is cancelled, which leaves the shop as it is.</summary>
    public async Task Keep(CancellationToken stop)
    {
        await using var database = Database.Open(postgres);
        var stands = new DemoStands(database, clock);
        await stands.Begin(options.Demo, stop);

        // A run that was killed while it erased left them.
        foreach (var silo in processes.Silos) folder.Release(silo.Spec.Name);
        using var timer = new PeriodicTimer(s_look, clock);
        do
        {
            try
            {
                await Follow(stands, database, stop);
            }
            catch (Exception away) when (away is NpgsqlException or TimeoutException)
            {
                // The next look finds it there again.
                LogAway(logger, away);
            }
        }
        while (await timer.WaitForNextTickAsync(stop));
    }

    private async Task Follow(DemoStands stands, NpgsqlDataSource database, CancellationToken stop)
    {
        var stand = await stands.Read(stop);
        if (stand.Wanted == DemoStands.Open)
        {
            await Open(stands, stop);
            return;
        }

        await Close(stop);
        if (stand.Wanted != DemoStands.Erased) await stands.Tell(stand.State == DemoStands.Busy ? DemoStands.Busy : DemoStands.Closed, stop);
        else if (stand.State == DemoStands.Erased) await stands.Tell(DemoStands.Erased, stop);
        else await Erase(stands, database, stop);
    }

    private async Task Open(DemoStands stands, CancellationToken stop)
    {
        if (_kept is { IsCompleted: true })
        {
            // Ended by whoever may: it stays so until somebody wants it again.
            await _kept;
            (_shop, _kept) = (null, null);
            await stands.Rest(DemoStands.Closed, stop);
            return;
        }

        if (_shop is null)
        {
            var key = await DemoKey.Get(folder, postgres, clock, stop);
            processes.Demo = _shop = new Child(Fleet.Demo(options, folder, postgres, key), folder, clock, logger);
            _ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
            _kept = _shop.Keep(_ending.Token);
        }

        await stands.Tell(DemoStands.Open, stop);
    }

    private async Task Close(CancellationToken stop)
    {
        if (_shop is not { } shop) return;
        await _ending!.CancelAsync();
        await _kept!.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        await shop.Stop(s_end, stop);
        _ending.Dispose();
        (_shop, _kept, _ending, processes.Demo) = (null, null, null, null);
    }

    private async Task Erase(DemoStands stands, NpgsqlDataSource database, CancellationToken stop)
    {
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            await Settled(stands, database, stop);
            if (await WithoutSilos(() => SourceErasure.Run(database, Source, stop), stop) is { Silos: 0, Unsettled: 0 } done)
            {
                LogErased(logger, done.Customers, done.Kept);
                await stands.Tell(DemoStands.Erased, stop);
                return;
            }
        }

        await stands.Rest(DemoStands.Busy, stop);
    }

    private async Task Settled(DemoStands stands, NpgsqlDataSource database, CancellationToken stop)
    {
        var began = clock.GetTimestamp();
        using var timer = new PeriodicTimer(s_look, clock);
        do await stands.Tell(DemoStands.Erasing, stop);
        while (await SourceErasure.Unsettled(database, stop) > 0 && clock.GetElapsedTime(began) < s_settle && await timer.WaitForNextTickAsync(stop));
    }

    private async Task<T> WithoutSilos<T>(Func<Task<T>> work, CancellationToken stop)
    {
        foreach (var silo in processes.Silos) folder.Hold(silo.Spec.Name);
        try
        {
            await Task.WhenAll(processes.Silos.Select(silo => silo.Stop(s_end, stop)));
            return await work();
        }
        finally
        {
            foreach (var silo in processes.Silos) folder.Release(silo.Spec.Name);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "What is wanted of the demo shop cannot be looked up now.")]
    private static partial void LogAway(ILogger logger, Exception problem);

    [LoggerMessage(Level = LogLevel.Information, Message = "The demo shop is erased: {Customers} customers; {Kept} were kept of whom more is known.")]
    private static partial void LogErased(ILogger logger, long customers, long kept);
}
