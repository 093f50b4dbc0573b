using Microsoft.Extensions.Logging;

namespace Crm.Clickstream;

/// <summary>Runs the retention every hour, by a reminder: it comes back whichever silo dies.</summary>
internal sealed partial class MaintenanceGrain(IRetention retention, RetentionOptions options, ILogger<MaintenanceGrain> logger)
    : Grain, IMaintenanceGrain, IRemindable
{
    private const string Hourly = "hourly";
    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);
    private bool _ran;

    public async Task Start()
    {
        await this.RegisterOrUpdateReminder(Hourly, s_hour, s_hour);
        if (!_ran) await Run();
    }

    public Task ReceiveReminder(string reminderName, TickStatus status) => Run();

    private async Task Run()
    {
        var did = await retention.Run(options);
        _ran = true;
        if (did is not (0, 0, 0, 0, 0, 0, 0)) LogDone(did.Blocks, did.MonthsMade, did.MonthsDropped, did.Pages, did.Rows, did.Notifications);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Retention: {Blocks} blocks of the log dropped, {Made} months of history made ahead, {Dropped} dropped, {Pages} pages of messages dropped, {Rows} rows of sources whose term was over deleted, {Notifications} notifications dropped")]
    private partial void LogDone(long blocks, int made, int dropped, long pages, long rows, long notifications);
}
