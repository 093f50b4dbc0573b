using System.Text;
using System.Text.Json;

namespace Crm.Customers;

/// <summary>A JSON value as it stands in the event: a text without its quotes, or the raw text of any other kind.</summary>
internal readonly ref struct JsonValue
{
    public JsonTokenType Kind { get; init; }

    public ReadOnlySpan<byte> Raw { get; init; }

    public bool Escaped { get; init; }

    /// <summary>Not given, or null.</summary>
    public bool IsMissing => Kind is JsonTokenType.None or JsonTokenType.Null;

    /// <summary>An exact number from a number or a numeric text.</summary>
    public bool TryNumber(out decimal number)
    {
        number = 0;
        return Kind is JsonTokenType.Number or JsonTokenType.String && !Escaped && MoneyText.TryParse(Raw, out number);
    }

    /// <summary>A text (or a number as its text) without blanks around it; null when it is neither, or empty.</summary>
    /// <param name="max">Longest result in characters.</param>
    /// <param name="cut">Whether longer ones are cut (what people wrote) or refused (ids, which would become another's).</param>
    public string? Text(int max, bool cut = false)
    {
        if (Kind is not (JsonTokenType.String or JsonTokenType.Number)) return null;
        var chars = Raw.Length <= 128 ? stackalloc char[128] : new char[Raw.Length];
        ReadOnlySpan<char> text = chars[..JsonText.Decode(Raw, Escaped, chars)];
        text = text.Trim();
        if (text.IsEmpty || (text.Length > max && !cut)) return null;
        return TextPool.Get(JsonText.Cut(text, max));
    }

    /// <summary>The value as JSON text.</summary>
    public string Json() => Kind == JsonTokenType.String ? $"\"{Encoding.UTF8.GetString(Raw)}\"" : Encoding.UTF8.GetString(Raw);
}

/// <summary>Walks the members of a JSON object, each once, nothing allocated. Fails only as the framework's reader does: on text that is no JSON.</summary>
internal ref struct JsonMembers
{
    private readonly ReadOnlySpan<byte> _json;
    private Utf8JsonReader _reader;

    public JsonMembers(ReadOnlySpan<byte> json)
    {
        _json = json;
        _reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = EventBody.MaxDepth });
        IsObject = _reader.Read() && _reader.TokenType == JsonTokenType.StartObject;
    }

    public bool IsObject { get; }

    /// <summary>Name of the member in UTF-8, as it stands.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    public bool NameEscaped { get; private set; }

    public JsonValue Value { get; private set; }

    /// <summary>The next member; false behind the last, when the rest was read through too.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public bool Next()
    {
        if (!IsObject || !_reader.Read() || _reader.TokenType != JsonTokenType.PropertyName) return false;
        Name = _reader.ValueSpan;
        NameEscaped = _reader.ValueIsEscaped;
        _reader.Read();
        Value = Take(ref _reader, _json);
        return true;
    }

    /// <summary>Reads on to the end, so that text behind the object is found.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public void Finish()
    {
        while (_reader.Read())
        {
        }
    }

    /// <summary>The name, decoded; at most so many characters, else null.</summary>
    public readonly string? NameText(int max)
    {
        var chars = Name.Length <= 128 ? stackalloc char[128] : new char[Name.Length];
        var length = JsonText.Decode(Name, NameEscaped, chars);
        return length == 0 || length > max ? null : TextPool.Get(chars[..length]);
    }

    /// <summary>The value where a reader stands, which is left behind it.</summary>
    public static JsonValue Take(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        var kind = reader.TokenType;
        if (kind is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
            return new JsonValue { Kind = kind, Raw = reader.ValueSpan, Escaped = kind == JsonTokenType.String && reader.ValueIsEscaped };
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return new JsonValue { Kind = kind, Raw = json[start..(int)reader.BytesConsumed] };
    }
}
