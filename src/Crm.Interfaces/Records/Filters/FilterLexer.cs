using System.Globalization;

namespace Crm.Records.Filters;

internal enum TokenKind
{
    End,
    Word,
    Text,
    Number,
    Span,
    Sign,
    Wrong,
}

/// <summary>A piece of a filter's text.</summary>
/// <param name="At">Where it begins.</param>
/// <param name="Text">A word or sign as it stands, a text without its quotes, or why it is none.</param>
internal readonly record struct Token(TokenKind Kind, int At, string Text)
{
    public bool Is(string word) => Kind is TokenKind.Word && string.Equals(Text, word, StringComparison.OrdinalIgnoreCase);
}

/// <summary>Cuts a filter's text into tokens, one ahead of the parser.</summary>
internal sealed class FilterLexer(string text)
{
    private int _at;

    public Token Next()
    {
        while (_at < text.Length && char.IsWhiteSpace(text[_at])) _at++;
        if (_at == text.Length) return new Token(TokenKind.End, _at, "the end");
        var first = text[_at];
        if (first is '"' or '\'') return Quoted(first);
        if (char.IsAsciiDigit(first) || (first is '-' or '+' && _at + 1 < text.Length && char.IsAsciiDigit(text[_at + 1]))) return Number();
        return IsWordPart(first) ? Word() : Sign();
    }

    private Token Quoted(char quote)
    {
        var began = _at++;
        var value = new System.Text.StringBuilder();
        for (; _at < text.Length; _at++)
        {
            if (text[_at] == quote)
            {
                _at++;
                return new Token(TokenKind.Text, began, value.ToString());
            }

            if (text[_at] == '\\' && _at + 1 < text.Length) _at++;
            value.Append(text[_at]);
        }

        return new Token(TokenKind.Wrong, began, $"this text has no end: close it with {quote}.");
    }

    // A number, a date such as 2026-05-01 or 2026-05-01T10:00Z, or a distance from now such as -30d.
    private Token Number()
    {
        var began = _at++;
        while (_at < text.Length && (char.IsAsciiLetterOrDigit(text[_at]) || text[_at] is '.' or ':' || IsDateSign(began))) _at++;
        var piece = text[began.._at];
        var isNumber = decimal.TryParse(piece, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out _);
        return new Token(isNumber ? TokenKind.Number : TokenKind.Span, began, piece);
    }

    private bool IsDateSign(int began) => text[_at] is '-' or '+' && _at > began + 3;

    private Token Word()
    {
        var began = _at;
        while (_at < text.Length && (IsWordPart(text[_at]) || text[_at] is '.' or '-' || char.IsDigit(text[_at]))) _at++;
        return new Token(TokenKind.Word, began, text[began.._at]);
    }

    private Token Sign()
    {
        var began = _at++;
        if (_at < text.Length && (text[began], text[_at]) is ('<' or '>' or '!' or '^', '=')) _at++;
        var sign = text[began.._at];
        return sign is "=" or "!=" or "<" or "<=" or ">" or ">=" or "~" or "^=" or "(" or ")" or ","
            ? new Token(TokenKind.Sign, began, sign)
            : new Token(TokenKind.Wrong, began, $"{sign} means nothing here.");
    }

    private static bool IsWordPart(char sign) => char.IsLetter(sign) || sign is '_' or '$' || char.IsSurrogate(sign);
}
