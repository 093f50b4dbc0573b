using System.Globalization;
using Crm.Clickstream;
using Crm.Deals;
using Crm.Records;

namespace Crm.Seeding;

/// <summary>
/// <c>Crm.Silo seed CUSTOMERS SEED TODAY [add]</c>: what <c>crm seed</c> runs. It is the silo's program because the rules of records are the
/// silo's. It says how far it is on its standard output, a line at a time: what, done, of how much, between tabs.
/// </summary>
internal static class SeedProcess
{
    /// <summary>The exit code of a refusal; what was wrong is on standard error.</summary>
    private const int Refused = 3;

    public static async Task<int> Run(string[] words)
    {
        var scale = new SeedScale(
            int.Parse(words[0], CultureInfo.InvariantCulture), int.Parse(words[1], CultureInfo.InvariantCulture), DateOnly.ParseExact(words[2], "yyyy-MM-dd", CultureInfo.InvariantCulture));
        var postgres = Environment.GetEnvironmentVariable("CRM_POSTGRES")!;
        await using var services = new ServiceCollection().AddLogging().AddCrmPostgres(postgres).BuildServiceProvider();
        try
        {
            var pipelines = await services.GetRequiredService<IPipelines>().Now();
            var fields = (await services.GetRequiredService<CustomFields>().List()).ToList();
            // Required fields of one's own are the company's to fill.
            fields.AddRange(SeedWriter.Fields(scale, TimeProvider.System.GetUtcNow()).Where(f => !fields.Exists(o => o.Kind == f.Kind && o.Name == f.Name)));
            var data = new SeededData(scale, pipelines, fields, services.GetRequiredService<ILogInfo>().Partitions);
            await SeedWriter.Run(postgres, scale, words.Contains("add"), data.Customers(), data.Records, TimeProvider.System, new Lines());
            return 0;
        }
        catch (Exception refused) when (refused is SeedRefusedException or InvalidOperationException)
        {
            await Console.Error.WriteLineAsync(refused.Message);
            return Refused;
        }
    }

    private sealed class Lines : IProgress<SeedProgress>
    {
        public void Report(SeedProgress value) => Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{value.What}\t{value.Done}\t{value.Of}"));
    }
}
