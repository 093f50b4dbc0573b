using Crm.Hosting;
using Microsoft.Extensions.Logging;

namespace Crm.Auditing;

/// <summary>Chains the audit's new lines about every second. Each silo asks; the database lets one at a time.</summary>
internal sealed class AuditChainer(IAuditChain chain, TimeProvider clock, ILogger<AuditChainer> logger) : SiloLoop(clock, logger)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    /// <summary>Lines of one transaction: some MB at most, so that it ends soon.</summary>
    private const int AtATime = 1_000;

    protected override async Task<TimeSpan?> Turn(CancellationToken stop) =>
        await chain.Extend(AtATime, stop) == AtATime ? TimeSpan.Zero : s_pause;
}
