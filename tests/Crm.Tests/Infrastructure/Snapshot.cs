using System.Runtime.CompilerServices;

namespace Crm;

/// <summary>Files beside the tests that say how something was stored once, and must be readable for ever.</summary>
internal static class Snapshot
{
    /// <summary>Reads <c>Snapshots/NAME</c> of the calling test's folder.</summary>
    public static string Text(string name, [CallerFilePath] string test = "") =>
        File.ReadAllText(Path.Combine(Path.GetDirectoryName(test)!, "Snapshots", name));

    /// <summary>Bytes written as hexadecimal lines.</summary>
    public static byte[] Bytes(string name, [CallerFilePath] string test = "") =>
        Convert.FromHexString(Text(name, test).ReplaceLineEndings(""));
}
