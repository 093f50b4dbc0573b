using Crm.Clickstream;
using Crm.Hosting;

namespace Crm.Access;

/// <summary>
/// Learns within a second or so of changes of sources, keys, plans and people, whoever made them. While the database does not answer,
/// what is known goes on.
/// </summary>
internal sealed partial class AccessWatch(
    Sources sources, DataPlans plans, Users users, Roles roles, KeyRing ring, SourceCatalog catalog, PeopleDirectory people, SignedIn signedIn,
    SchemaStep schema, TimeProvider clock, ILogger<AccessWatch> logger)
    : BackgroundService
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);

    /// <summary>Until the first look nothing is accepted: a source may refuse what breaks its plan.</summary>
    private static readonly TimeSpan s_periodAtStart = TimeSpan.FromMilliseconds(100);

    private long _seen;

    /// <summary>Looks once, and takes over what changed.</summary>
    internal async Task Look(CancellationToken stop)
    {
        // Read first: what changes meanwhile has a higher number, and is read again.
        var revision = await sources.Revision(stop);
        if (revision == _seen) return;
        catalog.Take(await sources.List(stop: stop), await plans.All(stop));
        people.Take(await users.List(stop), await roles.List(stop), await roles.Teams(stop));
        ring.Recheck();
        signedIn.Recheck();
        _seen = revision;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var said = false;
        using var timer = new PeriodicTimer(s_periodAtStart, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (!schema.Done) continue;
            try
            {
                await Look(stoppingToken);
                said = false;
                if (timer.Period != s_period) timer.Period = s_period;
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                if (!said) LogFailed(exception.Message);
                said = true;
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Changes of keys and sources cannot be seen now; those that are known go on ({Reason})")]
    private partial void LogFailed(string reason);
}
