namespace Crm.Records;

/// <summary>The company's time zone, in which the days of filters begin; asked for again after some seconds.</summary>
internal sealed class CompanyZone(IGrainFactory grains, TimeProvider clock)
{
    private static readonly TimeSpan s_age = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    private volatile Known? _known;

    /// <summary>The zone. While no silo answers it is the one that was known last.</summary>
    /// <exception cref="Exception">No silo answers, and none ever did.</exception>
    public async ValueTask<TimeZoneInfo> Now(CancellationToken stop)
    {
        if (_known is { } known && clock.GetElapsedTime(known.At) < s_age) return known.Zone;
        try
        {
            var settings = await grains.Company().Get().WaitAsync(s_patience, clock, stop);
            var zone = TimeZoneInfo.TryFindSystemTimeZoneById(settings.TimeZone, out var found) ? found : TimeZoneInfo.Utc;
            _known = new Known(zone, clock.GetTimestamp());
            return zone;
        }
        catch (Exception failure) when (_known is not null && Hosting.SiloLink.IsAbsence(failure) && !stop.IsCancellationRequested)
        {
            return _known.Zone;
        }
    }

    private sealed record Known(TimeZoneInfo Zone, long At);
}
