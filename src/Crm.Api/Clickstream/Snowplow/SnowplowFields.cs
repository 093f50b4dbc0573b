using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Crm.Clickstream;

/// <summary>The fields of one event of a Snowplow tracker, all of them texts, whether they came as JSON or in a query.</summary>
internal sealed class SnowplowFields
{
    private readonly Dictionary<string, string> _fields = new(StringComparer.Ordinal);
    private bool _repaired;

    /// <summary>A text held what cannot be stored.</summary>
    public bool Repaired => _repaired;

    /// <summary>A field; null when it is absent or empty.</summary>
    public string? this[string name] => _fields.TryGetValue(name, out var value) && value.Length > 0 ? value : null;

    public static SnowplowFields Of(ReadOnlySpan<byte> json)
    {
        var read = new SnowplowFields();
        var walk = new JsonWalk(json);
        while (walk.NextMember())
        {
            if (walk.Value.Id(ref read._repaired) is { } value) read._fields[Encoding.UTF8.GetString(walk.Name)] = value;
        }

        return read;
    }

    public static SnowplowFields Of(IQueryCollection query)
    {
        var read = new SnowplowFields();
        foreach (var (name, values) in query)
        {
            if (values is [{ } value, ..]) read._fields[name] = JsonText.Repair(value, ref read._repaired);
        }

        return read;
    }

    /// <summary>
    /// A field of JSON, as text or in base64url, in UTF-8; empty when there is none or it is not JSON. Nothing of it was checked
    /// before: it stood inside a text.
    /// </summary>
    public ReadOnlySpan<byte> Json(string plain, string encoded)
    {
        var json = this[plain] is { } text ? Encoding.UTF8.GetBytes(text) : Decode(this[encoded]);
        try
        {
            var walk = new JsonWalk(json);
            if (walk.Kind == JsonTokenType.StartObject && System.Text.Unicode.Utf8.IsValid(json))
            {
                walk.Finish();
                return json;
            }
        }
        catch (JsonException)
        {
            return [];
        }

        return [];
    }

    /// <summary>What came, for a dead letter.</summary>
    public byte[] Sample() => JsonSerializer.SerializeToUtf8Bytes(_fields);

    private static byte[] Decode(string? base64)
    {
        if (base64 is null) return [];

        // Some trackers write plain base64, some leave the padding out.
        var text = base64.Replace('+', '-').Replace('/', '_').TrimEnd('=');
        var bytes = new byte[Base64Url.GetMaxDecodedLength(text.Length)];
        return Base64Url.DecodeFromChars(text, bytes, out _, out var written) == OperationStatus.Done ? bytes[..written] : [];
    }
}
