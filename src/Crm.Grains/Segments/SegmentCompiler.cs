using Crm.Records.Filters;

namespace Crm.Segments;

/// <summary>A definition as it is live.</summary>
/// <param name="Id">The segment's.</param>
/// <param name="Version">Counts its definitions.</param>
/// <param name="Filter">Who belongs to it.</param>
internal sealed record LiveDefinition(string Id, int Version, Filter Filter);

/// <summary>Makes a plan of all live definitions, or says which of them cannot be.</summary>
internal static class SegmentCompiler
{
    /// <summary>Bytes that a customer may remember for all definitions together, at most.</summary>
    public const int MostBytes = 64 * 1024;

    /// <param name="number">Of the plan.</param>
    /// <param name="definitions">All that are live.</param>
    /// <param name="zone">The company's time zone.</param>
    /// <param name="born">By key, since which plan something is remembered; what is not there, since this one.</param>
    /// <param name="wrong">By segment, why it cannot be live: it is not in the plan, nor is who names it.</param>
    /// <param name="live">What else belongs to the plan; null for nothing.</param>
    public static SegmentPlan Compile(long number, IReadOnlyList<LiveDefinition> definitions, TimeZoneInfo zone, IReadOnlyDictionary<ulong, long> born, out IReadOnlyDictionary<string, string> wrong, LiveSegmentSet? live = null)
    {
        var problems = new Dictionary<string, string>();
        var byId = definitions.ToDictionary(d => d.Id, StringComparer.Ordinal);
        var (planned, places, specs) = (new List<PlannedSegment>(), new Dictionary<string, int>(StringComparer.Ordinal), new Dictionary<ulong, SeriesSpec>());
        var bytes = 0;
        foreach (var definition in Ordered(definitions, byId, problems))
        {
            if (problems.ContainsKey(definition.Id)) continue;
            try
            {
                var compiler = new ConditionCompiler(zone, name => places.TryGetValue(name, out var at) ? at : null);
                var condition = compiler.Of(definition.Filter);
                var added = compiler.Specs.Where(s => !specs.ContainsKey(s.Key)).ToArray();
                var more = bytes + added.Sum(s => s.MostBytes);
                if (more > MostBytes) throw new DefinitionException($"all live segments together may have a customer remember at most {MostBytes / 1024} KB: ask for less, or for shorter times, or delete a segment.");
                bytes = more;
                foreach (var spec in added) specs.Add(spec.Key, spec with { Born = born.GetValueOrDefault(spec.Key, number) });
                var since = compiler.Specs.Select(s => specs[s.Key].Born).DefaultIfEmpty().Max();
                places.Add(definition.Id, planned.Count);
                PlannedSegment[] named = [.. Named(definition.Filter).Select(name => planned[places[name]])];
                planned.Add(new PlannedSegment(
                    definition.Id, definition.Version, condition, definition.Filter, named.Select(n => n.Born).Append(since).Max(),
                    named.Aggregate(compiler.Reads, (parts, n) => parts | n.Reads), compiler.ReadsRfm || named.Any(n => n.ReadsRfm)));
            }
            catch (DefinitionException problem)
            {
                problems.Add(definition.Id, problem.Message);
            }
        }

        wrong = problems;
        return new SegmentPlan(number, planned, specs.Values, zone) { WrittenSince = live?.WrittenSince ?? 0, Places = live?.Rfm is { } rfm ? new RfmPlaces(rfm) : null };
    }

    /// <summary>The segments that a definition names.</summary>
    public static IEnumerable<string> Named(Filter filter) => filter switch
    {
        Filter.All all => all.Parts.SelectMany(Named),
        Filter.Any any => any.Parts.SelectMany(Named),
        Filter.Not not => Named(not.Part),
        Filter.OneOf { Field.Name: SegmentFields.Segments } some => some.Values.OfType<FilterValue.Text>().Select(t => t.Value),
        _ => [],
    };

    // Each after those that it names; who names itself, by whatever way, is wrong.
    private static List<LiveDefinition> Ordered(IReadOnlyList<LiveDefinition> definitions, Dictionary<string, LiveDefinition> byId, Dictionary<string, string> problems)
    {
        var (ordered, state) = (new List<LiveDefinition>(), new Dictionary<string, bool>(StringComparer.Ordinal));
        foreach (var definition in definitions) Visit(definition);
        return ordered;

        bool Visit(LiveDefinition definition)
        {
            if (state.TryGetValue(definition.Id, out var done)) return done;
            state[definition.Id] = false;
            var isRound = false;
            foreach (var named in Named(definition.Filter))
                if (byId.TryGetValue(named, out var other) && !Visit(other)) isRound = true;
            if (isRound) problems.TryAdd(definition.Id, "the segment would depend on itself.");
            else state[definition.Id] = true;
            ordered.Add(definition);
            return !isRound;
        }
    }
}
