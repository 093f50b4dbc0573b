using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Crm.Infrastructure;
using Xunit;
using Xunit.Abstractions;

namespace Crm.Proofs;

/// <summary>The README's first calls, as a new user would type them; and the commands that look at what they did.</summary>
public sealed partial class ReadmeProof(ITestOutputHelper output)
{
    [Fact]
    public async Task The_first_calls_do_what_the_README_says()
    {
        await using var product = await Product.Start();
        var calls = FirstCalls().Match(await File.ReadAllTextAsync(Path.Combine(Repository.Root, "README.md"))).Groups[1].Value
            .Replace("127.0.0.1:8080", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{product.Port}"), StringComparison.Ordinal)
            .Replace("./crm ", $"dotnet {Path.Combine(AppContext.BaseDirectory, "crm.dll")} --data {product.Data} ", StringComparison.Ordinal);
        calls = Regex.Replace(calls, @"(crm\.dll) (--data \S+) (.*)\)", "$1 $3 $2)");

        var said = await Bash(calls);
        output.WriteLine(said);

        Assert.Contains("\"id\":\"u:ada\"", said, StringComparison.Ordinal);
        Assert.Contains("\"orders\":1,\"revenue\":{\"EUR\":\"39.90\"}", said, StringComparison.Ordinal);
        Assert.Contains("\"anonymous_id\":[\"laptop-1\"]", said, StringComparison.Ordinal);
        Assert.Contains("\"data\":[", said, StringComparison.Ordinal);
        Assert.DoesNotContain("\"success\":false", said, StringComparison.Ordinal);
        await StatusAgrees(product);
        await KeysCanBeRevoked(product);
    }

    private async Task StatusAgrees(Product product)
    {
        await product.Settled();
        var fromDatabase = await product.Crm("status");
        var fromApi = await product.Crm("status", "--key", await product.Key("server"));
        output.WriteLine(fromDatabase.Out + fromApi.Out);
        Assert.Matches(@"events +3 logged", fromDatabase.Out);
        Assert.Contains("silo-1", fromDatabase.Out, StringComparison.Ordinal);
        Assert.Matches(@" 3 applied", fromApi.Out);
        Assert.Equal(1, (await product.Crm("status", "--key", await product.Key("write"))).Code);
    }

    private static async Task KeysCanBeRevoked(Product product)
    {
        var shop = (await product.Crm("keys", "list")).Out.Split('\n').Single(line => line.Contains("  shop  ", StringComparison.Ordinal));
        Assert.Equal(0, (await product.Crm("keys", "revoke", shop.Split(' ')[0])).Code);
        Assert.Contains("revoked", (await product.Crm("keys", "list")).Out, StringComparison.Ordinal);
        Assert.Equal(1, (await product.Crm("keys", "revoke", shop.Split(' ')[0])).Code);
    }

    private static async Task<string> Bash(string script)
    {
        var start = new ProcessStartInfo("bash", ["-euo", "pipefail", "-c", script]) { RedirectStandardOutput = true };
        start.Environment.Remove("CRM_POSTGRES");
        using var bash = Process.Start(start)!;
        var said = await bash.StandardOutput.ReadToEndAsync();
        await bash.WaitForExitAsync();
        Assert.Equal(0, bash.ExitCode);
        return said;
    }

    [GeneratedRegex(@"```sh\n(WRITE=.*?)```", RegexOptions.Singleline)]
    private static partial Regex FirstCalls();
}
