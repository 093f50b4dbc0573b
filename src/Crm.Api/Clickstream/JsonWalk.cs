using System.Text;
using System.Text.Json;

namespace Crm.Clickstream;

/// <summary>A JSON value where it stands in a body: what it is, and its text as sent (with quotes).</summary>
internal readonly ref struct JsonPart(JsonTokenType kind, ReadOnlySpan<byte> raw)
{
    public JsonTokenType Kind { get; } = kind;

    public ReadOnlySpan<byte> Raw { get; } = raw;

    /// <summary>Not given, or null.</summary>
    public bool IsMissing => Kind is JsonTokenType.None or JsonTokenType.Null;

    public bool IsObject => Kind == JsonTokenType.StartObject;

    /// <summary>True or false; null for anything else.</summary>
    public bool? Flag => Kind switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        _ => null,
    };

    /// <summary>The text of a text; null for anything else.</summary>
    public string? Text(ref bool repaired)
    {
        if (Kind != JsonTokenType.String) return null;
        var reader = new Utf8JsonReader(Raw);
        reader.Read();
        return JsonText.Read(ref reader, ref repaired);
    }

    /// <summary>An id: a text, or a number in the digits that it was sent in.</summary>
    public string? Id(ref bool repaired) => Kind == JsonTokenType.Number ? Encoding.UTF8.GetString(Raw) : Text(ref repaired);

    /// <summary>A time as text or as Unix milliseconds.</summary>
    public ClientTime Time()
    {
        if (IsMissing) return default;
        if (Kind is not (JsonTokenType.String or JsonTokenType.Number)) return ClientTime.Unreadable;
        var reader = new Utf8JsonReader(Raw);
        reader.Read();
        return SegmentFields.Time(ref reader);
    }
}

/// <summary>Walks the members of an object or the elements of an array, once, without parsing them into a tree.</summary>
internal ref struct JsonWalk
{
    private readonly ReadOnlySpan<byte> _json;
    private Utf8JsonReader _reader;

    /// <exception cref="JsonException">It does not begin as JSON does.</exception>
    public JsonWalk(ReadOnlySpan<byte> json, int depth = IngestLimits.Depth)
    {
        _json = json;
        _reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = depth });
        _reader.Read();
        Kind = _reader.TokenType;
    }

    /// <summary>What is walked: an object, an array, or a plain value without any parts.</summary>
    public JsonTokenType Kind { get; }

    /// <summary>Name of the member in UTF-8, escapes undone.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    public JsonPart Value { get; private set; }

    /// <summary>All of it, when nothing was walked yet.</summary>
    public readonly JsonPart Whole => new(Kind, _json.Trim(" \t\r\n"u8));

    /// <summary>The next member; false behind the last one, and for what is no object.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public bool NextMember()
    {
        if (Kind != JsonTokenType.StartObject || !_reader.Read() || _reader.TokenType != JsonTokenType.PropertyName) return false;
        var ignored = false;
        Name = _reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(JsonText.Read(ref _reader, ref ignored)) : _reader.ValueSpan;
        _reader.Read();
        Value = Take();
        return true;
    }

    /// <summary>The next element; false behind the last one, and for what is no array.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public bool NextElement()
    {
        if (Kind != JsonTokenType.StartArray || !_reader.Read() || _reader.TokenType == JsonTokenType.EndArray) return false;
        Value = Take();
        return true;
    }

    /// <summary>Reads on to the end, so that text behind the value is found.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public void Finish()
    {
        while (_reader.Read())
        {
        }
    }

    private JsonPart Take()
    {
        var slice = SegmentFields.Skip(ref _reader);
        return new JsonPart(slice.Kind, _json.Slice(slice.Start, slice.Length));
    }
}
