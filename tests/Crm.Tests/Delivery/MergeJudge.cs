using Crm.Customers;

namespace Crm.Delivery;

/// <summary>Says whether every merge that an event asked for was decided, and every decided one carried out.</summary>
internal sealed class MergeJudge(World world, LogBook log)
{
    public void Judge(IReadOnlyList<CustomerRow> rows, Dictionary<string, CustomerRecord> records)
    {
        var ledger = world.Storage.Merges().ToDictionary(m => m.Source);
        var stored = rows.ToDictionary(r => r.Id);
        foreach (var entry in ledger.Values)
        {
            if (Root(entry.Source, ledger) is not { } root) world.Break("merges", $"{entry.Source} is merged in a circle");
            else if (stored.GetValueOrDefault(entry.Source)?.MovedTo != entry.Into) world.Break("merges", $"{entry.Source} is not frozen into {entry.Into}");
            else if (records.GetValueOrDefault(root)?.Lanes.Holds(entry.Source) is not true) world.Break("merges", $"{root} has not taken {entry.Source} over");
            if (world.Broken is not null) return;
        }

        foreach (var row in rows.Where(r => r.MovedTo is not null && !ledger.ContainsKey(r.Id))) world.Break("merges", $"{row.Id} is frozen without a decision");
        var barred = world.Storage.AllBars().SelectMany(b => (string[])[b.One, b.Other]).ToHashSet();
        var roots = records.Keys.ToDictionary(id => id, id => Root(id, ledger));
        JudgeBars(ledger);
        foreach (var logged in log.All().Where(e => !e.IsPoison))
        {
            foreach (var source in logged.Sources)
                if (!ledger.ContainsKey(source) && Root(logged.Lane, ledger) != source && !roots.Any(r => r.Value == source && barred.Contains(r.Key))
                    && !barred.Contains(source)) world.Break("outbox", $"{source} was never merged as {logged} asks");
        }
    }

    /// <summary>Who was taken apart is apart.</summary>
    private void JudgeBars(Dictionary<string, MergeEntry> ledger)
    {
        foreach (var bar in world.Storage.AllBars())
            if (Root(bar.One, ledger) == Root(bar.Other, ledger)) world.Break("bars", $"{bar.One} and {bar.Other} were taken apart, and are one");
    }

    private static string? Root(string id, Dictionary<string, MergeEntry> ledger)
    {
        for (var steps = 0; steps <= ledger.Count; steps++)
        {
            if (!ledger.TryGetValue(id, out var up)) return id;
            id = up.Into;
        }

        return null;
    }
}
