using System.Globalization;
using System.Text.RegularExpressions;
using Crm.Infrastructure;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Crm.Web;

/// <summary>A problem as a source makes it; what is only known when it runs is a number.</summary>
internal sealed record MadeProblem(string Path, int Status, string Kind, string Title, string Detail);

/// <summary>Finds in the API's sources what it says when it refuses something.</summary>
internal static partial class Refusals
{
    /// <summary>What stands for whatever is only known when it runs.</summary>
    private const string Hole = "7";

    private static readonly string[] s_folders = ["src/Crm.Api/", "src/Crm.Grains/", "src/Crm.Interfaces/", "src/Crm.Postgres/Access/"];

    // Sources that say nothing to a page.
    private static readonly (string Path, string Why)[] s_elsewhere =
    [
        ("src/Crm.Api/Access/ApiKeyHandler.cs", "told to programs, which come with a key"),
        ("src/Crm.Api/Access/KeyDoor.cs", "told to programs, which come with a key"),
        ("src/Crm.Api/Access/SignInEndpoints.cs", "the sign-in page has words of its own for each status"),
        ("src/Crm.Api/Clickstream/Acceptance.cs", "told to senders of events"),
        ("src/Crm.Api/Clickstream/BrowserScripts.cs", "told to the shop's pages, which load a script"),
        ("src/Crm.Api/Clickstream/Crawlers.cs", "names of crawlers"),
        ("src/Crm.Api/Clickstream/IngestGate.cs", "told to senders of events"),
        ("src/Crm.Api/Customers/HistoryQuery.cs", "told to programs, which read profiles by /v1"),
        ("src/Crm.Api/Customers/PersonEndpoints.cs", "told to programs, which make customers by /v1"),
        ("src/Crm.Api/Customers/SpaceEndpoints.cs", "told to programs, which read profiles by /v1"),
        ("src/Crm.Api/Demo/", "notes of the demo shop"),
        ("src/Crm.Api/Documentation/", "describes the API"),
        ("src/Crm.Api/Hosting/ApiOptions.cs", "told to the operator, at the start"),
        ("src/Crm.Api/Hosting/HealthEndpoints.cs", "told to the operator"),
        ("src/Crm.Api/Hosting/PostgresWatch.cs", "told to the operator"),
        ("src/Crm.Api/Live/PageAccess.cs", "the live page has texts of its own"),
        ("src/Crm.Api/Privacy/PurposeCheck.cs", "told to programs, which ask for a purpose"),
        ("src/Crm.Api/Records/PlainRecordEndpoints.cs", "told to programs, which send forms"),
        ("src/Crm.Api/Records/RecordComponents.cs", "describes the API"),
        ("src/Crm.Api/Records/RecordDescription.cs", "describes the API"),
        ("src/Crm.Grains/Clickstream/", "told to the operator"),
        ("src/Crm.Grains/Seeding/", "made-up records"),
        ("src/Crm.Interfaces/Hosting/", "told to the operator, at the start"),
        ("src/Crm.Interfaces/Telemetry/", "describes figures"),
        ("src/Crm.Postgres/Access/PostgresProbe.cs", "told to the operator"),
    ];

    // Calls whose words are no refusal that somebody reads in a page.
    private static readonly string[] s_apart = ["WithSummary", "WithDescription", "Shows", "Fail", "End", "Unavailable"];

    // Their messages are shown.
    private static readonly string[] s_shown = ["FormatException", "JsonSchemaException"];

    private static readonly Lazy<(string Path, SyntaxNode Root)[]> s_sources = new(() =>
    [
        .. from file in Repository.CSharp("src")
           where s_folders.Any(f => file.Path.StartsWith(f, StringComparison.Ordinal)) && !s_elsewhere.Any(e => file.Path.StartsWith(e.Path, StringComparison.Ordinal))
           select (file.Path, CSharpSyntaxTree.ParseText(file.Text).GetRoot()),
    ]);

    /// <summary>Sources that are left out and are not there.</summary>
    public static IEnumerable<string> Gone => s_elsewhere.Select(e => e.Path).Where(p => !Path.Exists(Path.Combine(Repository.Root, p)));

