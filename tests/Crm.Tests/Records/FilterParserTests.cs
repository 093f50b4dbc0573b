using System.Globalization;
using Crm.Records.Filters;
using Xunit;

namespace Crm.Records;

public sealed class FilterParserTests
{
    private static readonly FilterContext s_context = new(
        DateTimeOffset.Parse("2026-05-14T01:30:00Z", CultureInfo.InvariantCulture), TimeZoneInfo.FindSystemTimeZoneById("Asia/Shanghai"), "usr_1");

    [Theory]
    [InlineData("", "all()")]
    [InlineData("name = \"Ada\"", "name Equal Ada")]
    [InlineData("name = Ada and size > 3 or not hot = true", "any(all(name Equal Ada, size More 3), not(hot Equal True))")]
    [InlineData("(name ~ 'a\\'b' OR name ^= x) AND size <= -1.5", "all(any(name Contains a'b, name Begins x), size LessOrEqual -1.5)")]
    [InlineData("name != x", "not(name Equal x)")]
    [InlineData("tags has VIP", "tags in (vip)")]
    [InlineData("tags not in (vip, \"new\")", "not(tags in (vip, new))")]
    [InlineData("size is not empty", "not(size empty)")]
    [InlineData("owner = me", "owner Equal usr_1")]
    [InlineData("amount >= 1000 EUR", "amount MoreOrEqual 1000 EUR")]
    [InlineData("amount < 5 and size = 1", "all(amount Less 5, size Equal 1)")]
    [InlineData("custom.größe = 1 and 姓名 ~ \"张\"", "all(custom.größe Equal 1, 姓名 Contains 张)")]
    [InlineData("created > -30d", "created More 2026-04-14T01:30:00Z")]
    [InlineData("created = 2026-05-01T10:00", "created Equal 2026-05-01T02:00:00Z")]
    [InlineData("created = 2026-05-01T10:00:30+02:00", "created Equal 2026-05-01T08:00:30Z")]
    [InlineData("created = today", "created Equal 2026-05-13T16:00:00Z..2026-05-14T16:00:00Z")]
    [InlineData("created < this_week", "created Less 2026-05-10T16:00:00Z..2026-05-17T16:00:00Z")]
    [InlineData("due = next_quarter", "due Equal 2026-07-01..2026-09-30")]
    [InlineData("due <= +1mo", "due LessOrEqual 2026-06-14..2026-06-14")]
    [InlineData("due in (2024-02-29, last_year)", "due in (2024-02-29..2024-02-29, 2025-01-01..2025-12-31)")]
    public void A_filter_is_read(string text, string expected)
    {
        var filter = FilterParser.Parse(text, TestFields.Instance, s_context, out var problem);

        Assert.Null(problem);
        Assert.Equal(expected, Show(filter!));
    }

