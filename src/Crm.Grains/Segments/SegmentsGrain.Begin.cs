using Crm.Records;

namespace Crm.Segments;

/// <summary>What an installation begins with.</summary>
internal sealed partial class SegmentsGrain
{
    private static readonly (string Id, string Name, string Definition, string Description)[] s_first =
    [
        ("high-value", "High value", "tier = high-value", "Buys often, or much, or buys and visits and reviews well: the company's settings say from when on."),
        ("ordinary", "Ordinary", "tier = ordinary", "Has bought, and is not of high value."),
        ("potential", "Potential", "tier = potential", "Has not bought yet."),
        ("champions", "Champions", "rfm.recency >= 4 and rfm.frequency >= 4 and rfm.monetary >= 4", "Among the best two fifths by recency, frequency and money."),
        ("at-risk", "At risk", "rfm.recency <= 2 and (rfm.frequency >= 4 or rfm.monetary >= 4)", "Bought often or much, and not for longer than most."),
        ("visitors", "Visitors", "lifecycle = visitor", "Not known by name, and has not bought."),
        ("leads", "Leads", "lifecycle = lead", "Known, and has not bought."),
        ("customers", "Customers", "lifecycle = customer", "Has bought within the last year."),
        ("lapsed", "Lapsed", "lifecycle = lapsed", "Has bought, but not for a year."),
    ];

    public async Task Begin()
    {
        if (await store.HasBegun()) return;

        // One that is there, or whose name is, stays as it is: a crash in between, or somebody was faster.
        foreach (var (id, name, definition, description) in s_first)
            await Save(new Segment(id, name, definition, 0) { Description = description, RecordVersion = 0 }, new ChangeCause("crm", null, Guid.NewGuid()));
        await store.SetBegun();
    }
}
