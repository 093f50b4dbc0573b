using System.Buffers.Text;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace Crm.Clickstream;

/// <summary>
/// Requests of all protocols, valid and not, each made from its number alone, so that one that fails can be made again. Their
/// members are the protocols' own, their values now and then anything; half of the bodies are then broken as bytes.
/// </summary>
internal sealed class FuzzRequests(string key, int number)
{
    private const int MaxDepth = 5;

    private static readonly string[] s_words =
    [
        "type", "event", "name", "userId", "anonymousId", "previousId", "groupId", "messageId", "timestamp", "originalTimestamp", "sentAt", "context",
        "integrations", "properties", "traits", "traitsOnce", "batch", "writeKey", "api_key", "token", "distinct_id", "uuid", "offset", "$set", "$set_once",
        "$anon_distinct_id", "$device_id", "$is_identified", "$group_type", "$group_key", "$group_set", "alias", "schema", "data", "data_base64", "e", "eid",
        "uid", "duid", "dtm", "stm", "ttm", "aid", "ue_pr", "ue_px", "co", "cx", "se_ac", "tr_id", "ti_id", "ti_sk", "ti_qu", "specversion", "id", "source",
        "subject", "time", "userid", "anonymousid", "previousid", "groupid", "order_id", "products", "product_id", "price", "quantity", "revenue", "total",
        "currency", "email", "address", "$type", "__proto__", "", "\ud800", "a\u0000b", "\u202e",
    ];

    private static readonly string[] s_texts =
    [
        "track", "identify", "page", "screen", "group", "alias", "Order Completed", "Order Item Added", "Order Refunded", "Product Added", "Product Viewed",
        "$pageview", "$identify", "$create_alias", "$groupidentify", "$set", "pv", "pp", "se", "ue", "tr", "ti", "1.0", "com.shop.order.completed", "u1", "u2",
        "a1", "null", "undefined", "0", "-1", "", " ", "EUR", "12.30", "1e400", "2026-05-01T10:00:00Z", "0000-00-00", "10000-01-01", "1795658730990",
        "iglu:com.acme/product_viewed/jsonschema/1-0-0", "'; drop table customer; --", "<script>", "\ud83d\ude00",
    ];

    private static readonly string[] s_atoms =
    [
        "null", "true", "false", "0", "-0", "1", "-1", "1.5", "1e400", "-1e-400", "123456789012345678901234567890", "9223372036854775808", "1795658730990",
        "\"\\ud800\"", "\"\\u0000\"", "\"\\udc00\\ud800\"", "{}", "[]", "[[]]", "{\"a\":{}}",
    ];

    private static readonly string[] s_paths =
    [
        "/v1/track", "/v1/identify", "/v1/page", "/v1/screen", "/v1/group", "/v1/alias", "/v1/t", "/v1/i", "/v1/batch", "/v1/b", "/v1/import", "/batch/", "/capture/",
        "/e/", "/e/?compression=gzip-js", "/i/v0/e/", "/flags/?v=2", "/com.snowplowanalytics.snowplow/tp2", "/i", "/v1/cloudevents", "/v1/cloudevents",
    ];

    private readonly Random _random = new(number);

    public HttpRequestMessage Make()
    {
        var path = Pick(s_paths);
        var body = Encoding.UTF8.GetBytes(Body(path));
        if (_random.Next(2) == 0) body = Break(body);
        if (_random.Next(50) == 0) body = Encoding.Unicode.GetBytes(Encoding.UTF8.GetString(body));
        if (path == "/i") return Authorized(new HttpRequestMessage(HttpMethod.Get, new Uri(path + Query(), UriKind.Relative)));
        var request = Authorized(new HttpRequestMessage(HttpMethod.Post, new Uri(path, UriKind.Relative)));
        var zipped = path.Contains("gzip", StringComparison.Ordinal) || _random.Next(6) == 0;
        request.Content = new ByteArrayContent(zipped && _random.Next(10) > 0 ? Zip(body) : body);
        if (zipped && !path.Contains("gzip", StringComparison.Ordinal)) request.Content.Headers.ContentEncoding.Add("gzip");
        if (path.EndsWith("cloudevents", StringComparison.Ordinal)) CloudHeaders(request);
        return request;
    }

    /// <summary>
    /// A batch of the tracking protocol with one good event beside an element that is JSON, but anything. Its context is plain: one
    /// that is nested too deeply would be merged into all of them.
    /// </summary>
    public string BatchWith(string good) => _random.Next(2) == 0 ? $"{{\"batch\":[{Value(0)},{good}]}}" : $"{{\"batch\":[{good},{Element()}],\"context\":{Pick(s_atoms)}}}";

    private string Body(string path) => path switch
    {
        _ when path.EndsWith("batch", StringComparison.Ordinal) || path is "/v1/b" or "/v1/import" => $"{{\"batch\":{List()},\"context\":{Value(2)},\"sentAt\":{Value(4)}{Key("writeKey")}}}",
        "/batch/" => $"{{\"batch\":{List()},\"sent_at\":{Value(4)}{Key("api_key")}}}",
        "/com.snowplowanalytics.snowplow/tp2" => $"{{\"schema\":\"s\",\"data\":{List()}}}",
        _ when _random.Next(8) == 0 => List(),
        _ when path.Contains("/e/", StringComparison.Ordinal) && _random.Next(6) == 0 => "data=" + Uri.EscapeDataString(_random.Next(2) == 0 ? Element() : Convert.ToBase64String(Encoding.UTF8.GetBytes(Element()))),
        _ => Element(),
    };

