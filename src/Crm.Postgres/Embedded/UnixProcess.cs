using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Crm.Embedded;

/// <summary>
/// A process of this machine, told apart from a later one with the same number by its start time.
/// Reads <c>/proc</c>, so Linux only.
/// </summary>
/// <param name="Id">The process id.</param>
/// <param name="StartTicks">Clock ticks between the machine's boot and the process's start.</param>
public readonly record struct UnixProcess(int Id, long StartTicks)
{
    /// <summary>Ask to end: a server ends its work first.</summary>
    public const int SigTerm = 15;

    /// <summary>Interrupt: PostgreSQL's fast shutdown.</summary>
    public const int SigInt = 2;

    /// <summary>PostgreSQL's immediate shutdown: like a crash, the next start recovers.</summary>
    public const int SigQuit = 3;

    /// <summary>End at once, unasked.</summary>
    public const int SigKill = 9;

    private static readonly TimeSpan PollEvery = TimeSpan.FromMilliseconds(20);

    /// <summary>The living process with this id; null when there is none. A zombie does not live.</summary>
    public static UnixProcess? Find(int id)
    {
        try
        {
            // The second field is the command in brackets and may hold anything, so fields count from its end.
            var stat = File.ReadAllText($"/proc/{id}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? null : new UnixProcess(id, long.Parse(fields[19], CultureInfo.InvariantCulture));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Every living process that this user can see.</summary>
    public static IEnumerable<UnixProcess> All() =>
        from folder in Directory.EnumerateDirectories("/proc")
        let id = int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0
        where id > 0
        let process = Find(id)
        where process is not null
        select process.Value;

    /// <summary>True while this very process lives.</summary>
    public bool IsAlive => Find(Id) == this;

    /// <summary>The words of its command line; empty when it is gone or belongs to somebody else.</summary>
    public IReadOnlyList<string> CommandLine => ReadWords("cmdline");

    /// <summary>The variables it was started with, as <c>NAME=value</c>; empty when it is gone or somebody else's.</summary>
    public IReadOnlyList<string> Environment => ReadWords("environ");

    /// <summary>Its working directory; null when it is gone or belongs to somebody else.</summary>
    public string? WorkingDirectory
    {
        get
        {
            try
            {
                return new FileInfo($"/proc/{Id}/cwd").LinkTarget;
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                return null;
            }
        }
    }

    /// <summary>Sends a signal. A process that is gone already is no error.</summary>
    /// <exception cref="Win32Exception">The signal is not allowed.</exception>
    public void Signal(int signal)
    {
        const int noSuchProcess = 3;
        if (IsAlive && Kill(Id, signal) != 0 && Marshal.GetLastPInvokeError() is var error && error != noSuchProcess)
        {
            throw new Win32Exception(error);
        }
    }

    /// <summary>Waits until the process is gone; false when it still lives after <paramref name="within"/>.</summary>
    public async Task<bool> WaitForExit(TimeSpan within, TimeProvider clock, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(clock);
        var start = clock.GetTimestamp();
        while (IsAlive)
        {
            if (clock.GetElapsedTime(start) >= within)
            {
                return false;
            }

            await Task.Delay(PollEvery, clock, cancellationToken);
        }

        return true;
    }

    /// <summary>
    /// Lets this process hear a signal again that its starter told it to ignore: shells do so with SIGINT for what a
    /// script starts in the background, and .NET respects it. Call it before registering a handler.
    /// </summary>
    public static void Unignore(int signal) => _ = SetHandler(signal, DefaultHandler);

    private const nint DefaultHandler = 0;

    [DllImport("libc", EntryPoint = "signal", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint SetHandler(int signal, nint handler);

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);

    private string[] ReadWords(string file)
    {
        try
        {
            return Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{Id}/{file}")).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
