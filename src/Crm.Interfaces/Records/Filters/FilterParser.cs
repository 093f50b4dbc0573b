namespace Crm.Records.Filters;

/// <summary>
/// Reads the filter language (docs/filters.md): comparisons of fields with values, joined by <c>and</c>, <c>or</c>, <c>not</c> and
/// parentheses. What it returns is checked against the fields; nothing in it has to be trusted.
/// </summary>
public sealed partial class FilterParser
{
    /// <summary>Longest text in characters: a screenful, far more than a person writes.</summary>
    public const int MaxLength = 4_000;

    /// <summary>Most comparisons, and most values of one <c>in</c>.</summary>
    public const int MaxComparisons = 50;

    /// <inheritdoc cref="MaxComparisons"/>
    public const int MaxValues = 200;

    private const int MaxDepth = 20;
    private const int MostNames = 12;

    private readonly IFields _fields;
    private readonly FilterContext _context;
    private readonly FilterLexer _lexer;
    private Token _token;
    private FilterProblem? _problem;
    private int _comparisons;

    private FilterParser(string text, IFields fields, FilterContext context)
    {
        (_fields, _context, _lexer) = (fields, context, new FilterLexer(text));
        Advance();
    }

    /// <summary>A filter from its text; blank text is true of all.</summary>
    /// <returns>The filter; null with the problem when it cannot be used.</returns>
    public static Filter? Parse(string text, IFields fields, FilterContext context, out FilterProblem? problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        problem = text.Length > MaxLength ? new FilterProblem(MaxLength, $"a filter holds at most {MaxLength} characters.") : null;
        if (problem is not null) return null;
        var parser = new FilterParser(text, fields, context);
        if (parser._token.Kind == TokenKind.End) return new Filter.All([]);
        var filter = parser.Or(0);
        if (parser._problem is null && parser._token.Kind != TokenKind.End)
            parser.Fail($"{parser._token.Text} is not expected here: join conditions by and, or.");
        problem = parser._problem;
        return problem is null ? filter : null;
    }

    private Filter? Or(int depth)
    {
        var parts = new List<Filter>();
        do
        {
            if (And(depth) is not { } part) return null;
            parts.Add(part);
        }
        while (Take("or"));
        return parts.Count == 1 ? parts[0] : new Filter.Any(parts);
    }

    private Filter? And(int depth)
    {
        var parts = new List<Filter>();
        do
        {
            if (Not(depth) is not { } part) return null;
            parts.Add(part);
        }
        while (Take("and"));
        return parts.Count == 1 ? parts[0] : new Filter.All(parts);
    }

    private Filter? Not(int depth)
    {
        if (depth > MaxDepth) return Fail($"conditions may be nested {MaxDepth} deep.");
        if (Take("not")) return Not(depth + 1) is { } part ? new Filter.Not(part) : null;
        if (!TakeSign("(")) return Compare();
        var inner = Or(depth + 1);
        if (inner is null) return null;
        return TakeSign(")") ? inner : Fail($"a parenthesis is not closed before {_token.Text}.");
    }

    private Filter? Compare()
    {
        if (++_comparisons > MaxComparisons) return Fail($"a filter holds at most {MaxComparisons} comparisons.");
        if (_token.Kind != TokenKind.Word) return Fail($"a field is expected instead of {_token.Text}.");
        if (IsOfEvents(_token)) return OfEvents();
        if (_fields.Find(_token.Text) is not { } field)
            return Fail($"there is no field {_token.Text}. There are {string.Join(", ", _fields.Names.Order(StringComparer.Ordinal).Take(MostNames))} and others.");
        if (!field.IsCompared) return Fail($"{field.Name} has an inside: it cannot be filtered by.");
        Advance();
        if (Take("is")) return IsEmpty(field);
        var not = Take("not");
        if (Take("in")) return OneOf(field) is { } some ? Negated(some, not) : null;
        if (not) return Fail("after not, in is expected.");
        if (Take("has")) return Value(field, Comparison.Equal) is { } had ? Has(field, had) : null;
        return Sign(field);
    }

    private static Comparison? Comparing(Token token) => token.Kind != TokenKind.Sign ? null : token.Text switch
    {
        "=" or "!=" => Comparison.Equal,
        "<" => Comparison.Less,
        "<=" => Comparison.LessOrEqual,
        ">" => Comparison.More,
        ">=" => Comparison.MoreOrEqual,
        "~" => Comparison.Contains,
        "^=" => Comparison.Begins,
        _ => null,
    };

    private Filter? Sign(Field field)
    {
        var sign = _token.Text;
        if (Comparing(_token) is not { } comparison) return Fail($"after {field.Name}, one of = != < <= > >= ~ ^= in, not in, has, is empty, is not empty is expected.");
        if (!FilterTypes.Allows(field.Type, comparison)) return Fail($"{field.Name} cannot be compared by {sign}.");
        Advance();
        return Value(field, comparison) is { } value ? Negated(new Filter.Is(field, comparison, value), sign == "!=") : null;
    }

    private Filter? IsEmpty(Field field)
    {
        var not = Take("not");
        return Take("empty") ? Negated(new Filter.Empty(field), not) : Fail("after is, empty or not empty is expected.");
    }

    private Filter? Has(Field field, FilterValue value) => field.Type is FieldType.Choices or FieldType.Texts
        ? new Filter.OneOf(field, [value])
        : Fail($"{field.Name} holds a single value: compare it by =.");

    private Filter? OneOf(Field field)
    {
        if (!FilterTypes.Allows(field.Type, Comparison.Equal) && field.Type is not (FieldType.Choices or FieldType.Texts)) return Fail($"{field.Name} cannot be compared by in.");
        if (!TakeSign("(")) return Fail("after in, values in parentheses are expected.");
        var values = new List<FilterValue>();
        do
        {
            if (values.Count == MaxValues) return Fail($"at most {MaxValues} values can be listed.");
            if (Value(field, Comparison.Equal) is not { } value) return null;
            values.Add(value);
        }
        while (TakeSign(","));
        return TakeSign(")") ? new Filter.OneOf(field, values) : Fail($"values are separated by commas and end with a parenthesis; here is {_token.Text}.");
    }

    private FilterValue? Value(Field field, Comparison how)
    {
        var token = _token;
        if (token.Kind is TokenKind.End or TokenKind.Sign) Fail($"a value is expected instead of {token.Text}.");
        if (_problem is not null) return null;
        Advance();
        string? currency = null;
        if (field.Type == FieldType.Money && _token is { Kind: TokenKind.Word, Text.Length: 3 } && _token.Text.All(char.IsAsciiLetterUpper))
        {
            currency = _token.Text;
            Advance();
        }

        var value = FilterTypes.Value(field, how, token, currency, _context, out var why);
        if (value is null) _problem ??= new FilterProblem(token.At, why!);
        return value;
    }

    private static Filter Negated(Filter filter, bool not) => not ? new Filter.Not(filter) : filter;

    private bool Take(string word)
    {
        if (!_token.Is(word)) return false;
        Advance();
        return true;
    }

    private bool TakeSign(string sign)
    {
        if (_token.Kind != TokenKind.Sign || _token.Text != sign) return false;
        Advance();
        return true;
    }

    private void Advance()
    {
        _token = _lexer.Next();
        if (_token.Kind == TokenKind.Wrong) Fail(_token.Text);
    }

    private Filter? Fail(string why)
    {
        _problem ??= new FilterProblem(_token.At, why);
        return null;
    }
}
