using System.Collections.Frozen;
using Crm.Clickstream;

namespace Crm.Access;

/// <summary>
/// What this process must know of all sources at once: the origins that any of them allows, and their data plans, compiled. A
/// change is taken over as a whole; schemas that did not change stay as they are.
/// </summary>
internal sealed partial class SourceCatalog(ILogger<SourceCatalog> logger)
{
    private volatile Snapshot? _now;

    /// <summary>True when it was read once.</summary>
    public bool Loaded => _now is not null;

    /// <summary>Whether any source takes browsers' calls from pages of this origin.</summary>
    public bool Allows(string origin) => _now is not { } now || now.AnyOrigin || Origins.Allow(now.Origins, origin);

    /// <summary>The data plan of a source; null for one without.</summary>
    public SourcePlan? Plan(string source) => _now is { Plans: { Count: > 0 } plans } && plans.TryGetValue(source, out var plan) ? plan : null;

    /// <summary>Takes over what is stored.</summary>
    public void Take(IReadOnlyList<Source> sources, IReadOnlyList<DataPlan> plans)
    {
        var before = _now?.Plans;
        var byId = sources.ToDictionary(s => s.Id, StringComparer.Ordinal);
        _now = new Snapshot(
            sources.Count == 0 || sources.Any(s => s.Enabled && s.AllowedOrigins.Count == 0),
            [.. sources.Where(s => s.Enabled).SelectMany(s => s.AllowedOrigins).Distinct(StringComparer.Ordinal)],
            plans.Where(p => byId.ContainsKey(p.Source)).GroupBy(p => p.Source, StringComparer.Ordinal).ToFrozenDictionary(
                g => g.Key,
                g => Compile(byId[g.Key], g, before?.GetValueOrDefault(g.Key)),
                StringComparer.Ordinal));
    }

    private SourcePlan Compile(Source source, IEnumerable<DataPlan> plans, SourcePlan? before)
    {
        var events = new Dictionary<string, PlanSchema>(StringComparer.Ordinal);
        foreach (var plan in plans)
        {
            if (before?.Of(plan.Event) is { } same && same.Version == plan.Version)
                events[plan.Event] = same;
            else if (PlanSchema.Compile(plan.Schema, plan.Version, out var problem) is { } schema)
                events[plan.Event] = schema;
            else
                LogUnreadable(source.Id, problem!);
        }

        return new SourcePlan(source.Id, source.RefusesViolations, events);
    }

    private sealed record Snapshot(bool AnyOrigin, string[] Origins, FrozenDictionary<string, SourcePlan> Plans);

    [LoggerMessage(Level = LogLevel.Error, Message = "A stored schema of source {Source} cannot be used, and its event is not checked: {Problem}")]
    private partial void LogUnreadable(string source, string problem);
}
