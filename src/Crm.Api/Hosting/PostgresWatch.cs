using Crm.Access;

namespace Crm.Hosting;

/// <summary>Asks PostgreSQL every second whether it lives, so that no request has to wait to find out that it does not.</summary>
internal sealed partial class PostgresWatch(PostgresProbe probe, TimeProvider clock, ILogger<PostgresWatch> logger) : BackgroundService
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);

    /// <summary>One late answer on a busy machine is no outage.</summary>
    private const int FailuresUntilDown = 2;

    private volatile string? _problem = "PostgreSQL was not asked yet.";
    private volatile bool _down;

    /// <summary>Null when the last question was answered; otherwise what is wrong, in words.</summary>
    public string? Problem => _problem;

    /// <summary>True when it is known not to answer.</summary>
    public bool Down => _down;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var failures = 0;
        using var timer = new PeriodicTimer(s_period, clock);
        do
        {
            _problem = await probe.Ask(stoppingToken);
            failures = _problem is null ? 0 : failures + 1;
            var down = failures >= FailuresUntilDown;
            if (down && !_down) LogDown(_problem!);
            else if (!down && _down) LogUp();
            _down = down;
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Problem} Events are refused with 503 until it does")]
    private partial void LogDown(string problem);

    [LoggerMessage(Level = LogLevel.Information, Message = "PostgreSQL answers again")]
    private partial void LogUp();
}
