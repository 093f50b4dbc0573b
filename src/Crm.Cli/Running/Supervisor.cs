using System.Security.Cryptography;
using Crm.Access;
using Crm.CommandLine;
using Crm.Embedded;
using Crm.Schema;
using Microsoft.Extensions.Logging;

namespace Crm.Running;

/// <summary>Starts the database, the silos, the API and the demo, keeps them running, and ends them in the opposite order.</summary>
internal sealed class Supervisor(RunOptions options, RunFolder folder, TextWriter output, TimeProvider clock, ILogger logger)
{
    private const int PageTokenBytes = 16;

    private readonly List<Task> _keepers = [];
    private readonly Shutdown _shutdown = new(clock);
    private readonly TaskCompletionSource _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Runs until cancelled.</summary>
    public async Task Run(CancellationToken cancellationToken)
    {
        using var running = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var work = StartAndWait(running.Token);
        try
        {
            await await Task.WhenAny(work, _broken.Task);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await output.WriteLineAsync("Ending; the data stays. (Ctrl-C again ends at once.)");
        }
        finally
        {
            await running.CancelAsync();
            await Task.WhenAll(_keepers.Append(work)).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            await _shutdown.Run();
            folder.DeleteTraces();
        }
    }

    private async Task StartAndWait(CancellationToken cancellationToken)
    {
        _keepers.Add(Guard(new LogRotation(folder, clock).Keep(cancellationToken)));
        var postgres = options.ExternalPostgres ?? await StartDatabase(cancellationToken);
        await SchemaUpgrade.Run(postgres, logger, cancellationToken);

        var token = RandomNumberGenerator.GetHexString(PageTokenBytes * 2, lowercase: true);
        folder.Write("page-token", token);
        _shutdown.Silos.AddRange(Fleet.Silos(options, folder, postgres).Select(spec => Keep(spec, cancellationToken)));
        var key = options.Demo ? await DemoKey.Get(folder, postgres, clock, cancellationToken) : null;
        _shutdown.Api = Keep(Fleet.Api(options, folder, postgres, token, key), cancellationToken);
        using (var readiness = new Readiness(folder, clock))
        {
            await Task.WhenAll(_shutdown.Silos.Append(_shutdown.Api).Select(child => readiness.WaitFor(child, cancellationToken)));
        }

        _keepers.Add(Guard(new DemoKeeper(options, folder, postgres, _shutdown, clock, logger).Keep(cancellationToken)));
        await Announce(token, key, await SetupLink.Token(postgres, clock, cancellationToken));
        await Task.Delay(Timeout.Infinite, cancellationToken);
    }

    // A keeper itself never ends; one that breaks (the disk is full, a program is gone) ends the run.
    private async Task Guard(Task keeper)
    {
        try
        {
            await keeper;
        }
        catch (Exception broken) when (broken is not OperationCanceledException)
        {
            _broken.TrySetException(broken);
        }
    }

    private async Task<string> StartDatabase(CancellationToken cancellationToken)
    {
        var database = new DatabaseKeeper(folder, clock, logger);
        _shutdown.Database = database;
        var postgres = await database.Start(cancellationToken);
        _keepers.Add(Guard(database.Keep(cancellationToken)));
        return postgres;
    }

    private Child Keep(ChildSpec spec, CancellationToken cancellationToken)
    {
        if (spec.Url is not null)
        {
            folder.WriteUrl(spec.Name, spec.Url);
        }

        var child = new Child(spec, folder, clock, logger);
        _keepers.Add(Guard(child.Keep(cancellationToken)));
        return child;
    }

    private async Task Announce(string token, string? demoKey, string? setup)
    {
        var local = options.LocalUrl.GetLeftPart(UriPartial.Authority);
        var elsewhere = folder.Data == RealPath.Of(CliContext.DefaultDataFolder) ? "" : $" --data {folder.Data}";
        await output.WriteLineAsync($"""

            The CRM:                       {local}/
            Its live figures alone:        {local}/?token={token}
            A key that reads customers:    ./crm keys create --kind server --name me{elsewhere}
            """);
        if (setup is not null)
        {
            await output.WriteLineAsync($"""
                The first account, from here:  {local}/sign-in
                From another machine, once:    {options.ListenUrl.GetLeftPart(UriPartial.Authority)}/sign-in?setup={setup}
                """);
        }

        if (demoKey is not null)
        {
            await output.WriteLineAsync($"The demo shop, to walk through: {local}/shop");
            await output.WriteLineAsync($"The demo shop's write key:     {demoKey}");
        }

        await output.WriteLineAsync($"""
            Data and logs:                 {folder.Data}
            Ctrl-C ends everything; the data stays.

            ready {options.ListenUrl.GetLeftPart(UriPartial.Authority)}
            """);
        await output.FlushAsync(CancellationToken.None);
    }
}
