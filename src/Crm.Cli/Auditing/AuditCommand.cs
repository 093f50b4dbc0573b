using System.Globalization;
using Crm.CommandLine;

namespace Crm.Auditing;

/// <summary><c>crm audit verify</c>: computes the audit's chain anew.</summary>
internal sealed class AuditCommand : ICliCommand
{
    private const int HashDigits = 64;

    public string Name => "audit";

    public string Summary => "Verifies that nobody altered the audit.";

    public string Usage => "verify [--head NUMBER:HASH]";

    public IReadOnlyList<CliOption> Options { get; } =
    [
        new("head", "NUMBER:HASH", "an end of the chain that was noted earlier: it must still be part of it"),
    ];

    public string Details => """
        It reads every line, names the first that is altered or missing and ends with 1. On stdout it says the chain's end.
        Who owns the database has the secret that the end is signed with: note the end somewhere else, and give it to --head.
        """;

    public async Task<int> Run(Arguments arguments, CliContext context, CancellationToken cancellationToken)
    {
        if (arguments.Words is not ["verify"]) throw new UsageException("it takes verify.");
        var noted = Noted(arguments.Text("head"));
        await using var database = Database.Open(await context.Postgres(cancellationToken));
        var report = await AuditVerification.Run(database, noted, cancellationToken);
        if (report.Fault is { } fault)
        {
            await context.Error.WriteLineAsync(fault.Id is { } id ? $"Audit line with id {id}: {fault.What}." : $"Audit: {fault.What}.");
            return 1;
        }

        await context.Error.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture, $"{report.Lines} lines are as they were written; {report.Unchained} newer ones are not chained yet."));
        await context.Out.WriteLineAsync(report.Head ?? "0:");
        return 0;
    }

    private static (long, string)? Noted(string? text)
    {
        if (text is null) return null;
        return text.Split(':') is [var seq, { Length: HashDigits } hash] && long.TryParse(seq, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? (number, hash)
            : throw new UsageException("--head is NUMBER:HASH as \"crm audit verify\" said it.");
    }
}
