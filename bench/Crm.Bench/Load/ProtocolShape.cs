using System.Buffers.Text;
using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Crm.Bench;

/// <summary>How one protocol's client sends product views: its address, its event, and what stands around a list of them.</summary>
/// <param name="Name">For the report.</param>
/// <param name="Event">The event, with the places of <see cref="EventTemplate"/>.</param>
/// <param name="Begin">What stands before the first event; the write key for KEY.</param>
/// <param name="Header">Whether the key is in the Authorization header.</param>
internal sealed record ProtocolShape(string Name, string Path, string Event, string Begin, string End, bool Header, bool Gzip = false)
{
    private const string Properties = "\"product_id\":\"p<product>\",\"category\":\"Games\",\"name\":\"Product <product>\",\"price\":<price>.50";

    private static readonly string s_segment =
        "{\"type\":\"track\",\"messageId\":\"RUN-<number>\",\"userId\":\"u<customer>\",\"timestamp\":\"<time>\",\"event\":\"Product Viewed\",\"properties\":{" + Properties + "},\"context\":{\"ip\":\"203.0.113.7\",\"locale\":\"en-US\"}}";

    private static readonly string s_postHog =
        "{\"event\":\"Product Viewed\",\"uuid\":\"RUN-<number>\",\"distinct_id\":\"u<customer>\",\"timestamp\":\"<time>\",\"properties\":{" + Properties + ",\"$lib\":\"posthog-node\",\"$lib_version\":\"5.70.0\",\"$is_server\":true,\"$geoip_disable\":true}}";

    private static readonly string s_snowplow =
        "{\"e\":\"ue\",\"eid\":\"RUN-<number>\",\"uid\":\"u<customer>\",\"dtm\":\"1795658730992\",\"stm\":\"1795658730996\",\"p\":\"srv\",\"tv\":\"node-4.8.0\",\"tna\":\"shop\",\"aid\":\"KEY\",\"ue_px\":\""
        + Base64Url.EncodeToString("""{"schema":"iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0","data":{"schema":"iglu:com.acme/product_viewed/jsonschema/1-0-0","data":{"product_id":"p0001","category":"Games","name":"Product 1","price":12.50}}}"""u8)
        + "\"}";

    private static readonly string s_cloudEvent =
        "{\"specversion\":\"1.0\",\"id\":\"RUN-<number>\",\"source\":\"/shop\",\"type\":\"com.shop.product.viewed\",\"subject\":\"u<customer>\",\"time\":\"<time>\",\"data\":{" + Properties + "}}";

    /// <summary>Every protocol in batches; the first is what the others are compared with.</summary>
    public static IReadOnlyList<ProtocolShape> Batches { get; } =
    [
        new("tracking protocol, key in the header", "/v1/batch", s_segment, "{\"batch\":[", "]}", Header: true),
        new("the same, gzip", "/v1/batch", s_segment, "{\"batch\":[", "]}", Header: true, Gzip: true),
        new("the same, key in the body", "/v1/batch", s_segment, "{\"writeKey\":\"KEY\",\"batch\":[", "]}", Header: false),
        new("the same, with the batch's context", "/v1/batch", s_segment, "{\"context\":{\"library\":{\"name\":\"bench\",\"version\":\"1\"}},\"batch\":[", "]}", Header: true),
        new("PostHog, gzip, key in the body", "/batch/", s_postHog, "{\"api_key\":\"KEY\",\"batch\":[", "]}", Header: false, Gzip: true),
        new("PostHog, plain, key in the body", "/batch/", s_postHog, "{\"api_key\":\"KEY\",\"batch\":[", "]}", Header: false),
        new("Snowplow, key as app id", "/com.snowplowanalytics.snowplow/tp2", s_snowplow, "{\"schema\":\"iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4\",\"data\":[", "]}", Header: false),
        new("CloudEvents, batch mode", "/v1/cloudevents", s_cloudEvent, "[", "]", Header: true),
    ];

    /// <summary>Single events as browsers send them.</summary>
    public static ProtocolShape Single { get; } = new("single events", "/v1/t", s_segment, "", "", Header: true);
}

/// <summary>Makes requests of one shape, in one reused buffer. Not shared between threads.</summary>
internal sealed class ProtocolRequests
{
    private readonly ProtocolShape _shape;
    private readonly EventTemplate _event;
    private readonly byte[] _begin;
    private readonly byte[] _end;
    private readonly string _head;
    private readonly byte[] _time = new byte[24];
    private readonly MemoryStream _body = new();
    private readonly MemoryStream _zipped = new();
    private readonly MemoryStream _request = new();

    public ProtocolRequests(ProtocolShape shape, string writeKey, string runId)
    {
        _shape = shape;
        _event = new EventTemplate(Filled(shape.Event));
        _begin = Encoding.ASCII.GetBytes(Filled(shape.Begin));
        _end = Encoding.ASCII.GetBytes(shape.End);
        _head = $"POST {shape.Path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + (shape.Header ? $"Authorization: Basic {Convert.ToBase64String(Encoding.ASCII.GetBytes(writeKey + ":"))}\r\n" : "")
            + (shape.Gzip ? "Content-Encoding: gzip\r\n" : "");

        string Filled(string text) => text.Replace("KEY", writeKey, StringComparison.Ordinal).Replace("RUN", runId, StringComparison.Ordinal);
    }

    /// <summary>Bytes of the last body before compression.</summary>
    public int BodyBytes => (int)_body.Length;

    /// <summary>A request of so many events of random customers; valid until the next one.</summary>
    public ReadOnlyMemory<byte> Make(int events, int customers, ref SplitMix random)
    {
        TimeProvider.System.GetUtcNow().UtcDateTime.TryFormat(_time, out _, "yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
        _body.SetLength(0);
        _body.Write(_begin);
        var number = LoadGenerator.TakeNumbers(events);
        for (var i = 0; i < events; i++)
        {
            if (i > 0) _body.WriteByte((byte)',');
            Fill(number + i, random.Below(customers), random.Below(ShopEvents.Products));
            _body.Write(_event.Bytes);
        }

        _body.Write(_end);
        return Request(_shape.Gzip ? Zip() : _body);
    }

    private void Fill(long number, int customer, int product)
    {
        foreach (var (at, slot) in _event.Places)
        {
            var target = _event.Bytes.AsSpan(at);
            switch (slot)
            {
                case Slot.Number: Utf8Formatter.TryFormat((ulong)number, target, out _, new('x', 16)); break;
                case Slot.Customer: Utf8Formatter.TryFormat(customer, target, out _, new('D', 7)); break;
                case Slot.Time: _time.CopyTo(target); break;
                case Slot.Product: Utf8Formatter.TryFormat(product, target, out _, new('D', 4)); break;
                default: Utf8Formatter.TryFormat(10 + product % 90, target, out _, new('D', 2)); break;
            }
        }
    }

    private MemoryStream Zip()
    {
        _zipped.SetLength(0);
        using (var gzip = new GZipStream(_zipped, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(_body.GetBuffer(), 0, (int)_body.Length);
        return _zipped;
    }

    private ReadOnlyMemory<byte> Request(MemoryStream body)
    {
        _request.SetLength(0);
        _request.Write(Encoding.ASCII.GetBytes($"{_head}Content-Length: {body.Length}\r\n\r\n"));
        _request.Write(body.GetBuffer(), 0, (int)body.Length);
        return _request.GetBuffer().AsMemory(0, (int)_request.Length);
    }
}
