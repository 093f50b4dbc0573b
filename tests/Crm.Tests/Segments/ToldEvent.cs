using System.Text.Json.Nodes;
using Crm.Clickstream;

namespace Crm.Segments;

/// <summary>An event of a test, as the naive evaluation sees it.</summary>
/// <param name="Name">Of a track.</param>
/// <param name="AtMs">When it happened, by its sender.</param>
/// <param name="ReceivedMs">When it came.</param>
/// <param name="Properties">What it says.</param>
internal sealed record ToldEvent(string Name, long AtMs, long ReceivedMs, JsonObject Properties)
{
    /// <summary>When it counts as having happened.</summary>
    public long CountsMs => Math.Min(AtMs, ReceivedMs);

    public BehaviourEvent Event { get; } = new()
    {
        Lane = "u:somebody", Type = EventType.Track, MessageId = Guid.NewGuid().ToString("N"), Source = "test", TimestampMs = AtMs, ReceivedAtMs = ReceivedMs, Name = Name,
        Body = System.Text.Encoding.UTF8.GetBytes(new JsonObject { ["type"] = "track", ["event"] = Name, ["properties"] = Properties.DeepClone() }.ToJsonString()),
    };
}
