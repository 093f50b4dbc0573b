using System.Globalization;

namespace Crm.Running;

/// <summary>The files by which a running product is found: process ids, addresses, secrets and logs inside the data folder.</summary>
internal sealed class RunFolder
{
    private const string MarkerFile = "crm-orleans.data";

    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    // Root's PostgreSQL runs as another account, which must pass through to its own folder inside.
    private const UnixFileMode Passable = Private | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private RunFolder(string data) => Data = data;

    /// <summary>The data folder.</summary>
    public string Data { get; }

    /// <summary>Held while a supervisor works on the folder; the kernel lets go of it when the supervisor dies.</summary>
    public string Lock => InRun("lock");

    private string Run => Path.Combine(Data, "run");

    /// <summary>The data folder with its places, made if they are missing.</summary>
    public static RunFolder Create(string data)
    {
        var mode = Environment.IsPrivilegedProcess ? Passable : Private;
        var folder = new RunFolder(data);
        if (!Directory.Exists(data) || !Directory.EnumerateFileSystemEntries(data).Any())
        {
            Directory.CreateDirectory(data, mode);
            File.WriteAllText(Path.Combine(data, MarkerFile), "The data of a Crm.Orleans. \"./run --fresh\" deletes this folder's content.\n");
        }

        Directory.CreateDirectory(folder.Run, mode);
        Directory.CreateDirectory(Path.Combine(data, "logs"), Private);
        return folder;
    }

    /// <summary>True when everything in the folder may be deleted: it is empty, or it is surely a data folder.</summary>
    public static bool MayBeEmptied(string data) =>
        !Directory.Exists(data)
        || !Directory.EnumerateFileSystemEntries(data).Any()
        || File.Exists(Path.Combine(data, MarkerFile))
        || File.Exists(Path.Combine(data, "postgres", "PG_VERSION"));

    /// <summary>Deletes everything but the lock that is held.</summary>
    public void Empty()
    {
        foreach (var entry in new DirectoryInfo(Data).EnumerateFileSystemInfos().Where(e => e.FullName != Run && e.Name != MarkerFile))
        {
            Delete(entry);
        }

        foreach (var entry in new DirectoryInfo(Run).EnumerateFileSystemInfos().Where(e => e.FullName != Lock && e.FullName != Pid("run")))
        {
            Delete(entry);
        }

        Directory.CreateDirectory(Path.Combine(Data, "logs"), Private);
    }

    /// <summary>The log of a process.</summary>
    public string Log(string name) => Path.Combine(Data, "logs", $"{name}.log");

    /// <summary>All logs.</summary>
    public IEnumerable<string> Logs => Directory.EnumerateFiles(Path.Combine(Data, "logs"), "*.log");

    /// <summary>Notes the id of a process that has just started.</summary>
    public void WritePid(string name, int id) => Write($"{name}.pid", id.ToString(CultureInfo.InvariantCulture));

    /// <summary>The noted id of a process; null when there is none.</summary>
    public int? ReadPid(string name) =>
        int.TryParse(Read($"{name}.pid"), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;

    /// <summary>True while a file <c>NAME.hold</c> says that a process which has ended must not be started again.</summary>
    public bool IsHeld(string name) => File.Exists(InRun($"{name}.hold"));

    /// <summary>Says that a process must not be started again when it has ended.</summary>
    public void Hold(string name) => Write($"{name}.hold", "");

    /// <summary>Says that it may.</summary>
    public void Release(string name) => File.Delete(InRun($"{name}.hold"));

    /// <summary>Forgets a process that has ended for good.</summary>
    public void DeletePid(string name) => File.Delete(Pid(name));

    /// <summary>Notes where a process answers HTTP.</summary>
    public void WriteUrl(string name, Uri url) => Write($"{name}.url", url.GetLeftPart(UriPartial.Authority));

    /// <summary>Keeps a line under a name, for the folder's owner alone to read.</summary>
    public void Write(string name, string line) => Replace(InRun(name), line + "\n");

    /// <summary>A kept line; null when there is none.</summary>
    public string? Read(string name) => File.Exists(InRun(name)) ? File.ReadAllText(InRun(name)).Trim() : null;

    /// <summary>Forgets the processes and addresses of a run that is over.</summary>
    public void DeleteTraces()
    {
        foreach (var file in Directory.EnumerateFiles(Run).Where(f => (f.EndsWith(".pid", StringComparison.Ordinal) && f != Pid("run")) || f.EndsWith(".url", StringComparison.Ordinal)))
        {
            File.Delete(file);
        }
    }

    private static void Delete(FileSystemInfo entry)
    {
        if (entry is DirectoryInfo { LinkTarget: null } folder)
        {
            folder.Delete(recursive: true);
        }
        else
        {
            entry.Delete();
        }
    }

    // By renaming: a reader sees the old content or the new, never half. Never readable by others, not even for a moment.
    private static void Replace(string path, string text)
    {
        var whole = path + ".new";
        File.Delete(whole);
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        using (var writer = new StreamWriter(whole, options))
        {
            writer.Write(text);
        }

        File.Move(whole, path, overwrite: true);
    }

    private string Pid(string name) => InRun($"{name}.pid");

    private string InRun(string name) => Path.Combine(Run, name);
}
