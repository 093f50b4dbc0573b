using System.Globalization;

namespace Crm.Embedded;

/// <summary>
/// Whom the server runs as. PostgreSQL refuses root, so root hands its folders to an ordinary account and
/// starts it as that; everybody else runs it as themselves.
/// </summary>
internal sealed record ServerAccount
{
    private static readonly string[] Candidates = ["postgres", "nobody"];

    private ServerAccount(string? name) => Name = name;

    /// <summary>The account's name; null when the server runs as whoever started it.</summary>
    public string? Name { get; }

    /// <exception cref="EmbeddedServerException">This is root, and there is no account to hand the server to.</exception>
    public static ServerAccount Choose()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return new ServerAccount(name: null);
        }

        var known = File.ReadLines("/etc/passwd").Select(line => line.Split(':')[0]).ToHashSet(StringComparer.Ordinal);
        return Candidates.FirstOrDefault(known.Contains) is { } name
            ? new ServerAccount(name)
            : throw new EmbeddedServerException("PostgreSQL refuses to run as root, and there is no account \"postgres\" or \"nobody\" to run it as.");
    }

    /// <summary>The command, to be run as this account.</summary>
    public IReadOnlyList<string> Wrap(params IReadOnlyList<string> command) =>
        Name is null ? command : ["setpriv", $"--reuid={Name}", $"--regid={Group()}", "--clear-groups", "--", .. command];

    /// <summary>Makes a folder that only this account (and root) may enter, or gives it an existing one.</summary>
    public async Task Own(string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder, Private);
        File.SetUnixFileMode(folder, Private);
        if (Name is not null)
        {
            await Must(["chown", $"{Name}:{Group()}", folder], cancellationToken);
        }
    }

    /// <summary>True when the account can pass through the folder, which all folders above it decide too.</summary>
    public async Task<bool> CanReach(string folder, CancellationToken cancellationToken) =>
        Name is null || (await DetachedProcess.Run(Wrap("test", "-x", folder), cancellationToken)).ExitCode == 0;

    /// <summary>True when the folder belongs to this account and nobody else may enter it.</summary>
    public async Task<bool> IsPrivatelyOwned(string folder, CancellationToken cancellationToken)
    {
        var (_, output) = await DetachedProcess.Run(["stat", "-c", "%U %a", folder], cancellationToken);
        return output.Trim() == $"{Name ?? Environment.UserName} 700";
    }

    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private static async Task Must(IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        var (exitCode, output) = await DetachedProcess.Run(command, cancellationToken);
        if (exitCode != 0)
        {
            throw new EmbeddedServerException($"{string.Join(' ', command)} failed: {output.Trim()}");
        }
    }

    // By number: the group's name may differ from the account's (nobody's is nogroup).
    private string Group() => int.Parse(
        File.ReadLines("/etc/passwd").Select(line => line.Split(':')).First(fields => fields[0] == Name)[3],
        CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture);
}
