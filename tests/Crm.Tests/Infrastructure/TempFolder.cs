namespace Crm.Infrastructure;

/// <summary>A folder of one test, gone with it. Short, for it may hold sockets; open to pass through, for servers of another account.</summary>
internal sealed class TempFolder : IDisposable
{
    private const UnixFileMode Passable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    public TempFolder()
    {
        Path = Directory.CreateTempSubdirectory("crm-test-").FullName;
        File.SetUnixFileMode(Path, Passable);
    }

    public string Path { get; }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
