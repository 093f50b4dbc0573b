using Microsoft.Extensions.Logging;

namespace Crm.Segments;

/// <summary>Finds the scores and clusters of those who bought, again and again: what is alike changes with the shop.</summary>
internal sealed partial class SegmentsGrain
{
    /// <summary>Fewer buyers say nothing about each other.</summary>
    private const int FewestBuyers = 50;

    /// <summary>Buyers that are drawn: the borders of fifths are right within a hundredth, and a silo computes for a moment only.</summary>
    private const int MostBuyers = 20_000;

    private static readonly TimeSpan s_refit = TimeSpan.FromDays(1);

    public async Task<RfmAnswer> Refit(int? clusters, bool always)
    {
        var before = await store.Rfm();
        var fresh = before.Model is { } known && known.Currency == company.Current.BaseCurrency && clock.GetUtcNow() - known.FittedAt < s_refit ? known : null;
        if (!always && fresh?.Buyers >= MostBuyers) return new RfmAnswer(fresh, null);

        // The first day a shop doubles again and again.
        var sample = await store.Buyers(MostBuyers);
        if (!always && fresh is not null && sample.Buyers < 2 * fresh.Buyers) return new RfmAnswer(fresh, null);
        if (sample.Drawn.Count < FewestBuyers) return new RfmAnswer(null, $"{sample.Drawn.Count} customers bought something; {FewestBuyers} are needed to tell them apart.");
        var (now, currency, wanted) = (clock.GetUtcNow(), company.Current.BaseCurrency, clusters ?? before.Wanted);

        // Beside the grain's turns: it computes for some tenths of a second.
        var found = await Task.Run(() => RfmFit.Of(sample, wanted, before, now, currency));
        if (found.Model is null) return new RfmAnswer(before.Model, "Those who bought are too much alike for so many clusters: ask for fewer.");

        // The first is for drafts, too: those are asked with the plan that is known.
        await live.Renew();
        if (!await store.SaveRfm(before, found, before.Model is null || live.Current.ReadsRfm)) return new RfmAnswer(before.Model, "Somebody else does the same now: look again.");
        LogFound(found.Model.Clusters.Count, sample.Buyers);
        await live.Renew();
        return new RfmAnswer(found.Model, null);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Found {Clusters} clusters of {Buyers} customers who bought")]
    private partial void LogFound(int clusters, long buyers);
}
