namespace Crm.CommandLine;

/// <summary>The words of <c>crm help</c> and <c>crm help COMMAND</c>.</summary>
internal static class CommandHelp
{
    public static void WriteList(TextWriter to)
    {
        to.WriteLine("Usage: crm COMMAND [options]");
        to.WriteLine();
        foreach (var command in CommandList.All)
        {
            to.WriteLine($"  {command.Name,-10} {command.Summary}");
        }

        to.WriteLine();
        WriteOptions(CliContext.Options, to);
        to.WriteLine();
        to.WriteLine("\"crm help COMMAND\" says more about one.");
    }

    public static void WriteOne(ICliCommand command, TextWriter to)
    {
        to.WriteLine($"Usage: crm {command.Name} {command.Usage}".TrimEnd());
        to.WriteLine();
        to.WriteLine(command.Summary);
        to.WriteLine();
        WriteOptions([.. command.Options, .. CliContext.Options], to);
        if (command.Details.Length == 0) return;
        to.WriteLine();
        to.WriteLine(command.Details);
    }

    private static void WriteOptions(IReadOnlyList<CliOption> options, TextWriter to)
    {
        foreach (var option in options)
        {
            var spelled = option.Value is null ? $"--{option.Name}" : $"--{option.Name} {option.Value}";
            to.WriteLine($"  {spelled,-20} {option.Help}");
        }
    }
}
