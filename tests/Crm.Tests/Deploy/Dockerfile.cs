using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace Crm.Deploy;

/// <summary>A Dockerfile, as far as its facts can be checked: its stages and what each says.</summary>
internal sealed partial class Dockerfile
{
    private Dockerfile(IReadOnlyList<Stage> stages) => Stages = stages;

    public IReadOnlyList<Stage> Stages { get; }

    public static Dockerfile Read(string path)
    {
        var lines = Continued().Replace(string.Join('\n', File.ReadLines(path).Where(line => !line.StartsWith('#'))), " ")
            .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var stages = new List<Stage>();
        foreach (var line in lines)
        {
            var (word, rest) = line.Split(' ', 2) is [var first, var second] ? (first, second) : (line, "");
            if (word == "FROM")
            {
                var parts = rest.Split(" AS ");
                stages.Add(new Stage(parts[1], parts[0], []));
            }
            else
            {
                stages[^1].Steps.Add((word, rest));
            }
        }

        return new Dockerfile(stages);
    }

    public Stage Named(string name) => Assert.Single(Stages, stage => stage.Name == name);

    [GeneratedRegex(@"\\\n\s*")]
    private static partial Regex Continued();

    /// <summary>One stage: what it builds on, and its instructions in order.</summary>
    internal sealed record Stage(string Name, string From, List<(string Word, string Text)> Steps)
    {
        public IEnumerable<string> All(string word) => Steps.Where(step => step.Word == word).Select(step => step.Text);

        public IReadOnlyList<int> Exposed => [.. All("EXPOSE").SelectMany(ports => ports.Split(' ')).Select(int.Parse)];

        public IReadOnlyList<string> Entry => JsonSerializer.Deserialize<string[]>(All("ENTRYPOINT").Single())!;
    }
}
