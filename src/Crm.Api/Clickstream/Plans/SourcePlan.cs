using System.Collections.Frozen;

namespace Crm.Clickstream;

/// <summary>A source's data plan, as it is now.</summary>
internal sealed class SourcePlan(string source, bool refuses, IReadOnlyDictionary<string, PlanSchema> events)
{
    /// <summary>Stable name of the reason for what a plan refuses.</summary>
    public const string Code = "plan";

    private readonly FrozenDictionary<string, PlanSchema> _events = events.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The schema of an event; null for one without.</summary>
    public PlanSchema? Of(string name) => _events.GetValueOrDefault(name);

    /// <summary>Under which name an event's schema is kept: a track event's own, or the call's behind a dollar sign.</summary>
    public static string NameOf(BehaviourEvent happened) => happened.Type switch
    {
        EventType.Track => happened.Name ?? "",
        EventType.Identify => "$identify",
        EventType.Page => "$page",
        EventType.Screen => "$screen",
        EventType.Group => "$group",
        _ => "$alias",
    };

    /// <summary>The event as it goes on: as it is, or marked. Null and the reason when the plan refuses it.</summary>
    public BehaviourEvent? Check(BehaviourEvent happened, PlanCounts counts, out string? refusal)
    {
        refusal = null;
        var name = NameOf(happened);
        if (Of(name)?.Broken(happened.Body) is not { Count: > 0 } rules) return happened;
        foreach (var rule in rules) counts.Add(source, name, rule, refuses);
        if (!refuses) return happened with { Faults = happened.Faults | EventFaults.Plan };
        refusal = $"It breaks the data plan of its source at {rules.First()}";
        return null;
    }
}
