namespace Crm.Embedded;

/// <summary>Paths as the kernel names them: absolute, with every link followed.</summary>
public static class RealPath
{
    /// <summary>The real path; parts that do not exist yet stay as they are.</summary>
    public static string Of(string path)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (Path.GetDirectoryName(full) is not { } parent)
        {
            return full;
        }

        var real = Path.Combine(Of(parent), Path.GetFileName(full));
        return new DirectoryInfo(real).LinkTarget is { } target
            ? Of(Path.Combine(Path.GetDirectoryName(real)!, target))
            : real;
    }
}
