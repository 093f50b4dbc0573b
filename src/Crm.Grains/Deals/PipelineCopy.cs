using Crm.Hosting;
using Microsoft.Extensions.Logging;

namespace Crm.Deals;

/// <summary>The pipelines as this silo knows them.</summary>
internal interface IPipelineBook
{
    /// <summary>A copy some seconds old at most; never waits.</summary>
    PipelineSet Current { get; }

    /// <summary>Looks for newer ones; true when there were.</summary>
    Task<bool> Renew();
}

/// <summary>This silo's copy of the pipelines, compared with the stored ones every second.</summary>
internal sealed class PipelineCopy(IPipelines pipelines, TimeProvider clock, ILogger<PipelineCopy> logger) : SiloLoop(clock, logger), IPipelineBook
{
    private static readonly TimeSpan s_age = TimeSpan.FromSeconds(1);
    private volatile PipelineSet _current = new([]);

    public PipelineSet Current => _current;

    public async Task<bool> Renew()
    {
        var before = _current;
        _current = await pipelines.Now();
        return _current != before;
    }

    protected override async Task<TimeSpan?> Turn(CancellationToken stop)
    {
        _current = await pipelines.Now(stop);
        return s_age;
    }
}