    /// <summary>Problems: a status, a stable kind, a title and what to do.</summary>
    public static IEnumerable<MadeProblem> Problems =>
        from source in s_sources.Value
        from list in source.Root.DescendantNodes().OfType<ArgumentListSyntax>()
        let at = KindAt(list)
        where at > 0
        from title in Variants(list.Arguments[at + 1].Expression)
        from detail in Variants(list.Arguments[at + 2].Expression)
        select new MadeProblem(source.Path, Status(list.Arguments[at - 1]), Text(list.Arguments[at].Expression)!, title, detail);

    /// <summary>Sentences that are handed on as what is wrong with something.</summary>
    public static IEnumerable<(string Path, string Said)> Sentences =>
        from said in Texts
        where Sentence().IsMatch(said.Said) && !IsApart(said.Node)
        select (said.Path, Name().Replace(said.Said, ""));

    /// <summary>All texts: a sentence may be put together of them.</summary>
    public static IEnumerable<string> Parts => Texts.Select(t => Name().Replace(t.Said, ""));

    private static IEnumerable<(string Path, SyntaxNode Node, string Said)> Texts =>
        from source in s_sources.Value
        from node in source.Root.DescendantNodes().OfType<ExpressionSyntax>()
        let said = Text(node)
        where said is not null && (node.Parent as ExpressionSyntax is not { } whole || Text(whole) is null)
        select (source.Path, (SyntaxNode)node, said);

    // The kind stands behind the status; 0 for a list of other arguments.
    private static int KindAt(ArgumentListSyntax list)
    {
        for (var at = 1; at + 2 < list.Arguments.Count; at++)
            if (Status(list.Arguments[at - 1]) > 0 && Text(list.Arguments[at].Expression) is { } kind && Kind().IsMatch(kind)) return at;
        return 0;
    }

    private static int Status(ArgumentSyntax argument) =>
        argument.Expression is not MemberAccessExpressionSyntax { Name.Identifier.Text: var name } ? 0
        : name.StartsWith("Status", StringComparison.Ordinal) && name.Length > 9 && int.TryParse(name.AsSpan(6, 3), CultureInfo.InvariantCulture, out var status) ? status
        : name == "StatusCode" ? 400 : 0;

    private static IEnumerable<string> Variants(ExpressionSyntax expression) => expression is ConditionalExpressionSyntax either
        ? Variants(either.WhenTrue).Concat(Variants(either.WhenFalse))
        : [Text(expression) ?? Hole];

    private static string? Text(ExpressionSyntax expression) => expression switch
    {
        LiteralExpressionSyntax { Token.Value: string text } => text,
        InterpolatedStringExpressionSyntax filled => string.Concat(filled.Contents.Select(c => c is InterpolatedStringTextSyntax text ? Unescaped(text.TextToken.ValueText) : Hole)),
        ParenthesizedExpressionSyntax inner => Text(inner.Expression),
        BinaryExpressionSyntax { RawKind: (int)SyntaxKind.AddExpression } sum when Text(sum.Left) is not null || Text(sum.Right) is not null =>
            (Text(sum.Left) ?? Hole) + (Text(sum.Right) ?? Hole),
        _ => null,
    };

    private static string Unescaped(string text) => text.Replace("{{", "{", StringComparison.Ordinal).Replace("}}", "}", StringComparison.Ordinal);

    // Texts of attributes, exceptions and problems, and those that are handed to what tells nobody.
    private static bool IsApart(SyntaxNode node) => node.Ancestors().TakeWhile(a => a is not MemberDeclarationSyntax).Any(a => a switch
    {
        AttributeSyntax or PrimaryConstructorBaseTypeSyntax => true,
        ObjectCreationExpressionSyntax made => made.Type.ToString() is var type && !s_shown.Contains(type)
            && (type.EndsWith("Exception", StringComparison.Ordinal) || type.EndsWith("Reason", StringComparison.Ordinal)),
        InvocationExpressionSyntax call => s_apart.Contains(call.Expression.ToString().Split('.')[^1]),
        ArgumentListSyntax list => KindAt(list) > 0,
        _ => false,
    });

    [GeneratedRegex(@"^[a-z]+(-[a-z]+)*$")]
    private static partial Regex Kind();

    // Words, to a full stop or to what is put in behind them.
    [GeneratedRegex(@"[a-z]{2,} .*(\.|[.:] 7|\bat 7)$", RegexOptions.Singleline)]
    private static partial Regex Sentence();

    // The field's name, which the page takes away.
    [GeneratedRegex(@"\A[\w.]+: ")]
    private static partial Regex Name();
}
