using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Crm.Embedded;
using Crm.Infrastructure;

namespace Crm.Proofs;

/// <summary>The whole product as its users have it: started by <c>crm run</c>, used by <c>crm</c> and over HTTP.</summary>
internal sealed class Product : IAsyncDisposable
{
    private readonly TempFolder _folder;
    private readonly RunProcess _run;
    private readonly HttpClient _http;

    private Product(TempFolder folder, RunProcess run, HttpClient http)
    {
        _folder = folder;
        _run = run;
        _http = http;
    }

    public string Data => _run.Data;

    public int Port => _run.Port;

    /// <summary>Connection string of its own server.</summary>
    public string Database =>
        ServerDatabase.ConnectionString(PostmasterFile.Read(new ServerFolders(Data).ClusterTarget)!.SocketFolder!);

    public static async Task<Product> Start(params string[] more)
    {
        var folder = new TempFolder();
        try
        {
            var run = await RunProcess.Start(folder.Path, more);
            var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{run.Port}") };
            var product = new Product(folder, run, http);
            var key = await product.Key("server");
            http.DefaultRequestHeaders.Authorization =
                new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(key + ":")));
            return product;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>A new key, <c>write</c> or <c>server</c>.</summary>
    public async Task<string> Key(string kind) => (await Crm("keys", "create", "--kind", kind, "--name", "proof")).Out.Trim();

    /// <summary>A profile; null for a customer that never was.</summary>
    public async Task<JsonElement?> Profile(string id)
    {
        using var answer = await _http.GetAsync(new Uri($"/v1/customers/{Uri.EscapeDataString(id)}", UriKind.Relative));
        if (answer.StatusCode == HttpStatusCode.NotFound) return null;
        answer.EnsureSuccessStatusCode();
        return JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync()).RootElement;
    }

    /// <summary>Waits until all that is logged has changed its customers, and is durable in them and in the history.</summary>
    public Task Settled() => Eventually.True(
        async () =>
        {
            using var log = JsonDocument.Parse(await _http.GetByteArrayAsync(new Uri("/v1/log", UriKind.Relative)));
            return log.RootElement.GetProperty("unreachable").GetInt32() == 0
                && log.RootElement.GetProperty("partitions").EnumerateArray().All(
                    p => p.GetProperty("history").GetInt64() == p.GetProperty("head").GetInt64());
        },
        "all is applied, durable and in the history",
        TimeSpan.FromMinutes(2));

    /// <summary>Runs a command to its end.</summary>
    public async Task<(int Code, string Out, string Error)> Crm(params string[] words)
    {
        using var command = Launch(words);
        var error = command.StandardError.ReadToEndAsync();
        var said = await command.StandardOutput.ReadToEndAsync();
        await command.WaitForExitAsync();
        return (command.ExitCode, said, await error);
    }

    /// <summary>Starts a command.</summary>
    public Process Launch(params string[] words)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "crm.dll"), .. words, "--data", Data])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Remove("CRM_POSTGRES");
        return Process.Start(start)!;
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _run.DisposeAsync();
        _folder.Dispose();
    }
}
