using Microsoft.Extensions.Logging;

namespace Crm.Clickstream;

internal sealed partial class EventLogWriter
{
    [LoggerMessage(1, LogLevel.Warning, "The log cannot be written: {Reason}. Refusing events until it can, trying every {ProbeMs} ms.")]
    private static partial void LogDown(ILogger logger, string reason, int probeMs);

    [LoggerMessage(2, LogLevel.Information, "The log can be written: {Identity}, {Partitions} partitions.")]
    private static partial void LogUp(ILogger logger, string identity, int partitions);

    [LoggerMessage(3, LogLevel.Warning, "A commit of {Events} events was refused by the server ({SqlState}); they were answered as not durable.")]
    private static partial void LogRefused(ILogger logger, int events, string sqlState);
}
