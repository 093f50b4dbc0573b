namespace Crm.Running;

/// <summary>
/// Keeps each log within bounds: a full one is copied aside and emptied in place, since its process holds it open
/// (for appending, so it goes on at the start).
/// </summary>
internal sealed class LogRotation(RunFolder folder, TimeProvider clock)
{
    // Of each log at most one old and one current file of this size: a day of warnings, minutes of a loop of errors.
    private const long LargestBytes = 20L << 20;

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);

    public async Task Keep(CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(LookEvery, clock, cancellationToken);
            foreach (var log in folder.Logs.Where(log => new FileInfo(log).Length > LargestBytes))
            {
                Rotate(log);
            }
        }
    }

    internal static void Rotate(string log)
    {
        try
        {
            File.Copy(log, log + ".1", overwrite: true);
        }
        catch (IOException)
        {
            // The disk is full: emptying the log is the more urgent half.
        }

        using var emptied = new FileStream(log, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        emptied.SetLength(0);
    }
}
