using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace Crm.Infrastructure;

/// <summary>Node.js with the published clients of <c>tests/clients</c>. <c>./test</c> installs both.</summary>
internal static class Node
{
    private const int OldestVersion = 20;

    private static readonly Lazy<string?> s_missing = new(Look);

    /// <summary>The folder of the drivers.</summary>
    public static string Folder { get; } = Path.Combine(Repository.Root, "tests", "clients");

    /// <summary>What is missing, in words; null when all is there.</summary>
    public static string? Missing => s_missing.Value;

    /// <summary>Runs a script of that folder with this input, and answers how it ended and what it said.</summary>
    public static async Task<(int Code, string Said)> Run(string input, params string[] arguments)
    {
        var start = new ProcessStartInfo("node", arguments) { WorkingDirectory = Folder, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using var node = Process.Start(start)!;
        var (output, error) = (node.StandardOutput.ReadToEndAsync(), node.StandardError.ReadToEndAsync());
        await node.StandardInput.WriteAsync(input);
        node.StandardInput.Close();
        await node.WaitForExitAsync();
        return (node.ExitCode, await output + await error);
    }

    private static string? Look()
    {
        if (((string[])["posthog-node", "ajv-formats"]).Any(package => !Directory.Exists(Path.Combine(Folder, "node_modules", package)))) return "needs the published clients: npm ci in tests/clients, or ./test";
        try
        {
            using var node = Process.Start(new ProcessStartInfo("node", ["--version"]) { RedirectStandardOutput = true })!;
            var version = node.StandardOutput.ReadToEnd().Trim().TrimStart('v');
            node.WaitForExit();
            return int.Parse(version.Split('.')[0], CultureInfo.InvariantCulture) >= OldestVersion ? null : $"needs Node.js {OldestVersion} or newer, not {version}";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "needs Node.js";
        }
    }
}

/// <summary>A test with published clients in Node.js; skipped, visibly, without it.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NodeFactAttribute : FactAttribute
{
    public NodeFactAttribute() => Skip = Node.Missing;
}

/// <inheritdoc cref="NodeFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NodeTheoryAttribute : TheoryAttribute
{
    public NodeTheoryAttribute() => Skip = Node.Missing;
}
