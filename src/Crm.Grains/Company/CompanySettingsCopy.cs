using Crm.Hosting;
using Microsoft.Extensions.Logging;

namespace Crm.Company;

/// <summary>This silo's copy of the settings, asked for again every few seconds. Customers read it in every turn, so it never waits.</summary>
internal sealed class CompanySettingsCopy(IGrainFactory grains, TimeProvider clock, ILogger<CompanySettingsCopy> logger)
    : SiloLoop(clock, logger), ICompanySettings
{
    private static readonly TimeSpan s_age = TimeSpan.FromSeconds(5);
    private volatile CompanySettings _current = new();

    public CompanySettings Current => _current;

    protected override async Task<TimeSpan?> Turn(CancellationToken stop)
    {
        var settings = await grains.Company().Get().WaitAsync(stop);

        // The same object while nothing changed: who derives something from it can tell by reference.
        if (!Same(settings, _current)) _current = settings;
        return s_age;
    }

    private static bool Same(CompanySettings one, CompanySettings other) =>
        one with { Rates = other.Rates } == other && one.Rates.SequenceEqual(other.Rates);
}
