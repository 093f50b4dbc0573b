using Crm.Records;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Crm.Web;

/// <summary>Conditions of a list, as they stand in an address and in the filter language.</summary>
public sealed class ConditionTests
{
    [Theory]
    [InlineData("industry ~ \"tea\"", "industry", "~", "tea")]
    [InlineData("size >= 100", "size", ">=", "100")]
    [InlineData("owner = \"me\"", "owner", "=", "me")]
    [InlineData("tags has \"vip\"", "tags", "has", "vip")]
    [InlineData("phone is empty", "phone", "empty", "")]
    [InlineData("phone is not empty", "phone", "filled", "")]
    public void What_was_built_is_read_as_it_was_built(string address, string field, string sign, string value)
    {
        var read = Condition.Read(address, RecordKind.Company);

        Assert.Equal(new Condition(field, sign, value), read);
        Assert.Equal(address, read.Address(RecordKind.Company));
    }

    [Theory]
    [InlineData("name ~ \"a\" or name ~ \"b\"")]
    [InlineData("nosuchfield = 1")]
    [InlineData("tags ~ \"x\"")]
    [InlineData("size >")]
    [InlineData("")]
    public void What_was_written_freely_stays_as_it_was_written(string text)
    {
        var read = Condition.Read(text, RecordKind.Company);

        Assert.Equal(new Condition("", "", text), read);
        Assert.Equal(text, read.Address(RecordKind.Company));
        Assert.Equal($"({text})", read.Write(RecordKind.Company));
    }

    [Property(MaxTest = 500)]
    public Property Any_value_of_a_text_comes_back() => Prop.ForAll(
        Gen.ArrayOf(Gen.Elements('a', '"', '\\', ' ', '(', ')', '=', '茶', '*', '\'')).Select(signs => new string(signs)).ToArbitrary(),
        value => Condition.Read(new Condition("industry", "=", value).Address(RecordKind.Company), RecordKind.Company) == new Condition("industry", "=", value));

    [Fact]
    public void Every_sign_of_every_field_comes_back()
    {
        foreach (var kind in RecordKind.All)
        {
            foreach (var rule in kind.Rules.Where(r => r.Field.IsCompared))
            {
                foreach (var sign in Condition.Signs(rule.Field.Type))
                {
                    var condition = new Condition(rule.Field.Name, sign, sign is "empty" or "filled" ? "" : "12");
                    Assert.Equal(condition, Condition.Read(condition.Address(kind), kind));
                }
            }
        }
    }
}
