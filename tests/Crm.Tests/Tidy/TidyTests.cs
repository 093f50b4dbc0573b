using System.Text.RegularExpressions;
using System.Xml.Linq;
using Crm.Infrastructure;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Xunit;

namespace Crm.Tidy;

/// <summary>The house rules that a machine can keep.</summary>
public sealed class TidyTests
{
    private const int LongestFunction = 69;
    private const int LongestFile = 350;

    // Which project may know which. A project that is not listed may know none.
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Crm.Grains"] = ["Crm.Interfaces", "Crm.Learning"],
        ["Crm.Postgres"] = ["Crm.Interfaces"],
        ["Crm.Web"] = ["Crm.Interfaces"],
        ["Crm.Silo"] = ["Crm.Grains", "Crm.Postgres"],
        ["Crm.Api"] = ["Crm.Web", "Crm.Postgres", "Crm.Interfaces"],
        ["Crm.Cli"] = ["Crm.Interfaces", "Crm.Learning", "Crm.Postgres"],
        ["Crm.Learning"] = [],
    };

    [Fact]
    public void References_between_projects_point_one_way()
    {
        var wrong =
            from project in Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.csproj", SearchOption.AllDirectories)
            let name = Path.GetFileNameWithoutExtension(project)
            from reference in XDocument.Load(project).Descendants("ProjectReference")
            let target = Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value)
            where !Allowed.GetValueOrDefault(name, []).Contains(target)
            select $"{name} -> {target}";

        None(wrong);
    }

    [Fact]
    public void Functions_are_short() => None(
        from file in Repository.CSharp("src")
        from function in CSharpSyntaxTree.ParseText(file.Text).GetRoot().DescendantNodes()
        where function is BaseMethodDeclarationSyntax or AccessorDeclarationSyntax or LocalFunctionStatementSyntax
        let span = function.GetLocation().GetLineSpan()
        let lines = span.EndLinePosition.Line - span.StartLinePosition.Line + 1
        where lines > LongestFunction
        select $"{file.Path}:{span.StartLinePosition.Line + 1} has {lines} lines");

    [Fact]
    public void Files_are_short() => None(
        from folder in new[] { "src", "tests", "bench" }
        from file in Repository.CSharp(folder)
        let lines = file.Text.Count(c => c == '\n')
        where lines > LongestFile
        select $"{file.Path} has {lines} lines");

    [Fact]
    public void Tests_do_not_sleep() => None(Calls("tests", @"\b(Task\.Delay|Thread\.Sleep)\("));

    [Fact]
    public void Time_comes_from_a_TimeProvider() => None(Calls("src", @"\b(DateTime|DateTimeOffset)\.(UtcNow|Now|Today)\b|\bStopwatch\.|\bEnvironment\.TickCount"));

    // Others may hand the pool on and hear of its failures; what is asked of the database stands in one project.
    [Fact]
    public void Only_the_database_project_asks_the_database() => None(
        from file in Repository.CSharp("src")
        where !file.Path.StartsWith("src/Crm.Postgres/", StringComparison.Ordinal)
        from line in Find(file, @"\bNpgsql(Connection|Command|Batch|Parameter|Transaction)\b|\.(CreateCommand|CreateBatch|OpenConnection|OpenConnectionAsync)\(")
        select line);

    [Fact]
    public void Nothing_is_left_to_do() => None(
        from folder in new[] { "src", "tests", "bench" }
        from file in Repository.CSharp(folder)
        from line in Find(file, @"\b(TO" + @"DO|FIX" + @"ME)\b", inComments: true)
        select line);

    [Fact]
    public void Namespaces_follow_folders_not_projects() => None(
        from file in Repository.CSharp("src")
        from line in Find(file, @"^namespace ")
        let ownName = Regex.Match(line, @"namespace (Crm[\w.]*);$").Groups[1].Value
        let project = file.Path.Split('/')[1]
        where ownName == "" || ownName == project || ownName.StartsWith(project + ".", StringComparison.Ordinal)
        select line);

    private static IEnumerable<string> Calls(string folder, string pattern) =>
        Repository.CSharp(folder).Where(file => !file.Path.EndsWith("TidyTests.cs", StringComparison.Ordinal)).SelectMany(file => Find(file, pattern));

    private static IEnumerable<string> Find((string Path, string Text) file, string pattern, bool inComments = false) =>
        from line in file.Text.Split('\n').Select((text, index) => (text, number: index + 1))
        where Regex.IsMatch(line.text, pattern, RegexOptions.None, TimeSpan.FromSeconds(1)) && (inComments || !line.text.TrimStart().StartsWith("//", StringComparison.Ordinal))
        select $"{file.Path}:{line.number}: {line.text.Trim()}";

    private static void None(IEnumerable<string> wrong) => Assert.Equal("", string.Join('\n', wrong));
}
