using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Crm.Calls;
using Crm.Infrastructure;
using Crm.Language;
using Xunit;

namespace Crm.Web;

/// <summary>Whoever has chosen Chinese is refused in Chinese, whatever the API's sources say.</summary>
public sealed partial class RefusalTextsTests
{
    // Kinds of problems that no page meets.
    private static readonly (string Kind, string Why)[] s_unmet =
    [
        ("bad-receipt", "receipts are checked by programs"),
    ];

    // Sentences that refuse nothing.
    private static readonly (string Begins, string Why)[] s_notes =
    [
        ("There are more records.", "says how far a handover is"),
        ("No record holds a value.", "says what became of a deleted field"),
        ("7 records hold a value,", "says what became of a deleted field"),
        ("It does not match the pattern.", "an event's fault is told by the place of its rule"),
        ("Buys often, or much, or buys", "describes a segment that an installation begins with"),
        ("Has bought", "describes a segment that an installation begins with"),
        ("Has not bought", "describes a segment that an installation begins with"),
        ("Among the best two fifths", "describes a segment that an installation begins with"),
        ("Bought often or much", "describes a segment that an installation begins with"),
        ("Not known by name", "describes a segment that an installation begins with"),
        ("Known, and has not bought", "describes a segment that an installation begins with"),
    ];

    private static readonly Texts s_english = new();
    private static readonly Texts s_chinese = new() { Language = Texts.Chinese };

    private static readonly (string Key, Regex Said)[] s_sentences =
    [
        .. from key in Texts.Keys(Texts.Chinese)
           where key.StartsWith(Sentences.Prefix, StringComparison.Ordinal)
           select (key, Sentences.Pattern(key[Sentences.Prefix.Length..], @"\P{L}*")),
    ];

    [Fact]
    public void Every_problem_is_told_in_Chinese() => None(
        from problem in Refusals.Problems
        where s_unmet.All(u => u.Kind != problem.Kind) && !s_chinese.Has("settings.problem." + problem.Kind)
        let said = s_chinese.Problem(Answer(problem.Status, problem.Kind, problem.Title, problem.Detail))
        where English().IsMatch(said)
        select $"{problem.Path}: {problem.Kind}: {said}");

    [Fact]
    public void Every_sentence_has_a_Chinese_text() => None(
        from sentence in Refusals.Sentences
        where !s_notes.Any(n => sentence.Said.StartsWith(n.Begins, StringComparison.Ordinal)) && !s_sentences.Any(s => s.Said.IsMatch(sentence.Said))
        select $"{sentence.Path}: {sentence.Said}");

    [Fact]
    public void No_text_of_a_refusal_is_unused()
    {
        string[] said = [.. Refusals.Parts, .. Refusals.Problems.SelectMany(p => new[] { p.Title, p.Detail })];
        HashSet<string> kinds = [.. Refusals.Problems.Select(p => "problem." + p.Kind)];
        None(s_sentences.Where(s => !said.Any(s.Said.IsMatch)).Select(s => s.Key).Concat(Texts.Keys(Texts.Chinese).Except(Texts.Keys(Texts.English))
            .Where(k => k.StartsWith("problem.", StringComparison.Ordinal) && !kinds.Contains(k))));
    }

    [Fact]
    public void What_is_left_out_is_there()
    {
        HashSet<string> kinds = [.. Refusals.Problems.Select(p => p.Kind)];
        None(Refusals.Gone.Concat(s_unmet.Select(u => u.Kind).Where(k => !kinds.Contains(k))));
    }

    [Fact]
    public void Many_refusals_are_found()
    {
        Assert.True(Refusals.Problems.Count() > 80, "Few problems were found.");
        Assert.True(Refusals.Sentences.Count() > 200, "Few sentences were found.");
    }

