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
        if (!always && before.Model is { } known && clock.GetUtcNow() - known.FittedAt < s_refit && known.Buyers >= MostBuyers) return new RfmAnswer(known, null);
        var sample = await store.Buyers(MostBuyers);
        if (!always && !IsDue(before.Model, sample.Buyers)) return new RfmAnswer(before.Model, null);
        if (sample.Drawn.Count < FewestBuyers) return new RfmAnswer(null, $"{sample.Drawn.Count} customers bought something; {FewestBuyers} are needed to tell them apart.");
        var (now, currency, wanted) = (clock.GetUtcNow(), company.Current.BaseCurrency, clusters ?? before.Wanted);

        // Beside the grain's turns: it computes for some tenths of a second.
        var found = await Task.Run(() => RfmFit.Of(sample, wanted, before, now, currency));
        if (found.Model is null) return new RfmAnswer(before.Model, "Those who bought are too much alike for so many clusters: ask for fewer.");
        await live.Renew();
        if (!await store.SaveRfm(before, found, live.Current.ReadsRfm)) return new RfmAnswer(before.Model, "Somebody else does the same now: look again.");
        LogFound(found.Model.Clusters.Count, sample.Buyers);
        await live.Renew();
        return new RfmAnswer(found.Model, null);
    }

    // The first day a shop doubles again and again.
    private bool IsDue(RfmModel? known, long buyers) =>
        known is null ? buyers >= FewestBuyers : clock.GetUtcNow() - known.FittedAt >= s_refit || (known.Buyers < MostBuyers && buyers >= 2 * known.Buyers);

    [LoggerMessage(Level = LogLevel.Information, Message = "Found {Clusters} clusters of {Buyers} customers who bought")]
    private partial void LogFound(int clusters, long buyers);
}
