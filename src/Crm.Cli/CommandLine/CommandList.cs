using Crm.Access;
using Crm.Auditing;
using Crm.Backup;
using Crm.Clickstream;
using Crm.Demo;
using Crm.Evaluating;
using Crm.Replay;
using Crm.Running;
using Crm.Seeding;

namespace Crm.CommandLine;

/// <summary>Every command of <c>crm</c>, in the order of the help.</summary>
internal static class CommandList
{
    public static IReadOnlyList<ICliCommand> All { get; } =
    [
        new RunCommand(),
        new StatusCommand(),
        new SourcesCommand(),
        new KeysCommand(),
        new UsersCommand(),
        new DeadLettersCommand(),
        new AuditCommand(),
        new BackupCommand(),
        new RestoreCommand(),
        new ErasuresCommand(),
        new ReplayCommand(),
        new DemoCommand(),
        new SeedCommand(),
        new EvaluateCommand(),
    ];
}
