using System.Globalization;

namespace Crm.Bench;

/// <summary>How fast visitors who have a history become users.</summary>
internal sealed class MergesQuestion : IQuestion
{
    public string Name => "merges";

    public string Asks => "How many merges a second are carried out, of visitors with events into users with events? Target: at least 2,000/s.";

    public string Estimate =>
        "A merge is a stored row that asks, a decision (batches of 200 under one lock, about 10 us each), a frozen row and the row that took it over: three rows at 30-50 us, "
        + "a few grain calls at 5 us. About 200 us of 2 cores: 5-8 k/s, less where the ledger's one batch at a time waits for the disk.";

    public async Task Run(BenchOptions options, Report report)
    {
        await using var product = await RunningProduct.Start(options);
        var people = options.Whole("people", 40_000);
        var run = Runs.NewId();
        await IdentityLoad.Send(product, people, i => IdentityLoad.Track(run, i, "anonymousId", "v"));
        await IdentityLoad.Send(product, people, i => IdentityLoad.Track(run, i, "userId", "u"));
        await product.Drained(TimeSpan.FromMinutes(5));

        var measured = await IdentityLoad.Merge(product, run, people);
        report.Line($"{people:N0} visitors and as many users, one event each; then one identify for each pair.");
        report.Block(measured.Table());
    }
}

/// <summary>A shop's evening: everybody signs in at once.</summary>
internal sealed class IdentifyStormQuestion : IQuestion
{
    public string Name => "identify-storm";

    public string Asks => "How long until 100,000 visitors, who all become known at once, are users, and do all events count once?";

    public string Estimate => "As merges, but the users are new: 4-6 k/s, so 17-25 s.";

    public async Task Run(BenchOptions options, Report report)
    {
        await using var product = await RunningProduct.Start(options);
        var people = options.Whole("people", 100_000);
        var run = Runs.NewId();
        await IdentityLoad.Send(product, people, i => IdentityLoad.Track(run, i, "anonymousId", "v"));
        await product.Drained(TimeSpan.FromMinutes(5));

        var measured = await IdentityLoad.Merge(product, run, people);
        report.Line($"{people:N0} visitors with one event each; then one identify for each, with an email of its own.");
        report.Block(measured.Table());
        await product.Drained(TimeSpan.FromMinutes(5));
        await using var command = product.Database.CreateCommand("SELECT coalesce(sum(events), 0)::bigint FROM customer WHERE moved_to IS NULL");
        var counted = (long)(await command.ExecuteScalarAsync())!;
        report.Line(string.Create(CultureInfo.InvariantCulture, $"Events counted: {counted:N0} of {2L * people:N0}."));
    }
}
