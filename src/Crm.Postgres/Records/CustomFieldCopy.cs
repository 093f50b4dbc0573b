using System.Collections.Frozen;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Crm.Records;

/// <summary>
/// The fields of one's own in this process's memory, compared with the stored ones every second. While the database does not answer,
/// those that are known go on.
/// </summary>
internal sealed partial class CustomFieldCopy(CustomFields stored, TimeProvider clock, ILogger<CustomFieldCopy> logger) : BackgroundService, ICustomFields
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);

    private volatile Known _known = new(0, Kinds([]));

    public KindFields Of(RecordKind kind) => _known.Kinds[kind.Name];

    public async Task<bool> Renew(CancellationToken stop = default)
    {
        // Read first: what changes meanwhile has a higher number, and is read again.
        var revision = await stored.Revision(stop);
        if (revision == _known.Revision) return false;
        _known = new Known(revision, Kinds(await stored.List(stop)));
        return true;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_period, clock);
        var failing = false;
        do
        {
            try
            {
                await Renew(stoppingToken);
                failing = false;
            }
            catch (Exception failure) when (failure is NpgsqlException or TimeoutException or IOException && !stoppingToken.IsCancellationRequested)
            {
                if (!failing) LogLost(failure.GetType().Name);
                failing = true;
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private static FrozenDictionary<string, KindFields> Kinds(IReadOnlyList<CustomField> all) => RecordKind.All.ToFrozenDictionary(
        k => k.Name, k => new KindFields(k, all.Where(f => f.Kind == k.Name && f.DeletedAt is null)), StringComparer.Ordinal);

    private sealed record Known(long Revision, FrozenDictionary<string, KindFields> Kinds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Fields of one's own cannot be followed now ({Reason}); those that are known go on")]
    private partial void LogLost(string reason);
}
