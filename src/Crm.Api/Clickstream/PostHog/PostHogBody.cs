using System.Buffers;
using System.Buffers.Text;
using System.Net;
using System.Text;
using System.Text.Json;
using Crm.Customers;

namespace Crm.Clickstream;

/// <summary>What stands around the JSON of PostHog's browser clients, and the key that stands inside it.</summary>
internal static class PostHogBody
{
    /// <summary>Browsers may send <c>data=</c> and the JSON, in base64 or plain, as a form does.</summary>
    public static ReadOnlyMemory<byte> Unwrap(ReadOnlyMemory<byte> body)
    {
        if (!body.Span.StartsWith("data="u8)) return body;
        var value = body.Span[5..];
        var end = value.IndexOf((byte)'&');
        var text = WebUtility.UrlDecodeToBytes((end < 0 ? value : value[..end]).ToArray(), 0, end < 0 ? value.Length : end);
        if (text is [(byte)'{' or (byte)'[', ..]) return text;
        var decoded = new byte[Base64.GetMaxDecodedFromUtf8Length(text.Length)];
        return Base64.DecodeFromUtf8(text, decoded, out _, out var written) == OperationStatus.Done ? decoded.AsMemory(0, written) : text;
    }

    /// <summary>The project's key: <c>api_key</c> or <c>token</c>, at the top, of the first event of a list, or of its properties.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public static string? Key(ReadOnlyMemory<byte> body) => Key(body.Span, 0);

    /// <summary>Whose flags are asked for, read as an event's distinct id is; null for nobody who could have events.</summary>
    public static string? DistinctId(ReadOnlyMemory<byte> body)
    {
        try
        {
            var repaired = false;
            var walk = new JsonWalk(body.Span, IngestLimits.AnyDepth);
            while (walk.NextMember())
            {
                if (!walk.Name.SequenceEqual("distinct_id"u8)) continue;
                var id = walk.Value.Id(ref repaired);
                return CustomerId.IsUsable(id) ? id : null;
            }
        }
        catch (JsonException)
        {
            // A key may stand in a header beside a body that is no JSON.
        }

        return null;
    }

    private static string? Key(ReadOnlySpan<byte> json, int level)
    {
        var ignored = false;
        var walk = new JsonWalk(json, IngestLimits.AnyDepth);
        if (walk.Kind == JsonTokenType.StartArray) return level == 0 && walk.NextElement() ? Key(walk.Value.Raw, 1) : null;
        string? inside = null;
        while (walk.NextMember())
        {
            if (walk.Name.SequenceEqual("api_key"u8) || walk.Name.SequenceEqual("token"u8))
            {
                if (walk.Value.Text(ref ignored) is { Length: > 0 } key) return key;
            }
            else if (level < 2 && walk.Name.SequenceEqual("properties"u8) && walk.Value.IsObject)
            {
                inside = Key(walk.Value.Raw, 2);
            }
        }

        walk.Finish();
        return inside;
    }
}
