using System.Globalization;
using Crm.CommandLine;

namespace Crm.Replay;

/// <summary>What <c>crm replay</c> was asked.</summary>
internal sealed record ReplayOptions
{
    /// <summary>The options in the order of the help.</summary>
    public static IReadOnlyList<CliOption> Known { get; } =
    [
        new("map", "FIELDS", "which columns say what, as FIELD=EXPRESSION,...; see below"),
        new("kind", "KIND", "transactions (lines of orders, the default) or clicks (one event a row)"),
        new("refund-prefix", "TEXT", "order numbers that begin so are refunds (default C; '' for none)"),
        new("zone", "ZONE", "time zone of dates without offset, such as Europe/London (default UTC)"),
        new("date-format", "FORM", "form of the dates, such as dd/MM/yyyy HH:mm, unix or unixms"),
        new("delimiter", "SIGN", "what separates cells: one sign, or tab (default: told from the first lines)"),
        new("api", "URL", "where to send (default: what runs on the data folder)"),
        new("key", "KEY", "write or server key (default: CRM_KEY, else one is made for this run and ended)"),
        new("source", "NAME", "source of the events when the key is made for this run (default replay)"),
        new("rate", "N", "at most N events a second (default: as fast as they are taken)"),
        new("connections", "N", "requests in flight, 1 to 16 (default 4)"),
        new("state", "FILE", "where to keep how far it came (default: in the data folder)"),
        new("again", null, "send all, whatever an earlier run sent"),
    ];

    public required string File { get; init; }
    public required string Map { get; init; }
    public required ReplayKind Kind { get; init; }
    public required string RefundPrefix { get; init; }
    public required string? Zone { get; init; }
    public required string? DateFormat { get; init; }
    public required char? Delimiter { get; init; }
    public required double Rate { get; init; }
    public required int Connections { get; init; }
    public required bool Again { get; init; }

    /// <exception cref="UsageException">An option is missing or has a wrong value.</exception>
    public static ReplayOptions Read(Arguments arguments) => new()
    {
        File = arguments.Words is [var file] ? Path.GetFullPath(file) : throw new UsageException("it takes one FILE."),
        Map = arguments.Required("map"),
        Kind = arguments.Text("kind") switch
        {
            null or "transactions" => ReplayKind.Transactions,
            "clicks" => ReplayKind.Clicks,
            var other => throw new UsageException($"--kind is transactions or clicks, not \"{other}\"."),
        },
        RefundPrefix = arguments.Text("refund-prefix") ?? "C",
        Zone = arguments.Text("zone"),
        DateFormat = arguments.Text("date-format"),
        Delimiter = DelimiterOf(arguments.Text("delimiter")),
        Rate = RateOf(arguments.Text("rate")),
        Connections = arguments.Number("connections", 4, 1, 16),
        Again = arguments.Has("again"),
    };

    /// <summary>What of the options decides which events are made: another choice is another replay.</summary>
    public string[] Meaning(Uri api) =>
        [api.ToString(), Map, Kind.ToString(), RefundPrefix, Zone ?? "", DateFormat ?? "", Delimiter?.ToString() ?? ""];

    /// <summary>What separates cells; null where that is not said.</summary>
    /// <exception cref="UsageException">It is longer than a sign.</exception>
    public static char? DelimiterOf(string? text) => text switch
    {
        null => null,
        "tab" => '\t',
        { Length: 1 } sign when char.IsAscii(sign[0]) => sign[0],
        _ => throw new UsageException($"--delimiter is one sign or tab, not \"{text}\"."),
    };

    private static double RateOf(string? text) =>
        text is null ? 0
        : double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var rate) && rate > 0 ? rate
        : throw new UsageException($"--rate is a number of events a second, not \"{text}\".");
}
