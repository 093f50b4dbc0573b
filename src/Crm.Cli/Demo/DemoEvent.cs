using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Crm.Demo;

/// <summary>Writes events as a tracking library in a shop's page sends them.</summary>
internal sealed class DemoEvents(string run, TimeProvider clock)
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> _buffer = new(2_048);
    private long _number;

    public byte[] Page(Shopper who, string title, string path, Campaign? campaign = null) =>
        Write("page", who, title, path, campaign, "properties", json =>
        {
            json.WriteString("title", title);
            json.WriteString("path", path);
        });

    public byte[] Track(Shopper who, string name, string path, Action<Utf8JsonWriter> properties) =>
        Write("track", who, name, path, null, "properties", properties);

    public byte[] Identify(Shopper who, DateTimeOffset since) =>
        Write("identify", who, null, "/account", null, "traits", json =>
        {
            json.WriteString("name", who.FullName);
            json.WriteString("firstName", who.FirstName);
            json.WriteString("lastName", who.LastName);
            json.WriteString("email", who.Email);
            json.WriteString("language", who.Market.Locale);
            json.WriteString("createdAt", Iso(since));
            json.WriteStartObject("address");
            json.WriteString("city", who.City);
            json.WriteString("country", who.Market.Country);
            json.WriteEndObject();
        });

    private byte[] Write(string type, Shopper who, string? name, string path, Campaign? campaign, string body, Action<Utf8JsonWriter> content)
    {
        _buffer.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(_buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("type", type);
            json.WriteString("messageId", string.Create(CultureInfo.InvariantCulture, $"demo-{run}-{++_number}"));
            json.WriteString("anonymousId", who.AnonymousId);
            if (who.SignedIn) json.WriteString("userId", who.UserId);
            json.WriteString("timestamp", Iso(clock.GetUtcNow()));
            if (name is not null) json.WriteString(type == "track" ? "event" : "name", name);
            WriteContext(json, who, path, campaign);
            json.WriteStartObject(body);
            content(json);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return _buffer.WrittenSpan.ToArray();
    }

    private static void WriteContext(Utf8JsonWriter json, Shopper who, string path, Campaign? campaign)
    {
        json.WriteStartObject("context");
        json.WriteString("locale", who.Market.Locale);
        json.WriteString("timezone", who.Market.TimeZone);
        json.WriteStartObject("page");
        json.WriteString("path", path);
        json.WriteString("url", "https://shop.example.com" + path);
        json.WriteEndObject();
        if (campaign is not null)
        {
            json.WriteStartObject("campaign");
            json.WriteString("name", campaign.Name);
            json.WriteString("source", campaign.Source);
            json.WriteString("medium", campaign.Medium);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static string Iso(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}

/// <summary>What brought a visitor (utm parameters).</summary>
internal sealed record Campaign(string Name, string Source, string Medium)
{
    public static IReadOnlyList<Campaign> All { get; } =
    [
        new("autumn_tea", "newsletter", "email"),
        new("kitchen_week", "google", "cpc"),
        new("gift_guide", "instagram", "social"),
        new("双十一", "wechat", "social"),
        new("brand", "bing", "cpc"),
    ];
}
