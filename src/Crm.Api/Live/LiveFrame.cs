using System.Text.Json.Serialization;

namespace Crm.Live;

/// <summary>What the live page shows of one moment.</summary>
/// <param name="Partitions">Partitions of the log.</param>
/// <param name="Answering">Those whose owner answered.</param>
/// <param name="Rate">Events applied per second since the frame before; null in the first frame, which has none before it.</param>
/// <param name="Events">Events applied since the owners' start.</param>
/// <param name="Logged">Events in the log; 0 for a log that is still empty.</param>
/// <param name="LagMs">Age of the oldest event that is not applied.</param>
/// <param name="HistoryLagMs">Age of the oldest event that is not in the history.</param>
internal sealed record LiveFrame(
    int Partitions,
    int Answering,
    double? Rate,
    long Events,
    long Logged,
    long LagMs,
    long HistoryLagMs,
    IReadOnlyList<LiveEvent> Newest,
    IReadOnlyList<LiveCustomer> Active);

/// <summary>One of the newest events. <paramref name="At"/> is its time of receipt in Unix milliseconds.</summary>
internal sealed record LiveEvent(string Id, string Type, string? Name, long At);

/// <summary>One of the most active customers.</summary>
internal sealed record LiveCustomer(string Id, int Events);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(LiveFrame))]
internal sealed partial class LiveJson : JsonSerializerContext;