    [Theory]
    [InlineData("nam = x", 0, "there is no field nam.")]
    [InlineData("name", 4, "after name, one of")]
    [InlineData("name =", 6, "a value is expected")]
    [InlineData("name = 'x", 7, "this text has no end")]
    [InlineData("(name = x", 9, "a parenthesis is not closed")]
    [InlineData("name = x y", 9, "y is not expected here")]
    [InlineData("size = big", 7, "size is compared with a number")]
    [InlineData("size ~ 1", 5, "size cannot be compared by ~.")]
    [InlineData("tags = vip", 5, "tags cannot be compared by =.")]
    [InlineData("tags has gold", 9, "tags is compared with one of vip, new")]
    [InlineData("name has x", 10, "name holds a single value")]
    [InlineData("created > 2026-13-01", 10, "created is compared with a date")]
    [InlineData("created > -999999d", 10, "created is compared with a date")]
    [InlineData("hot = yes", 6, "hot is compared with true or false")]
    [InlineData("name ~ ''", 7, "this text is empty")]
    [InlineData("name = x and", 12, "a field is expected instead of the end.")]
    [InlineData("name in (x", 10, "values are separated by commas")]
    [InlineData("name ; drop table", 5, "; means nothing here.")]
    public void What_is_wrong_is_told_with_its_place(string text, int at, string why)
    {
        Assert.Null(FilterParser.Parse(text, TestFields.Instance, s_context, out var problem));

        Assert.Equal(at, problem!.At);
        Assert.StartsWith(why, problem.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void Everything_is_bounded()
    {
        Assert.Equal("conditions may be nested 20 deep.", Why(new string('(', 30) + "name = x" + new string(')', 30)));
        Assert.Equal("conditions may be nested 20 deep.", Why(string.Concat(Enumerable.Repeat("not ", 30)) + "name = x"));
        Assert.Equal("a filter holds at most 50 comparisons.", Why(string.Join(" and ", Enumerable.Repeat("size = 1", 51))));
        Assert.Equal("at most 200 values can be listed.", Why($"size in ({string.Join(',', Enumerable.Range(0, 201))})"));
        Assert.Equal("a filter holds at most 4000 characters.", Why(new string(' ', 4_001)));
        Assert.Equal("a text to compare with holds at most 500 characters.", Why($"name = '{new string('x', 501)}'"));

        static string Why(string text)
        {
            Assert.Null(FilterParser.Parse(text, TestFields.Instance, s_context, out var problem));
            return problem!.Why;
        }
    }

    [Fact]
    public void A_key_is_nobody()
    {
        Assert.Null(FilterParser.Parse("owner = me", TestFields.Instance, s_context with { Me = null }, out var problem));
        Assert.Contains("nobody", problem!.Why, StringComparison.Ordinal);
    }

    private static string Show(Filter filter) => filter switch
    {
        Filter.All all => $"all({string.Join(", ", all.Parts.Select(Show))})",
        Filter.Any any => $"any({string.Join(", ", any.Parts.Select(Show))})",
        Filter.Not not => $"not({Show(not.Part)})",
        Filter.Is compare => $"{compare.Field.Name} {compare.How} {Show(compare.Value)}",
        Filter.OneOf some => $"{some.Field.Name} in ({string.Join(", ", some.Values.Select(Show))})",
        Filter.Empty empty => $"{empty.Field.Name} empty",
        _ => filter.ToString(),
    };

    private static string Show(FilterValue value) => value switch
    {
        FilterValue.Text text => text.Value,
        FilterValue.Number number => number.Value.ToString(CultureInfo.InvariantCulture) + (number.Currency is { } currency ? " " + currency : ""),
        FilterValue.Flag flag => flag.Value.ToString(),
        FilterValue.Times times => times.IsMoment ? Show(times.From) : $"{Show(times.From)}..{Show(times.Before)}",
        FilterValue.Days days => $"{days.First:yyyy-MM-dd}..{days.Last:yyyy-MM-dd}",
        _ => value.ToString(),
    };

    private static string Show(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}

/// <summary>A field of every type.</summary>
internal sealed class TestFields : IFields
{
    public static readonly TestFields Instance = new();

    private readonly Dictionary<string, Field> _fields = new Field[]
    {
        new("name", FieldType.Text), new("id", FieldType.Id), new("size", FieldType.Number), new("amount", FieldType.Money), new("hot", FieldType.Flag),
        new("created", FieldType.Time), new("due", FieldType.Day), new("stage", FieldType.Choice) { Choices = ["open", "won"] },
        new("tags", FieldType.Choices) { Choices = ["vip", "new"] }, new("owner", FieldType.User), new("custom.größe", FieldType.Number), new("姓名", FieldType.Text),
    }.ToDictionary(f => f.Name, StringComparer.OrdinalIgnoreCase);

    public IEnumerable<string> Names => _fields.Keys;

    public IEnumerable<Field> All => _fields.Values;

    public Field? Find(string name) => _fields.GetValueOrDefault(name);
}
