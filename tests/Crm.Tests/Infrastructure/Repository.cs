namespace Crm.Infrastructure;

/// <summary>The repository that these tests were built from.</summary>
internal static class Repository
{
    /// <summary>Its root: the folder of the solution.</summary>
    public static string Root { get; } = FindRoot(AppContext.BaseDirectory);

    /// <summary>The C# files that people wrote below a folder of the root, by their path from the root.</summary>
    public static IEnumerable<(string Path, string Text)> CSharp(string folder) =>
        from file in Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
        let path = Path.GetRelativePath(Root, file)
        where !path.Split('/').Any(part => part is "bin" or "obj")
        orderby path
        select (path, File.ReadAllText(file));

    private static string FindRoot(string folder) =>
        File.Exists(Path.Combine(folder, "Crm.Orleans.sln")) ? folder : FindRoot(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(folder))
            ?? throw new InvalidOperationException("The tests do not run from within the repository."));
}