    [Theory]
    [InlineData("name: It is needed.", "此项必填。")]
    [InlineData("closeDate: It is needed in the stage St. Gallen 2. Runde.", "进入阶段“St. Gallen 2. Runde”时此项必填。")]
    [InlineData("lines: Line 3: quantity is a number above 0.", "第 3 行：数量须大于 0。")]
    [InlineData("externalId: Another order has it.", "已有其他订单使用此值。")]
    [InlineData("The time zone \"x: y\" is not known. It is an IANA name, such as Europe/Berlin.", "未知的时区 \"x: y\"，请填写 IANA 名称，例如 Asia/Shanghai。")]
    [InlineData("status: An order that is cancelled stays so.", "状态为“已取消”的订单不能再更改状态。")]
    [InlineData("size: Something new.", "Something new.")]
    public void A_field_s_error_is_told_with_what_is_in_it(string said, string chinese)
    {
        Assert.Equal(chinese, s_chinese.FieldError(said));
        Assert.Equal(said[(said.StartsWith("The", StringComparison.Ordinal) ? 0 : said.IndexOf(": ", StringComparison.Ordinal) + 2)..], s_english.FieldError(said));
    }

    [Theory]
    [InlineData(409, "refused", "The record as it is does not allow that.", "12.00 EUR of the order is not paid yet; 20.00 EUR is more.", "该记录的当前状态不允许此操作。待付金额为 12.00 EUR，不能收款 20.00 EUR。")]
    [InlineData(409, "not-handed-over", "The deal de_1 could not be handed over.", " owner: It is needed. Mend it, and send the same request again: what was handed over stays so.", "商机 de_1 未能移交。负责人：此项必填。修正后请重试，已移交的不受影响。")]
    [InlineData(400, "bad-filter", "The filter cannot be used.", "filter, at 3: amount is compared with an amount such as 1000 or 1000 EUR, not with much.", "筛选条件无法使用。位置 3：“金额”须与金额（如 1000 或 1000 EUR）比较，不能与“much”比较。")]
    [InlineData(409, "history-gone", "The merge can no longer be taken back.", "It was too long ago.", "合并已无法撤销：相关事件已超过保留期或已被抹除，未做任何更改。")]
    public void A_problem_is_told_with_what_is_in_it(int status, string kind, string title, string detail, string chinese)
    {
        Assert.Equal(chinese, s_chinese.Problem(Answer(status, kind, title, detail)));
        Assert.Equal($"{title} {detail}", s_english.Problem(Answer(status, kind, title, detail)));
    }

    [Fact]
    public void Errors_of_several_fields_are_told_by_their_names()
    {
        var answer = Answer(422, "bad-fields", "Some fields cannot be used.", "");
        answer.Object["errors"] = new JsonObject { ["owner"] = new JsonArray("owner: There is no user x."), ["stage"] = new JsonArray("stage: There is no such stage.") };
        Assert.Equal("部分内容无效。负责人：没有用户“x”。阶段：没有此阶段。", s_chinese.Problem(answer));
        Assert.Equal("Some fields cannot be used. Owner: There is no user x. Stage: There is no such stage.", s_english.Problem(answer));
    }

    [Fact]
    public void The_roles_that_a_company_begins_with_have_Chinese_names()
    {
        var script = File.ReadAllText(Path.Combine(Repository.Root, "src/Crm.Postgres/Schema/Scripts/0020_people.sql"));
        var names = BeginningRole().Matches(script).Select(m => m.Groups["name"].Value).ToArray();
        Assert.Equal(names.Select(n => "role." + n).Order(StringComparer.Ordinal), Texts.Keys(Texts.Chinese).Where(k => k.StartsWith("role.", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.Equal(("销售", "Sales", "售后"), (s_chinese.Role("Sales"), s_english.Role("Sales"), s_chinese.Role("售后")));
    }

    private static ApiAnswer Answer(int status, string kind, string title, string detail) =>
        new(status, new JsonObject { ["type"] = "urn:crm:problem:" + kind, ["title"] = title, ["detail"] = detail });

    private static void None(IEnumerable<string> wrong)
    {
        var all = string.Join('\n', wrong.Distinct());
        Assert.True(all.Length == 0, all);
    }

    // Two words.
    [GeneratedRegex("[A-Za-z]{2,} [A-Za-z]{2,}")]
    private static partial Regex English();

    [GeneratedRegex(@"\('(?<id>[a-z]+)', '(?<name>\w+)', (true|false), '")]
    private static partial Regex BeginningRole();
}
