using Xunit;

namespace Crm.Infrastructure;

/// <summary>A test on the public data sets in the folder that CRM_DATA names; skipped, visibly, without it.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class DataFactAttribute : FactAttribute
{
    public DataFactAttribute() => Skip = Environment.GetEnvironmentVariable("CRM_DATA") is { Length: > 0 }
        ? null
        : "needs the data sets: set CRM_DATA to their folder";

    /// <summary>The folder of the data sets.</summary>
    public static string Folder => Environment.GetEnvironmentVariable("CRM_DATA")!;
}

/// <summary>The same with several cases.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class DataTheoryAttribute : TheoryAttribute
{
    public DataTheoryAttribute() => Skip = new DataFactAttribute().Skip;
}

/// <summary>A long test; runs with <c>./test --full</c> (CRM_FULL=1) only.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FullFactAttribute : FactAttribute
{
    public FullFactAttribute() => Skip = Environment.GetEnvironmentVariable("CRM_FULL") == "1"
        ? null
        : "long: runs with ./test --full";
}

/// <summary>A long test on the public data sets: needs both <c>./test --full</c> and CRM_DATA.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FullDataFactAttribute : FactAttribute
{
    public FullDataFactAttribute() => Skip = new FullFactAttribute().Skip ?? new DataFactAttribute().Skip;
}

/// <summary>A long test with several cases; runs with <c>./test --full</c> (CRM_FULL=1) only.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FullTheoryAttribute : TheoryAttribute
{
    public FullTheoryAttribute() => Skip = new FullFactAttribute().Skip;
}
