using Crm.CommandLine;

namespace Crm.Replay;

/// <summary>
/// Conditions on rows, such as <c>Quantity &gt; 0 and UnitPrice &gt; 0 and InvoiceNo not like 'C%'</c>: comparisons of expressions with
/// = != &lt; &lt;= &gt; &gt;=, <c>like</c>, <c>in</c>, <c>is empty</c> and <c>startswith(COLUMN, 'C')</c>, joined by and, or, not and parentheses.
/// </summary>
internal sealed partial class ExpressionParser
{
    private const string Where = "--where";

    private static readonly string[] s_signs = ["<=", ">=", "!=", "<>", "==", "^=", "=", "<", ">", "~"];

    /// <summary>A condition from its text.</summary>
    /// <exception cref="UsageException">It cannot be read, or names a column that the file lacks.</exception>
    public static RowCondition ParseCondition(string text, IReadOnlyList<string> columns)
    {
        var parser = new ExpressionParser(text, columns, Where);
        var condition = parser.Or();
        return parser.AtEnd() ? condition : throw parser.NoCondition();
    }

    private RowCondition Or()
    {
        var left = And();
        while (TakeWord("or") || TakeText("||") || Take('|')) left = new RowCondition.Any(left, And());
        return left;
    }

    private RowCondition And()
    {
        var left = Not();
        while (TakeWord("and") || TakeText("&&") || Take('&')) left = new RowCondition.All(left, Not());
        return left;
    }

    private RowCondition Not()
    {
        if (++_depth > MaxDepth) throw new UsageException($"{_option} nests too deep.");
        var found = TakeWord("not") || Take('!') ? new RowCondition.Not(Not()) : Group() ?? Comparison();
        _depth--;
        return found;
    }

    // A parenthesis opens a condition, or arithmetic: the first that can be read.
    private RowCondition? Group()
    {
        var (start, depth) = (_at, _depth);
        if (!Take('(')) return null;
        try
        {
            var inner = Or();
            if (Take(')') && !IsArithmetic()) return inner;
        }
        catch (UsageException)
        {
            // It may be arithmetic; if it is not, that says what is wrong.
        }

        (_at, _depth) = (start, depth);
        return null;
    }

    private bool IsArithmetic()
    {
        SkipSpaces();
        return _at < _text.Length && _text[_at] is '+' or '-' or '*' or '/' or '<' or '>' or '=' or '~' or '^';
    }

    private RowCondition Comparison()
    {
        foreach (var (function, starts) in new[] { ("startswith", true), ("starts_with", true), ("endswith", false), ("ends_with", false), ("contains", false) })
        {
            var start = _at;
            if (!TakeWord(function)) continue;
            if (!Take('('))
            {
                _at = start;
                continue;
            }

            var of = Sum();
            Expect(',');
            var text = Sum();
            Expect(')');
            return new RowCondition.Holding(of, Fixed(text), starts, function.StartsWith("ends", StringComparison.Ordinal));
        }

        var left = Sum();
        var negated = TakeWord("not");
        RowCondition? told = TakeWord("like") ? Like(left) : TakeWord("in") ? In(left) : null;
        if (told is not null) return negated ? new RowCondition.Not(told) : told;
        if (negated) throw NoCondition();
        if (TakeWord("is"))
        {
            var filled = TakeWord("not");
            if (!TakeWord("empty") && !TakeWord("null")) throw NoCondition();
            return filled ? new RowCondition.Not(new RowCondition.Blank(left)) : new RowCondition.Blank(left);
        }

        var sign = s_signs.FirstOrDefault(TakeText) ?? throw NoCondition();
        var right = Sum();
        return sign switch
        {
            "~" => new RowCondition.Holding(left, Fixed(right), false, false),
            "^=" => new RowCondition.Holding(left, Fixed(right), true, false),
            "==" => new RowCondition.Compared(left, "=", right),
            "<>" => new RowCondition.Compared(left, "!=", right),
            _ => new RowCondition.Compared(left, sign, right),
        };
    }

    private RowCondition.Holding Like(Expression of)
    {
        var pattern = Fixed(Sum());
        var inner = pattern.Trim('%');
        if (inner.AsSpan().IndexOfAny('%', '_') >= 0) throw new UsageException($"{_option}: like takes % at the start and the end alone.");
        return new RowCondition.Holding(of, inner, !pattern.StartsWith('%'), !pattern.EndsWith('%'));
    }

    private RowCondition.OneOf In(Expression of)
    {
        Expect('(');
        var some = new List<Expression>();
        do some.Add(Sum());
        while (Take(','));
        Expect(')');
        return new RowCondition.OneOf(of, some);
    }

    private string Fixed(Expression value) => value is Expression.Constant { Value: var text } ? text : throw new UsageException($"{_option}: what a text is compared with by its parts stands in quotes.");

    private bool TakeWord(string word)
    {
        SkipSpaces();
        var end = _at + word.Length;
        if (end > _text.Length || !_text.AsSpan(_at, word.Length).Equals(word, StringComparison.OrdinalIgnoreCase)) return false;
        if (end < _text.Length && (char.IsLetterOrDigit(_text[end]) || _text[end] == '_')) return false;
        _at = end;
        return true;
    }

    private bool TakeText(string text)
    {
        SkipSpaces();
        if (!_text.AsSpan(_at).StartsWith(text, StringComparison.Ordinal)) return false;
        _at += text.Length;
        return true;
    }

    private UsageException NoCondition() => new(
        $"{Where} cannot be read at \"{(_at < _text.Length ? _text[_at..] : "its end")}\"; it is written like Quantity > 0 and Country = 'France' and InvoiceNo not like 'C%'.");
}
