using System.Text;
using Xunit;

namespace Crm.Privacy;

public sealed class MentionsTests
{
    [Theory]
    [InlineData("""{"userId":"ada"}""", true)]
    [InlineData("""{"userId":"\u0061da"}""", true)]
    [InlineData("""{"userId":4711}""", true)]
    [InlineData("""{"adam":"adamant","n":47110}""", false)]
    [InlineData("""{"a":["x",{"ada":1}]}""", true)]
    [InlineData("""broken {"userId":"ada" """, true)]
    [InlineData("broken adam 4711", false)]
    [InlineData("mail to ada@example.com please", true)]
    [InlineData("", false)]
    public void Input_is_told_by_whole_values_or_else_by_its_bytes(string input, bool named) =>
        Assert.Equal(named, new Mentions(["ada", "4711", "ada@example.com"]).In(Encoding.UTF8.GetBytes(input)));
}
