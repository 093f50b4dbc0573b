using System.Buffers;
using System.Globalization;
using System.IO.Hashing;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Crm.Replay;

/// <summary>
/// Writes elements of a batch. The messageId is a hash of all that the event says, so that the same rows always make the
/// same message, and of a salt that tells equal rows apart.
/// </summary>
internal sealed class EventJson : IDisposable
{
    /// <summary>Largest event that the protocol takes, in bytes.</summary>
    public const int MaxBytes = 32 * 1024;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> _buffer = new(4_096);
    private readonly Utf8JsonWriter _json;

    public EventJson() => _json = new Utf8JsonWriter(_buffer, Options);

    /// <summary>Writes one <c>track</c> event.</summary>
    public byte[] Track(string name, string customer, bool isVisitor, long timestampMs, string salt, Action<Utf8JsonWriter> properties)
    {
        _buffer.ResetWrittenCount();
        _json.Reset();
        _json.WriteStartObject();
        _json.WriteString("type", "track");
        _json.WriteString("event", name);
        _json.WriteString(isVisitor ? "anonymousId" : "userId", customer);
        _json.WriteString("timestamp", Iso(timestampMs));
        _json.WriteStartObject("properties");
        properties(_json);
        _json.WriteEndObject();
        _json.Flush();
        _json.WriteString("messageId", MessageId(salt));
        _json.WriteEndObject();
        _json.Flush();
        return _buffer.WrittenSpan.ToArray();
    }

    public void Dispose() => _json.Dispose();

    private string MessageId(string salt)
    {
        var hash = new XxHash128();
        hash.Append(_buffer.WrittenSpan);
        hash.Append(Encoding.UTF8.GetBytes(salt));
        return "replay-" + Convert.ToHexStringLower(hash.GetCurrentHash());
    }

    private static string Iso(long unixMs) =>
        DateTime.UnixEpoch.AddMilliseconds(unixMs).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
