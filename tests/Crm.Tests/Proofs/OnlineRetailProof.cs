using System.Globalization;
using System.Text.Json;
using Crm.Embedded;
using Crm.Infrastructure;
using Xunit;
using Xunit.Abstractions;

namespace Crm.Proofs;

/// <summary>
/// Real transactions go in over HTTP by <c>crm replay</c>, are interrupted, go on, and are sent again: and every customer's
/// profile equals what the file alone says.
/// </summary>
public sealed class OnlineRetailProof(ITestOutputHelper output)
{
    private const string Map =
        "customer=CustomerID,date=InvoiceDate,order=InvoiceNo,amount=Quantity*UnitPrice,product=StockCode,price=UnitPrice,quantity=Quantity,currency='GBP'";

    [DataFact]
    public Task Two_hundred_customers_equal_the_file() => Prove(customers: 200, slowly: 300, interruptAfter: 100);

    [FullDataFact]
    public Task All_customers_equal_the_file() => Prove(customers: int.MaxValue, slowly: 1_000, interruptAfter: 3_000);

    private async Task Prove(int customers, int slowly, int interruptAfter)
    {
        var lines = Purchases.ReadLines(Path.Combine(DataFactAttribute.Folder, "online_retail", "transactions.csv.gz"));
        var customer = Array.IndexOf(lines[0].Cells, "CustomerID");
        var chosen = lines.Skip(1).Select(l => l.Cells[customer]).Distinct().Take(customers).ToHashSet();
        lines = [lines[0], .. lines.Skip(1).Where(l => chosen.Contains(l.Cells[customer]))];
        var expected = Purchases.Compute(lines);
        using var folder = new TempFolder();
        var file = Path.Combine(folder.Path, "transactions.csv");
        await File.WriteAllLinesAsync(file, lines.Select(l => l.Text));
        await using var product = await Product.Start();

        await Interrupt(product, file, slowly, interruptAfter);
        var resumed = await product.Crm("replay", file, "--map", Map);
        output.WriteLine(resumed.Out + resumed.Error);
        Assert.Equal(0, resumed.Code);
        Assert.Contains("Going on after", resumed.Error, StringComparison.Ordinal);
        await product.Settled();
        var first = await Compare(product, expected);

        var again = await product.Crm("replay", file, "--map", Map, "--again");
        output.WriteLine(again.Out + again.Error);
        Assert.Equal(0, again.Code);
        await product.Settled();
        Assert.Equal(first, await Compare(product, expected));

        Assert.Contains("nothing to do", (await product.Crm("replay", file, "--map", Map)).Error, StringComparison.Ordinal);
    }

    /// <summary>Kills a slow replay when its state file says that some of it is done.</summary>
    private static async Task Interrupt(Product product, string file, int rate, int after)
    {
        using var slow = product.Launch("replay", file, "--map", Map, "--rate", rate.ToString(CultureInfo.InvariantCulture));
        var states = Path.Combine(product.Data, "replay");
        await Eventually.True(
            () => slow.HasExited
                ? throw new InvalidOperationException(slow.StandardError.ReadToEnd())
                : Directory.Exists(states) && Directory.EnumerateFiles(states, "*.json").Any(state => Done(state) >= after),
            "some of the file is sent",
            TimeSpan.FromMinutes(2));
        UnixProcess.Find(slow.Id)?.Signal(UnixProcess.SigKill);
        await slow.WaitForExitAsync();
    }

    private static long Done(string state) => JsonDocument.Parse(File.ReadAllBytes(state)).RootElement.GetProperty("done").GetInt64();

    /// <summary>Compares all; answers the versions of the profiles, which grow with everything that counts.</summary>
    private async Task<Dictionary<string, long>> Compare(Product product, Dictionary<string, Purchases> expected)
    {
        var wrong = new List<string>();
        var versions = new Dictionary<string, long>();
        foreach (var (id, bought) in expected)
        {
            if (await product.Profile("u:" + id) is not { } profile)
            {
                wrong.Add($"{id}: no profile");
                continue;
            }

            versions[id] = profile.GetProperty("version").GetInt64();
            var found = new Purchases(
                profile.GetProperty("orders").GetInt32(),
                Money(profile, "revenue"),
                profile.GetProperty("refunds").GetInt32(),
                Money(profile, "refunded"),
                Time(profile, "firstOrder"),
                Time(profile, "lastOrder"));
            if (found != bought) wrong.Add($"{id}: {found} instead of {bought}");
        }

        output.WriteLine($"{expected.Count} customers, {expected.Values.Sum(p => p.Orders)} orders, {expected.Values.Sum(p => p.Revenue)} GBP, "
            + $"{expected.Values.Sum(p => p.Refunds)} refunds of {expected.Values.Sum(p => p.Refunded)} GBP: {wrong.Count} differ");
        Assert.Equal("", string.Join('\n', wrong.Take(20)));
        return versions;
    }

    private static decimal Money(JsonElement profile, string name)
    {
        var amounts = profile.GetProperty(name);
        Assert.All(amounts.EnumerateObject(), amount => Assert.Equal("GBP", amount.Name));
        return amounts.TryGetProperty("GBP", out var text) ? decimal.Parse(text.GetString()!, CultureInfo.InvariantCulture) : 0;
    }

    private static DateTime? Time(JsonElement profile, string name) =>
        profile.GetProperty(name) is { ValueKind: JsonValueKind.String } text ? text.GetDateTime() : null;
}
