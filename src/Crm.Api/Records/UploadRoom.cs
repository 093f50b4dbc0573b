using System.Threading.RateLimiting;
using Crm.Access;
using Crm.Hosting;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Crm.Records;

/// <summary>Room in memory for files on their way in. Others wait, nobody has all of it, and who sends too slowly for long gives his place back.</summary>
internal sealed class UploadRoom : IDisposable
{
    /// <summary>Files in memory at a time: 40 MB.</summary>
    private const int MaxAtOnce = 4;

    /// <summary>Of one caller, so that one who sends many leaves room for others.</summary>
    private const int MaxOfOne = 2;

    /// <summary>Requests of one caller that wait: all files of a record, and some more.</summary>
    private const int MaxWaitingOfOne = 40;

    private const int MaxWaiting = 400;

    /// <summary>The longest file comes in six minutes at most.</summary>
    private static readonly MinDataRate s_slowest = new(bytesPerSecond: 30_000, gracePeriod: TimeSpan.FromSeconds(10));

    private static readonly Problem s_full = new(
        StatusCodes.Status503ServiceUnavailable, "busy", "Too many files come in at this moment.", "Send the file again after the pause.", 5);

    private readonly PartitionedRateLimiter<string> _places = PartitionedRateLimiter.CreateChained(
        Places(caller => caller, MaxOfOne, MaxWaitingOfOne), Places(_ => "", MaxAtOnce, MaxWaiting));

    /// <summary>A place, to be given back; the problem when too many wait for one.</summary>
    public async Task<(RateLimitLease? Place, Problem? Problem)> Take(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = UploadedFile.MaxBodyBytes;
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate) rate.MinDataRate = s_slowest;
        var place = await _places.AcquireAsync(context.Actor().Name, 1, context.RequestAborted);
        if (place.IsAcquired) return (place, null);
        place.Dispose();
        return (null, s_full);
    }

    /// <inheritdoc/>
    public void Dispose() => _places.Dispose();

    private static PartitionedRateLimiter<string> Places(Func<string, string> whose, int places, int waiting) => PartitionedRateLimiter.Create<string, string>(
        caller => RateLimitPartition.GetConcurrencyLimiter(whose(caller), _ => new ConcurrencyLimiterOptions { PermitLimit = places, QueueLimit = waiting }));
}
