using Crm.Records.Filters;

namespace Crm.Segments;

/// <summary>A part of a definition that somebody builds by hand; what is missing yet is simply not there.</summary>
public abstract class BuiltPart
{
    /// <summary>As the filter language has it; null while something is missing.</summary>
    public abstract Filter? Filter { get; }

    /// <summary>Whether nothing is missing.</summary>
    public virtual bool IsWhole => Filter is not null;

    /// <summary>It was added just now: the keyboard goes there.</summary>
    public bool IsFresh { get; set; }

    protected static Filter Negated(Filter filter, bool not) => not ? new Filter.Not(filter) : filter;
}

/// <summary>How the parts of a group go together.</summary>
public enum GroupKind
{
    All,
    Any,
    None,
}

/// <summary>Several parts: all of them hold, any does, or none.</summary>
public sealed class BuiltGroup(GroupKind kind, IEnumerable<BuiltPart> parts) : BuiltPart
{
    public GroupKind Kind { get; set; } = kind;

    public List<BuiltPart> Parts { get; } = [.. parts];

    /// <summary>Those that miss something are left out; null when none is left.</summary>
    public override Filter? Filter
    {
        get
        {
            Filter[] whole = [.. Parts.Select(p => p.Filter).OfType<Filter>()];
            return (Kind, whole.Length) switch
            {
                (_, 0) => null,
                (GroupKind.None, 1) => new Filter.Not(whole[0]),
                (GroupKind.None, _) => new Filter.Not(new Filter.Any(whole)),
                (_, 1) => whole[0],
                (GroupKind.Any, _) => new Filter.Any(whole),
                _ => new Filter.All(whole),
            };
        }
    }

    /// <summary>A group that holds nothing says nothing, and misses nothing.</summary>
    public override bool IsWhole => Parts.TrueForAll(p => p.IsWhole);

    /// <summary>The text of what is whole.</summary>
    public string Text => FilterText.Of(Filter ?? new Filter.All([]));
}
