using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using Crm.Embedded;

namespace Crm.Infrastructure;

/// <summary><c>crm run</c> as its users start it: a process of its own, with the processes that it starts.</summary>
internal sealed class RunProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(90);

    private readonly ConcurrentQueue<string> _said = new();
    private readonly Process _process;

    private RunProcess(string data, int port, Process process)
    {
        Data = data;
        Port = port;
        _process = process;
    }

    public string Data { get; }

    public int Port { get; }

    /// <summary>All that it said so far.</summary>
    public string Said => string.Join('\n', _said);

    public UnixProcess Self => UnixProcess.Find(_process.Id) ?? throw new InvalidOperationException($"crm run is gone:\n{Said}");

    /// <summary>Starts it, without waiting for anything.</summary>
    public static RunProcess Launch(string data, int? port = null, params string[] more) =>
        Launch("exec \"$@\"", data, port, more);

    /// <summary>Starts it as a script's <c>./run &amp;</c> does, where the shell has it ignore SIGINT.</summary>
    public static RunProcess LaunchInBackground(string data) => Launch("trap '' INT; exec \"$@\"", data, port: null, []);

    private static RunProcess Launch(string script, string data, int? port, string[] more)
    {
        var chosen = port ?? FreePort();
        var program = Path.Combine(AppContext.BaseDirectory, "crm.dll");
        var start = new ProcessStartInfo(
            "/bin/sh",
            ["-c", script, "sh", "dotnet", program, "run", "--data", data, "--port", chosen.ToString(CultureInfo.InvariantCulture), "--no-demo", .. more])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Remove("CRM_POSTGRES");
        var run = new RunProcess(data, chosen, Process.Start(start)!);
        run._process.OutputDataReceived += run.Hear;
        run._process.ErrorDataReceived += run.Hear;
        run._process.BeginOutputReadLine();
        run._process.BeginErrorReadLine();
        return run;
    }

    /// <summary>Starts it and waits until it says that it is ready.</summary>
    public static async Task<RunProcess> Start(string data, params string[] more)
    {
        var run = Launch(data, port: null, more);
        try
        {
            await run.UntilReady();
            return run;
        }
        catch
        {
            await run.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits for the line that scripts wait for.</summary>
    public Task UntilReady() => Eventually.True(
        () => _process.HasExited ? throw new InvalidOperationException($"crm run ended with {_process.ExitCode}:\n{Said}") : _said.Contains($"ready http://127.0.0.1:{Port}"),
        $"crm run is ready; it said:\n{Said}",
        StartPatience);

    /// <summary>The exit code, once it has ended.</summary>
    public async Task<int> ExitCode(TimeSpan within)
    {
        using var patience = new CancellationTokenSource(within);
        await _process.WaitForExitAsync(patience.Token);
        return _process.ExitCode;
    }

    /// <summary>The process that a pid file names.</summary>
    public UnixProcess Child(string name) =>
        UnixProcess.Find(int.Parse(File.ReadAllText(PidFile(name)).Trim(), CultureInfo.InvariantCulture))
            ?? throw new InvalidOperationException($"{PidFile(name)} names no living process.");

    /// <summary>Waits until another process has taken the place of one that died.</summary>
    public Task<UnixProcess> Successor(string name, UnixProcess dead) => Eventually.Value(
        () => Task.FromResult(File.Exists(PidFile(name)) && UnixProcess.Find(int.Parse(File.ReadAllText(PidFile(name)).Trim(), CultureInfo.InvariantCulture)) is { } next && next != dead ? next : (UnixProcess?)null),
        $"{name} runs again");

    /// <summary>What its API answers to a GET.</summary>
    public async Task<HttpStatusCode?> Get(string path)
    {
        using var http = new HttpClient();
        try
        {
            using var answer = await http.GetAsync(new Uri($"http://127.0.0.1:{Port}{path}"));
            return answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            UnixProcess.Find(_process.Id)?.Signal(UnixProcess.SigTerm);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    /// <summary>A port that nobody listens on, below those that the kernel gives to outgoing connections.</summary>
    public static int FreePort() => Running.FreePorts.Pick(1)[0];

    private void Hear(object from, DataReceivedEventArgs line)
    {
        if (line.Data is not null)
        {
            _said.Enqueue(line.Data);
        }
    }

    private string PidFile(string name) => Path.Combine(Data, "run", $"{name}.pid");
}
