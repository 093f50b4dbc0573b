using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Crm.Embedded;
using Npgsql;

namespace Crm.Bench;

/// <summary>The whole product as its users start it: <c>./run</c>, with all its processes.</summary>
internal sealed class RunningProduct : IAsyncDisposable
{
    /// <summary>The setting that limits a customer's events a minute. Unless a question says otherwise, it limits nobody, but counts.</summary>
    public const string CustomerRate = "CRM_CUSTOMER_EVENTS_PER_MINUTE";

    private static readonly TimeSpan s_startLimit = TimeSpan.FromMinutes(3);

    private readonly Process _run;
    private readonly Queue<string> _said = new();
    private HttpClient? _http;

    private RunningProduct(BenchOptions options, Process run)
    {
        _run = run;
        DataFolder = options.Data;
        Api = new IPEndPoint(IPAddress.Loopback, options.Port);
        Silo = new SiloMetrics(DataFolder);
        Processes = new ProcessSampler(DataFolder);
    }

    /// <summary>The folder of its data.</summary>
    public string DataFolder { get; }

    /// <summary>Where its API listens.</summary>
    public IPEndPoint Api { get; }

    /// <summary>A key that may send events.</summary>
    public string WriteKey { get; private set; } = "";

    /// <summary>A key that may read.</summary>
    public string ServerKey { get; private set; } = "";

    /// <summary>From the command to its line <c>ready</c>.</summary>
    public double StartSeconds { get; private set; }

    /// <summary>Its metrics.</summary>
    public SiloMetrics Silo { get; }

    /// <summary>Its processes.</summary>
    public ProcessSampler Processes { get; }

    /// <summary>Its database, for looking at it from beside.</summary>
    public NpgsqlDataSource Database { get; private set; } = null!;

    /// <summary>How far its stages are.</summary>
    public LogProbe Log { get; private set; } = null!;

    /// <summary>Starts it, and waits until it says that it is ready.</summary>
    public static async Task<RunningProduct> Start(BenchOptions options, bool fresh = true, bool keys = true, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = Repository.Command("run", Words(options, fresh));
        start.RedirectStandardError = true;
        start.Environment[CustomerRate] = "1000000000";
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        var began = Clock.Now;
        var product = new RunningProduct(options, Process.Start(start)!);
        try
        {
            await product.WaitReady(began);
        }
        catch
        {
            await product.DisposeAsync();
            throw;
        }

        if (keys)
        {
            product.WriteKey = await product.Crm("keys", "create", "--kind", "write", "--name", "bench");
            product.ServerKey = await product.Crm("keys", "create", "--kind", "server", "--name", "bench");
        }

        product.OpenDatabase();
        return product;
    }

    /// <summary>Runs <c>./crm</c> on its data; answers what it prints.</summary>
    public async Task<string> Crm(params string[] words)
    {
        using var process = Process.Start(Repository.Command("crm", [.. words, "--data", DataFolder]))!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output.Trim() : throw new InvalidOperationException($"crm {words[0]} failed with {process.ExitCode}.");
    }

    /// <summary>Waits until what was logged is applied, stored and, if wanted, in the history; answers how long that took.</summary>
    public async Task<double> Drained(TimeSpan limit, bool history = true)
    {
        var began = Clock.Now;
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        while (Clock.SecondsSince(began) < limit.TotalSeconds)
        {
            var stages = await Log.Look(0, 0);
            if (stages.NotStored == 0 && (!history || stages.NotInHistory == 0)) return Clock.SecondsSince(began);
            await timer.WaitForNextTickAsync();
        }

        return double.PositiveInfinity;
    }

    public async ValueTask DisposeAsync()
    {
        if (Database is not null) await Database.DisposeAsync();
        Silo.Dispose();
        _http?.Dispose();
        UnixProcess.Find(_run.Id)?.Signal(UnixProcess.SigTerm);
        await _run.WaitForExitAsync();
        _run.Dispose();
    }

    private static IEnumerable<string> Words(BenchOptions options, bool fresh)
    {
        string[] words = ["--no-demo", "--data", options.Data, "--port", options.Port.ToString(CultureInfo.InvariantCulture), "--silos", options.Silos.ToString(CultureInfo.InvariantCulture)];
        return fresh ? [.. words, "--fresh"] : words;
    }

    private async Task WaitReady(long began)
    {
        var ready = new TaskCompletionSource();
        _run.OutputDataReceived += (_, line) => Heard(line.Data, ready);
        _run.ErrorDataReceived += (_, line) => Heard(line.Data, ready);
        _run.EnableRaisingEvents = true;
        _run.Exited += (_, _) => ready.TrySetException(new InvalidOperationException("./run ended: " + string.Join('\n', _said)));
        _run.BeginOutputReadLine();
        _run.BeginErrorReadLine();
        await ready.Task.WaitAsync(s_startLimit);
        StartSeconds = Clock.SecondsSince(began);
    }

    private void Heard(string? line, TaskCompletionSource ready)
    {
        if (line is null) return;
        lock (_said)
        {
            _said.Enqueue(line);
            if (_said.Count > 20) _said.Dequeue();
        }

        if (line.StartsWith("ready http", StringComparison.Ordinal)) ready.TrySetResult();
    }

    private void OpenDatabase()
    {
        var given = Environment.GetEnvironmentVariable("CRM_POSTGRES");
        var connection = given is { Length: > 0 }
            ? given
            : ServerDatabase.ConnectionString(PostmasterFile.Read(new ServerFolders(DataFolder).ClusterTarget)!.SocketFolder!);
        Database = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connection) { MaxPoolSize = 4, CommandTimeout = 120 });
        _http = new HttpClient { BaseAddress = new Uri($"http://{Api}/"), Timeout = TimeSpan.FromSeconds(10) };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes(ServerKey + ":")));
        Log = new LogProbe(Database, _http);
    }
}
