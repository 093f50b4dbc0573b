using Microsoft.Extensions.Logging;

namespace Crm.Running;

/// <summary>The supervisor's own log: each line to <c>logs/run.log</c> and to the person at the terminal.</summary>
internal sealed class RunLog(string file, TextWriter terminal, TimeProvider clock) : ILogger, IDisposable
{
    private readonly Lock _turn = new();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var now = clock.GetUtcNow();
        var message = exception is null ? formatter(state, exception) : $"{formatter(state, exception)} {exception.Message}";
        lock (_turn)
        {
            // Opened for each of its few lines: the file may be rotated away in between.
            File.AppendAllText(file, $"{now:yyyy-MM-ddTHH:mm:ss.fffZ} {message}\n");
            terminal.WriteLine($"{clock.GetLocalNow():HH:mm:ss} {message}");
        }
    }

    public void Dispose() => terminal.Flush();
}