    private string Key(string name) => _random.Next(2) == 0 ? $",\"{name}\":\"{key}\"" : "";

    private string List() => "[" + string.Join(',', Enumerable.Range(0, _random.Next(6)).Select(_ => _random.Next(10) == 0 ? Value(2) : Element())) + "]";

    private string Element()
    {
        var members = Enumerable.Range(0, _random.Next(2, 14)).Select(_ => Member(Pick(s_words))).ToList();
        if (_random.Next(2) == 0) members.AddRange([Member("type", Text()), Member("event", Text()), Member("e", Text()), Member("userId", Person("u")), Member("previousId", Person("p")), Member("groupId", "\"g1\""), Member("distinct_id", Person("d")), Member("uid", Person("s"))]);
        if (_random.Next(3) == 0) members.AddRange([Member("specversion", "\"1.0\""), Member("id", Text()), Member("source", Text()), Member("subject", Person("c"))]);
        if (_random.Next(6) == 0) members.Add(Member("writeKey", $"\"{key}\""));
        if (_random.Next(6) == 0) members.Add(Member("ue_px", $"\"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(Value(1)))}\""));
        if (_random.Next(6) == 0) members.Add(Member("ue_pr", JsonSerializer.Serialize($$"""{"schema":"s","data":{"schema":{{Text()}},"data":{{Value(3)}} } }""")));
        return "{" + string.Join(',', members) + "}";
    }

    // So many that none of them is over the rate of a customer.
    private string Person(string kind) => $"\"{kind}{number % 1_000}\"";

    private string Member(string name, string? value = null) => $"{JsonSerializer.Serialize(name)}:{value ?? Value(1)}";

    private string Value(int depth) => _random.Next(10) switch
    {
        < 4 => Text(),
        < 7 => Pick(s_atoms),
        7 when depth < MaxDepth => "[" + string.Join(',', Enumerable.Range(0, _random.Next(4)).Select(_ => Value(depth + 1))) + "]",
        8 when _random.Next(40) == 0 => new string('[', 300) + new string(']', 300),
        _ when depth < MaxDepth => "{" + string.Join(',', Enumerable.Range(0, _random.Next(5)).Select(_ => $"{JsonSerializer.Serialize(Pick(s_words))}:{Value(depth + 1)}")) + "}",
        _ => _random.Next().ToString(CultureInfo.InvariantCulture),
    };

    private string Text() => JsonSerializer.Serialize(Pick(s_texts));

    private byte[] Break(byte[] body)
    {
        for (var times = _random.Next(1, 4); times > 0 && body.Length > 0; times--)
        {
            var at = _random.Next(body.Length);
            var length = _random.Next(1, Math.Min(20, body.Length - at) + 1);
            body = _random.Next(6) switch
            {
                0 => [.. body[..at], (byte)_random.Next(256), .. body[(at + 1)..]],
                1 => body[..at],
                2 => [.. body[..at], .. body[(at + length)..]],
                3 => [.. body[..(at + length)], .. body[at..]],
                4 => [.. body[..at], .. Noise(), .. body[at..]],
                _ => [.. body[..at], .. "\"\\{}[],:"u8.Slice(_random.Next(8), 1), .. body[at..]],
            };
        }

        return body;
    }

    private byte[] Noise()
    {
        var noise = new byte[_random.Next(1, 40)];
        _random.NextBytes(noise);
        return noise;
    }

    private string Query() => "?" + string.Join('&', Enumerable.Range(0, _random.Next(1, 8)).Select(_ => $"{Uri.EscapeDataString(Clean(Pick(s_words)))}={Uri.EscapeDataString(Clean(_random.Next(3) == 0 ? Value(3) : Pick(s_texts)))}"))
        + (_random.Next(2) == 0 ? $"&e=se&duid=d&aid={key}" : "");

    private HttpRequestMessage Authorized(HttpRequestMessage request)
    {
        var how = _random.Next(20);
        if (how < 17) request.Headers.Authorization = IngestFixture.Basic(key);
        else if (how == 17) request.Headers.TryAddWithoutValidation("Authorization", Convert.ToBase64String(Noise()));
        return request;
    }

    private void CloudHeaders(HttpRequestMessage request)
    {
        if (_random.Next(3) > 0) request.Content!.Headers.TryAddWithoutValidation("Content-Type", Pick(["application/cloudevents+json", "application/cloudevents-batch+json", "application/json", "text/plain", "x"]));
        if (_random.Next(3) > 0) return;
        foreach (var name in (string[])["ce-specversion", "ce-id", "ce-source", "ce-type", "ce-subject", "ce-time", "ce-x"])
        {
            if (_random.Next(8) > 0) request.Headers.TryAddWithoutValidation(name, _random.Next(4) == 0 ? "%FF%00%zz%F0%9F%98%80" : name == "ce-specversion" ? "1.0" : Uri.EscapeDataString(Clean(Pick(s_texts))));
        }
    }

    // An address must be made of whole characters.
    private static string Clean(string text) => new([.. text.Where(c => !char.IsSurrogate(c))]);

    private T Pick<T>(T[] from) => from[_random.Next(from.Length)];

    private static byte[] Zip(byte[] content)
    {
        var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Fastest)) gzip.Write(content);
        return zipped.ToArray();
    }
}
