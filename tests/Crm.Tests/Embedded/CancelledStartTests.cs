using Crm.Infrastructure;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Crm.Embedded;

/// <summary>A start that is no longer wanted leaves no process behind: nobody would know of it.</summary>
public sealed class CancelledStartTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly CancellationTokenSource _stop = new();

    public void Dispose()
    {
        _stop.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task While_the_database_is_being_made()
    {
        var start = Start(NullLogger.Instance);
        await Eventually.True(() => Processes().Any(p => p.CommandLine is [var program, ..] && program.EndsWith("initdb", StringComparison.Ordinal)), "initdb runs");

        await _stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => start);
        Assert.Empty(Processes());
    }

    [Fact]
    public async Task When_the_server_has_just_come_up()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Start(new Trigger("PostgreSQL started", _stop)));

        Assert.Empty(Processes());
    }

    private Task<EmbeddedServer> Start(ILogger logger) =>
        EmbeddedServer.Start(new EmbeddedServerOptions { Folder = _folder.Path, Stays = true }, TimeProvider.System, logger, _stop.Token);

    private IEnumerable<UnixProcess> Processes() =>
        UnixProcess.All().Where(p => p.CommandLine.Any(word => word.StartsWith(_folder.Path, StringComparison.Ordinal)));

    /// <summary>Cancels as soon as something is said.</summary>
    private sealed class Trigger(string words, CancellationTokenSource stop) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (formatter(state, exception).StartsWith(words, StringComparison.Ordinal)) stop.Cancel();
        }
    }
}
