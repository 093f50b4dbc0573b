namespace Crm.Embedded;

/// <summary>
/// A lock on a file that the kernel releases when its holder dies, however it dies (flock). Children do not inherit it.
/// </summary>
public static class FileLock
{
    private static readonly TimeSpan PollEvery = TimeSpan.FromMilliseconds(50);

    /// <summary>The only holder; null when somebody else holds the lock.</summary>
    public static FileStream? TryTake(string path) => TryOpen(path, FileAccess.ReadWrite, FileShare.None);

    /// <summary>One of several sharers; null while somebody holds the lock alone.</summary>
    public static FileStream? TryShare(string path) => TryOpen(path, FileAccess.Read, FileShare.Read);

    /// <summary>Waits until it is the only holder.</summary>
    public static async Task<FileStream> Take(string path, TimeProvider clock, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (TryTake(path) is { } held)
            {
                return held;
            }

            await Task.Delay(PollEvery, clock, cancellationToken);
        }
    }

    private static FileStream? TryOpen(string path, FileAccess access, FileShare share)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, access, share, bufferSize: 0);
        }
        catch (IOException) when (File.Exists(path))
        {
            return null;
        }
    }
}
