using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Crm.Embedded;

namespace Crm.Infrastructure;

/// <summary>The API or a silo as a process of its own, as it runs in production, on a test's database.</summary>
internal sealed class HostProcess : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);

    private readonly ConcurrentQueue<string> _said = new();
    private readonly Process _process;
    private (string Program, int Port, (string Name, string Value)[] Settings) _as;

    private HostProcess(Process process, Uri address)
    {
        _process = process;
        Address = address;
        Http = new HttpClient { BaseAddress = address };
    }

    /// <summary>Where it answers HTTP.</summary>
    public Uri Address { get; }

    /// <summary>A client of that address.</summary>
    public HttpClient Http { get; }

    /// <summary>All that it said so far.</summary>
    public string Said => string.Join('\n', _said);

    /// <summary>Starts the API and waits until it serves; silos need not be there.</summary>
    public static Task<HostProcess> Api(string postgres, params (string Name, string Value)[] more)
    {
        var port = RunProcess.FreePort();
        return Start("Crm.Api.dll", port, [("CRM_POSTGRES", postgres), ("CRM_PORT", Text(port)), .. more]);
    }

    /// <summary>Starts a silo and waits until it serves.</summary>
    public static Task<HostProcess> Silo(string postgres, params (string Name, string Value)[] more)
    {
        var ports = Running.FreePorts.Pick(3);
        return Start(
            "Crm.Silo.dll",
            ports[0],
            [("CRM_POSTGRES", postgres), ("CRM_HTTP_PORT", Text(ports[0])), ("CRM_SILO_PORT", Text(ports[1])), ("CRM_GATEWAY_PORT", Text(ports[2])), .. more]);
    }

    /// <summary>Starts a program that is expected to end by itself, and answers its exit code and the lines that it said.</summary>
    public static async Task<(int Code, IReadOnlyList<string> Said)> RunToEnd(string program, params (string Name, string Value)[] settings)
    {
        await using var host = Launch(program, 0, settings);
        using var patience = new CancellationTokenSource(s_patience);
        await host._process.WaitForExitAsync(patience.Token);
        return (host._process.ExitCode, [.. host._said]);
    }

    /// <summary>Waits until it says that it is ready for everything.</summary>
    public Task UntilReady() => Eventually.True(() => Answers("/health/ready"), $"{Address} is ready", s_patience);

    /// <summary>Starts another in its place, at its address.</summary>
    public Task<HostProcess> Again() => Start(_as.Program, _as.Port, _as.Settings);

    /// <summary>Ends it at once, as a crash would.</summary>
    public async Task Kill()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (!_process.HasExited)
        {
            UnixProcess.Find(_process.Id)?.Signal(UnixProcess.SigTerm);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private static async Task<HostProcess> Start(string program, int port, (string Name, string Value)[] settings)
    {
        var host = Launch(program, port, settings);
        try
        {
            await Eventually.True(() => host.Answers("/health/live"), $"{program} is live; it said:\n{host.Said}", s_patience);
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    private static HostProcess Launch(string program, int port, (string Name, string Value)[] settings)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, program)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        foreach (var (name, value) in settings) start.Environment[name] = value;
        var process = Process.Start(start)!;
        var host = new HostProcess(process, new Uri($"http://127.0.0.1:{Text(port)}")) { _as = (program, port, settings) };
        process.OutputDataReceived += host.Hear;
        process.ErrorDataReceived += host.Hear;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return host;
    }

    private async Task<bool> Answers(string path)
    {
        if (_process.HasExited) throw new InvalidOperationException($"It ended with {_process.ExitCode}:\n{Said}");
        try
        {
            using var answer = await Http.GetAsync(new Uri(path, UriKind.Relative));
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);

    private void Hear(object from, DataReceivedEventArgs line)
    {
        if (line.Data is not null) _said.Enqueue(line.Data);
    }
}
