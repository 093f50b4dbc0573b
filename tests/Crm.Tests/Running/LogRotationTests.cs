using Crm.Embedded;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Running;

public sealed class LogRotationTests
{
    [Fact]
    public async Task A_process_goes_on_writing_at_the_start_of_its_emptied_log()
    {
        using var folder = new TempFolder();
        var log = Path.Combine(folder.Path, "x.log");
        using var process = DetachedProcess.Start(
            ["sh", "-c", "echo before; while [ ! -e rotated ]; do sleep 0.01; done; echo after"], log, new Dictionary<string, string?>(), folder.Path);
        await Eventually.True(() => File.Exists(log) && File.ReadAllText(log) == "before\n", "it wrote");

        LogRotation.Rotate(log);
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "rotated"), "");
        await process.WaitForExitAsync();

        Assert.Equal("before\n", await File.ReadAllTextAsync(log + ".1"));
        Assert.Equal("after\n", await File.ReadAllTextAsync(log));
    }
}
