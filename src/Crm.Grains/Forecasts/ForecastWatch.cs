using Crm.Company;
using Crm.Customers;
using Crm.Hosting;
using Microsoft.Extensions.Logging;

namespace Crm.Forecasts;

/// <summary>Keeps each day's forecast at its beginning, in the company's time zone. Of several silos the first one does: a day is kept once.</summary>
internal sealed class ForecastWatch(IForecastKeeper forecasts, IGrainFactory grains, TimeProvider clock, ILogger<ForecastWatch> logger) : SiloLoop(clock, logger)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMinutes(1);
    private readonly TimeProvider _clock = clock;

    protected override async Task<TimeSpan?> Turn(CancellationToken stop)
    {
        // Asked of the grain itself: a copy that is not loaded yet would keep the day in the wrong currency for ever.
        var settings = await grains.Company().Get().WaitAsync(stop);
        await forecasts.Keep(CompanyMoney.Of(settings).Day(_clock.GetUtcNow()), settings.Sales.CommittedFrom, settings.BaseCurrency, stop);
        return s_pause;
    }
}
