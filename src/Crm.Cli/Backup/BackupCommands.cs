using System.Globalization;
using Crm.CommandLine;
using Crm.Privacy;

namespace Crm.Backup;

/// <summary><c>crm backup</c>: the whole database in one file, while all goes on.</summary>
internal sealed class BackupCommand : ICliCommand
{
    public string Name => "backup";

    public string Summary => "Writes all data into one file, while everything runs.";

    public string Usage => "FILE";

    public IReadOnlyList<CliOption> Options => [];

    public string Details => """
        The file is as the database was at one moment, and holds the secret of the installation and all personal data: keep it as well as the database.
        Left out are sessions and what belongs to running processes. What FILE held before is replaced when the new one is whole.
        """;

    public async Task<int> Run(Arguments arguments, CliContext context, CancellationToken cancellationToken)
    {
        var path = arguments.Words is [var file] ? Path.GetFullPath(file) : throw new UsageException("it takes the name of one file.");
        var report = await Backups.Write(await context.Postgres(cancellationToken), path, TimeProvider.System, cancellationToken);
        await context.Out.WriteLineAsync(Said(report));
        return 0;
    }

    public static string Said(BackupReport report) => string.Create(
        CultureInfo.InvariantCulture,
        $"{report.Rows.Values.Sum():N0} rows of {report.Rows.Count} tables, as of {report.Header.TakenAt.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z, {report.FileBytes / 1_048_576.0:N1} MB");
}

/// <summary><c>crm restore</c>: a backup into an empty database.</summary>
internal sealed class RestoreCommand : ICliCommand
{
    public string Name => "restore";

    public string Summary => "Puts a backup into a new folder of data, or an empty database.";

    public string Usage => "FILE [--erasures FILE]";

    public IReadOnlyList<CliOption> Options { get; } =
    [
        new("erasures", "FILE", "what \"crm erasures export\" wrote later than the backup: who is in it is erased again"),
    ];

    public string Details => """
        The file is verified whole before anything is touched. Everybody has to sign in again; keys that were revoked after the backup work again
        until they are revoked again. The restored log is another one: clients' positions of the old one are not waited for.
        """;

    public async Task<int> Run(Arguments arguments, CliContext context, CancellationToken cancellationToken)
    {
        var path = arguments.Words is [var file] ? Path.GetFullPath(file) : throw new UsageException("it takes the name of one file.");
        var report = await Restoring.Run(await context.Server(cancellationToken), path, arguments.Text("erasures"), TimeProvider.System, cancellationToken);
        await context.Out.WriteLineAsync(BackupCommand.Said(report));
        if (!arguments.Has("erasures"))
            await context.Error.WriteLineAsync("Who was erased after the backup is there again: --erasures takes a list of them.");
        return 0;
    }
}

/// <summary><c>crm erasures export</c>: who was erased, as hashes, for a restore of an older backup.</summary>
internal sealed class ErasuresCommand : ICliCommand
{
    public string Name => "erasures";

    public string Summary => "Writes who was erased, as keyed hashes, for \"crm restore\".";

    public string Usage => "export FILE";

    public IReadOnlyList<CliOption> Options => [];

    public async Task<int> Run(Arguments arguments, CliContext context, CancellationToken cancellationToken)
    {
        var path = arguments.Words is ["export", var file] ? Path.GetFullPath(file) : throw new UsageException("it takes export and the name of a file.");
        await using var database = Database.Open(await context.Postgres(cancellationToken));
        var ids = await ErasureLists.Write(database, path, TimeProvider.System, cancellationToken);
        await context.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{ids} ids"));
        return 0;
    }
}
