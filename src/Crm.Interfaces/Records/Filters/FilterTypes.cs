using System.Globalization;

namespace Crm.Records.Filters;

/// <summary>Which comparisons and values go with which type of field.</summary>
internal static class FilterTypes
{
    private const int MaxTextLength = 500;

    public static bool Allows(FieldType type, Comparison how) => type == FieldType.Any || how switch
    {
        Comparison.Equal => type is not (FieldType.Choices or FieldType.Texts or FieldType.Part or FieldType.Html),
        Comparison.Contains or Comparison.Begins => type is FieldType.Text or FieldType.Id,
        _ => type is FieldType.Number or FieldType.Money or FieldType.Time or FieldType.Day or FieldType.Text,
    };

    public static FilterValue? Value(Field field, Comparison how, Token token, string? currency, FilterContext context, out string? why)
    {
        why = null;
        FilterValue? value = field.Type switch
        {
            FieldType.Number or FieldType.Money => Number(token, currency),
            FieldType.Flag => token.Is("true") ? new FilterValue.Flag(true) : token.Is("false") ? new FilterValue.Flag(false) : null,
            FieldType.Time => FilterTimes.Times(token, context),
            FieldType.Day => FilterTimes.Days(token, context),
            FieldType.User when token.Is("me") => context.Me is { } me ? new FilterValue.Text(me) : null,
            FieldType.Choice or FieldType.Choices => Choice(field, token),
            FieldType.Any when token.Kind == TokenKind.Number && how is not (Comparison.Contains or Comparison.Begins) => Number(token, null),
            FieldType.Any when how == Comparison.Equal && (token.Is("true") || token.Is("false")) => new FilterValue.Flag(token.Is("true")),
            FieldType.Any when how is Comparison.Less or Comparison.LessOrEqual or Comparison.More or Comparison.MoreOrEqual => null,
            _ => token.Kind is TokenKind.Text or TokenKind.Word or TokenKind.Number or TokenKind.Span ? new FilterValue.Text(token.Text) : null,
        };
        if (value is null) why = Expected(field, token, context);
        else if (value is FilterValue.Text { Value: var text } && Wrong(text, how) is { } wrong) (value, why) = (null, wrong);
        return value;
    }

    private static FilterValue.Number? Number(Token token, string? currency) =>
        token.Kind == TokenKind.Number
        && decimal.TryParse(token.Text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            ? new FilterValue.Number(number, currency)
            : null;

    // A choice is written as it is defined, whatever case it is asked in.
    private static FilterValue.Text? Choice(Field field, Token token)
    {
        if (field.Choices.Count == 0) return new FilterValue.Text(token.Text);
        return field.Choices.FirstOrDefault(c => string.Equals(c, token.Text, StringComparison.OrdinalIgnoreCase)) is { } choice
            ? new FilterValue.Text(choice)
            : null;
    }

    private static string? Wrong(string text, Comparison how)
    {
        if (text.Length > MaxTextLength) return $"a text to compare with holds at most {MaxTextLength} characters.";
        if (text.Length == 0 && how is Comparison.Contains or Comparison.Begins) return "this text is empty: name what to look for.";
        return text.Contains('\0', StringComparison.Ordinal) ? "a text to compare with cannot hold U+0000." : null;
    }

    private static string Expected(Field field, Token token, FilterContext context)
    {
        var expected = field.Type switch
        {
            FieldType.Number or FieldType.Any => "a number",
            FieldType.Money => "an amount such as 1000 or 1000 EUR",
            FieldType.Flag => "true or false",
            FieldType.Time or FieldType.Day => "a date such as 2026-05-01, a distance such as -30d, or a word such as today or this_month",
            FieldType.User when context.Me is null && token.Is("me") => "a user's id: whoever asks with a key is nobody",
            FieldType.Choice or FieldType.Choices => "one of " + string.Join(", ", field.Choices.Take(50)),
            _ => "a text",
        };
        return $"{field.Name} is compared with {expected}, not with {token.Text}.";
    }
}
