using Crm.Clickstream;
using Crm.Customers;
using Crm.Segments;

namespace Crm.Delivery;

/// <summary>What a storage answered, in words for a world's notes: the same for every storage.</summary>
internal static class Words
{
    public static string Of(object? answer) => answer switch
    {
        null => "nothing",
        CustomerRow row => $"version {row.RowVersion}{(row.MovedTo is null ? "" : $" moved to {row.MovedTo}")}",
        StoredCustomer stored => $"{Of(stored.Row)}, {Of(stored.Merge)}",
        MergeEntry merge => $"{merge.Source} into {merge.Into}",
        PartitionState state => $"checkpoint {state.Checkpoint}, history {state.History}, aside {string.Join(' ', state.ParkedLanes)}, merging {string.Join(' ', state.Merging)}",
        IReadOnlyList<LogBlock> blocks => string.Join(' ', blocks.Select(b => $"{b.FirstSeq}-{b.LastSeq}")),
        IReadOnlyList<LaneEvent> events => string.Join(' ', events.Select(e => e.Seq)),
        IReadOnlyList<MessagePage> pages => $"pages {string.Join(' ', pages.Select(p => p.Number))}",
        IReadOnlyList<MergeEntry> merges => string.Join(' ', merges.Select(m => $"{m.Source}/{m.AskedBy}").Order(StringComparer.Ordinal)),
        LiveSegmentSet live => $"plan {live.Number} of {live.Segments.Count}",
        SegmentAnswer answered => $"{answered.Outcome}",
        IReadOnlyList<CardDue> due => string.Join(' ', due.Select(d => d.Customer)),
        Written written => Of(written.Card),
        string card => $"{card.Length > 0}",
        IReadOnlyList<string> ids => string.Join(' ', ids),
        _ => answer.ToString()!,
    };
}
