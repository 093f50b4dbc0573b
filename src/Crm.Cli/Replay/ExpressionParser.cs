using System.Globalization;
using Crm.CommandLine;

namespace Crm.Replay;

/// <summary>
/// Reads a mapping such as <c>customer=CustomerID,amount=Quantity*UnitPrice,currency='GBP'</c>. A column with other signs in
/// its name stands in brackets: <c>[Unit Price]</c>. Constants are numbers or stand in quotes.
/// </summary>
internal sealed partial class ExpressionParser
{
    /// <summary>Parentheses and signs may nest this deep: no real formula does, and the parser calls itself.</summary>
    private const int MaxDepth = 50;

    private readonly string _text;
    private readonly IReadOnlyList<string> _columns;
    private int _at;
    private int _depth;

    private readonly string _option;

    private ExpressionParser(string text, IReadOnlyList<string> columns, string option) => (_text, _columns, _option) = (text, columns, option);

    /// <summary>The fields of a mapping, in the order given.</summary>
    /// <exception cref="UsageException">It cannot be read, names a column that the file lacks, or a field twice.</exception>
    public static IReadOnlyDictionary<string, Expression> ParseMap(string text, IReadOnlyList<string> columns)
    {
        var parser = new ExpressionParser(text, columns, "--map");
        var fields = new Dictionary<string, Expression>(StringComparer.Ordinal);
        do
        {
            var name = parser.Name();
            parser.Expect('=');
            if (!fields.TryAdd(name, parser.Sum())) throw new UsageException($"--map names {name} twice.");
        }
        while (parser.Take(','));

        return parser.AtEnd() ? fields : throw parser.Unreadable();
    }

    private Expression Sum()
    {
        if (++_depth > MaxDepth) throw new UsageException($"{_option} nests too deep.");
        var left = Product();
        while (true)
        {
            if (Take('+')) left = new Expression.Binary('+', left, Product());
            else if (Take('-')) left = new Expression.Binary('-', left, Product());
            else break;
        }

        _depth--;
        return left;
    }

    private Expression Product()
    {
        var left = Value();
        while (true)
        {
            if (Take('*')) left = new Expression.Binary('*', left, Value());
            else if (Take('/')) left = new Expression.Binary('/', left, Value());
            else return left;
        }
    }

    private Expression Value()
    {
        if (Take('-') || Take('+'))
        {
            var negative = _text[_at - 1] == '-';
            if (++_depth > MaxDepth) throw new UsageException($"{_option} nests too deep.");
            var signed = new Expression.Signed(negative, Value());
            _depth--;
            return signed;
        }

        if (Take('('))
        {
            var inner = Sum();
            Expect(')');
            return inner;
        }

        if (Take('\'')) return new Expression.Constant(Until('\''));
        if (Take('"')) return new Expression.Constant(Until('"'));
        if (Take('[')) return Column(Until(']'));
        if (_at < _text.Length && char.IsAsciiDigit(_text[_at])) return Number();
        return Column(Name());
    }

    private Expression.Constant Number()
    {
        var start = _at;
        while (_at < _text.Length && (char.IsAsciiDigit(_text[_at]) || _text[_at] == '.')) _at++;
        var number = _text[start.._at];
        return decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out _)
            ? new Expression.Constant(number)
            : throw new UsageException($"{_option}: \"{number}\" is not a number.");
    }

    private Expression.Column Column(string name)
    {
        var index = IndexOf(name, StringComparison.Ordinal);
        if (index < 0) index = IndexOf(name, StringComparison.OrdinalIgnoreCase);
        return index >= 0
            ? new Expression.Column(name, index)
            : throw new UsageException($"{_option}: the file has no column \"{name}\". It has {string.Join(", ", _columns)}.");
    }

    private int IndexOf(string name, StringComparison comparison)
    {
        for (var i = 0; i < _columns.Count; i++)
        {
            if (string.Equals(_columns[i], name, comparison)) return i;
        }

        return -1;
    }

    private string Name()
    {
        SkipSpaces();
        var start = _at;
        while (_at < _text.Length && (char.IsLetterOrDigit(_text[_at]) || _text[_at] is '_' or '.' or '$')) _at++;
        return _at > start ? _text[start.._at] : throw Unreadable();
    }

    private string Until(char end)
    {
        var close = _text.IndexOf(end, _at);
        if (close < 0) throw new UsageException($"{_option}: a {end} is missing.");
        var inner = _text[_at..close];
        _at = close + 1;
        return inner;
    }

    private void Expect(char sign)
    {
        if (!Take(sign)) throw Unreadable();
    }

    private bool Take(char sign)
    {
        SkipSpaces();
        if (_at >= _text.Length || _text[_at] != sign) return false;
        _at++;
        return true;
    }

    private bool AtEnd()
    {
        SkipSpaces();
        return _at == _text.Length;
    }

    private void SkipSpaces()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at])) _at++;
    }

    private UsageException Unreadable() => _option == Where ? NoCondition() : new(
        $"--map cannot be read at \"{(_at < _text.Length ? _text[_at..] : "its end")}\"; it is written FIELD=COLUMN,FIELD=Quantity*Price,FIELD='constant'.");
}
