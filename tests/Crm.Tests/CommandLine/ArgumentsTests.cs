using Xunit;

namespace Crm.CommandLine;

public sealed class ArgumentsTests
{
    private static readonly CliOption[] Known = [new("kind", "KIND", ""), new("fresh", null, ""), new("port", "P", "")];

    [Fact]
    public void Words_options_and_flags_are_told_apart()
    {
        var parsed = Arguments.Parse(["create", "--kind", "write", "--fresh", "--port=80", "--", "--kind"], Known);

        Assert.Equal(["create", "--kind"], parsed.Words);
        Assert.Equal("write", parsed.Text("kind"));
        Assert.True(parsed.Has("fresh"));
        Assert.Equal(80, parsed.Number("port", 1, 1, 100));
    }

    [Theory]
    [InlineData("--knd write", "no option --knd")]
    [InlineData("--kind", "needs a value")]
    [InlineData("--kind=", "needs a value")]
    [InlineData("--fresh=1", "takes no value")]
    [InlineData("--kind a --kind b", "given twice")]
    [InlineData("--port 101", "from 1 to 100, not \"101\"")]
    [InlineData("--port 8o", "not \"8o\"")]
    public void What_cannot_be_is_refused_in_words(string line, string words)
    {
        var refused = Assert.Throws<UsageException>(() => Arguments.Parse(line.Split(' '), Known).Number("port", 1, 1, 100));

        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nonsense", 2, "no command \"nonsense\"")]
    [InlineData("run --bogus", 2, "no option --bogus")]
    [InlineData("run --listen nowhere", 2, "--listen takes an IP address")]
    [InlineData("run away", 2, "takes no \"away\"")]
    [InlineData("run --port 70000", 2, "--port takes a whole number from 1 to 65535")]
    [InlineData("run --data=", 2, "--data needs a value")]
    [InlineData("run --data /proc/not-there", 1, "/proc/not-there cannot be the data folder")]
    [InlineData("status --data /proc/not-there", 1, "/proc/not-there")]
    public async Task The_command_line_says_what_is_wrong(string line, int code, string words)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();

        Assert.Equal(code, await CommandRunner.Run(line.Split(' '), output, error, CancellationToken.None));

        Assert.Contains(words, error.ToString(), StringComparison.Ordinal);
        Assert.Equal("", output.ToString());
    }

    [Fact]
    public async Task Help_lists_every_command()
    {
        using var output = new StringWriter();

        Assert.Equal(0, await CommandRunner.Run(["help"], output, TextWriter.Null, CancellationToken.None));

        Assert.All(CommandList.All, command => Assert.Contains(command.Name, output.ToString(), StringComparison.Ordinal));
    }
}
