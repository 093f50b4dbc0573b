using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Crm.Infrastructure;

/// <summary>A silo as a process of its own, as a supervisor starts it.</summary>
internal sealed class SiloProcess : IDisposable
{
    private readonly Process _process;

    private SiloProcess(Process process, string name, Uri url)
    {
        _process = process;
        Name = name;
        Http = new HttpClient { BaseAddress = url, Timeout = TimeSpan.FromSeconds(5) };
    }

    public string Name { get; }

    public HttpClient Http { get; }

    public int ExitCode => _process.ExitCode;

    public static SiloProcess Start(string connectionString, string name)
    {
        var ports = Running.FreePorts.Pick(3);
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Crm.Silo.dll")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["CRM_POSTGRES"] = connectionString,
                ["CRM_NAME"] = name,
                ["CRM_SILO_PORT"] = ports[0].ToString(CultureInfo.InvariantCulture),
                ["CRM_GATEWAY_PORT"] = ports[1].ToString(CultureInfo.InvariantCulture),
                ["CRM_HTTP_PORT"] = ports[2].ToString(CultureInfo.InvariantCulture),
            },
        };
        var process = Process.Start(start)!;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new SiloProcess(process, name, new Uri($"http://127.0.0.1:{ports[2]}"));
    }

    public Task UntilReady() => Eventually.True(
        async () => await Get("/health/ready") is (HttpStatusCode.OK, _), $"{Name} is ready", TimeSpan.FromSeconds(90));

    /// <summary>What it answers to a GET; null status when nobody answers.</summary>
    public async Task<(HttpStatusCode? Status, string Body)> Get(string path)
    {
        try
        {
            using var answer = await Http.GetAsync(new Uri(path, UriKind.Relative));
            return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            return (null, exception.Message);
        }
    }

    /// <summary>Ends it as a power cut would.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Asks it to end, and waits.</summary>
    public async Task Stop()
    {
        Embedded.UnixProcess.Find(_process.Id)!.Value.Signal(Embedded.UnixProcess.SigTerm);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await _process.WaitForExitAsync(patience.Token);
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
        Http.Dispose();
    }
}
