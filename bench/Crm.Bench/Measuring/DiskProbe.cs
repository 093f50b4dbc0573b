using System.Runtime.InteropServices;

namespace Crm.Bench;

/// <summary>
/// What an ack would take if it were nothing but the disk: while the product is measured, as many bytes as a commit has go into a
/// file beside its data that is long enough already, and to the disk.
/// </summary>
internal sealed class DiskProbe(string folder)
{
    private const int WriteBytes = 24 * 1024;
    private const int FileBytes = 64 * 1024 * 1024;
    private static readonly TimeSpan s_every = TimeSpan.FromMilliseconds(10);

    /// <summary>From a write to its being on the disk.</summary>
    public Latencies Took { get; } = new();

    /// <summary>Writes for so long, on a thread of its own.</summary>
    public Task Run(TimeSpan duration) => Task.Factory.StartNew(() => Write(duration), TaskCreationOptions.LongRunning);

    private void Write(TimeSpan duration)
    {
        var path = Path.Combine(folder, "disk-probe");
        var block = new byte[WriteBytes];
        Random.Shared.NextBytes(block);
        using var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write, options: FileOptions.DeleteOnClose);
        for (long at = 0; at < FileBytes; at += WriteBytes) RandomAccess.Write(file, block, at);
        RandomAccess.FlushToDisk(file);
        var began = Clock.Now;
        for (long at = 0; Clock.SecondsSince(began) < duration.TotalSeconds; at = (at + WriteBytes) % (FileBytes - WriteBytes))
        {
            var from = Clock.Now;
            RandomAccess.Write(file, block, at);
            if (FlushData((int)file.DangerousGetHandle()) != 0) throw new IOException($"{path} cannot be flushed: error {Marshal.GetLastPInvokeError()}.");
            Took.Since(from);
            Thread.Sleep(s_every);
        }
    }

    [DllImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int FlushData(int file);
}
