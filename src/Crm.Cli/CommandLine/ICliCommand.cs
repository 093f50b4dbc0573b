namespace Crm.CommandLine;

/// <summary>One command of <c>crm</c>. Listed in <see cref="CommandList"/>; one class per command.</summary>
internal interface ICliCommand
{
    /// <summary>The word after <c>crm</c>, such as <c>status</c>.</summary>
    string Name { get; }

    /// <summary>One line for the list that <c>crm help</c> prints.</summary>
    string Summary { get; }

    /// <summary>What follows the name on the usage line, such as <c>FILE --map NAME</c>.</summary>
    string Usage { get; }

    /// <summary>The options that the command knows beside the shared ones (<see cref="CliContext.Options"/>).</summary>
    IReadOnlyList<CliOption> Options { get; }

    /// <summary>What <c>crm help COMMAND</c> says below the options; empty for nothing.</summary>
    string Details => "";

    /// <summary>
    /// Runs the command. Stdout holds only what was asked for; notes go to <see cref="CliContext.Error"/>.
    /// </summary>
    /// <returns>The exit code: 0 done, 1 failed, 2 asked wrongly.</returns>
    Task<int> Run(Arguments arguments, CliContext context, CancellationToken cancellationToken);
}

/// <summary>An option <c>--name value</c>, or a flag <c>--name</c> when it has no value.</summary>
/// <param name="Name">Without the dashes.</param>
/// <param name="Value">What the value is, in capitals for the help (<c>DIR</c>); null for a flag.</param>
/// <param name="Help">One line.</param>
internal sealed record CliOption(string Name, string? Value, string Help);

/// <summary>The caller asked for something that cannot be: the message says what and how to ask instead.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>The command cannot go on for a reason that its user can mend: the message alone is shown, without a stack.</summary>
internal sealed class CommandFailedException(string message) : Exception(message);
