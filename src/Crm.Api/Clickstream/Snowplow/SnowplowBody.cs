using System.Text.Json;

namespace Crm.Clickstream;

/// <summary>Writes an event of a Snowplow tracker in the tracking protocol's own JSON.</summary>
internal static class SnowplowBody
{
    /// <summary>What an item of an order, which comes as an event of its own, is called.</summary>
    public const string OrderItem = "Order Item Added";

    // Schemas of Snowplow's own that are e-commerce events under another name.
    private const string Vendor = "iglu:com.snowplowanalytics.snowplow/";

    /// <summary>Name of a track call.</summary>
    public static string? Name(string kind, SnowplowFields fields, in SelfDescribing described) => kind switch
    {
        "se" => fields["se_ac"],
        "pp" => "Page Ping",
        "tr" => "Order Completed",
        "ti" => OrderItem,
        _ => IsCart(described) ? (described.Name == "add_to_cart" ? "Product Added" : "Product Removed") : described.Name,
    };

    public static byte[] Write(in IncomingEvent incoming, string kind, SnowplowFields fields, in SelfDescribing described)
    {
        var output = EventJson.Begin(incoming);
        if (incoming.Type == EventType.Identify)
        {
            output.Raw("traits"u8, described.Data);
        }
        else
        {
            output.Json.WriteStartObject("properties"u8);
            Properties(output, kind, fields, described);
            output.Json.WriteEndObject();
        }

        Context(output, fields, described);
        return output.End();
    }

    private static bool IsCart(in SelfDescribing described) =>
        described.Name is "add_to_cart" or "remove_from_cart" && described.Schema!.StartsWith(Vendor, StringComparison.Ordinal);

    private static void Properties(EventJson output, string kind, SnowplowFields fields, in SelfDescribing described)
    {
        switch (kind)
        {
            case "pv":
                Page(output, fields);
                break;
            case "pp":
                Page(output, fields);
                Copy(output, fields, ("min_x", "pp_mix"), ("max_x", "pp_max"), ("min_y", "pp_miy"), ("max_y", "pp_may"));
                break;
            case "se":
                Copy(output, fields, ("category", "se_ca"), ("action", "se_ac"), ("label", "se_la"), ("property", "se_pr"), ("value", "se_va"));
                break;
            case "tr":
                Copy(output, fields, ("order_id", "tr_id"), ("affiliation", "tr_af"), ("total", "tr_tt"), ("tax", "tr_tx"), ("shipping", "tr_sh"),
                    ("currency", "tr_cu"), ("city", "tr_ci"), ("state", "tr_st"), ("country", "tr_co"));
                break;
            case "ti":
                Copy(output, fields, ("order_id", "ti_id"), ("product_id", "ti_sk"), ("sku", "ti_sk"), ("name", "ti_nm"), ("category", "ti_ca"),
                    ("price", "ti_pr"), ("quantity", "ti_qu"), ("currency", "ti_cu"));
                break;
            default:
                if (IsCart(described)) output.Raw("price"u8, described.Value("unitPrice"u8));
                if (described.Data.IsObject) output.Members(described.Data);
                else output.Raw("data"u8, described.Data);
                break;
        }
    }

    private static void Page(EventJson output, SnowplowFields fields)
    {
        Copy(output, fields, ("url", "url"), ("title", "page"), ("referrer", "refr"));
        if (Uri.TryCreate(fields["url"], UriKind.Absolute, out var url)) output.Text("path"u8, url.AbsolutePath);
    }

    private static void Context(EventJson output, SnowplowFields fields, in SelfDescribing described)
    {
        output.Json.WriteStartObject("context"u8);
        Group(output, "app", fields, ("name", "aid"), ("namespace", "tna"));
        Group(output, "page", fields, ("url", "url"), ("title", "page"), ("referrer", "refr"));
        Group(output, "library", fields, ("version", "tv"));
        Copy(output, fields, ("locale", "lang"), ("timezone", "tz"), ("userAgent", "ua"), ("platform", "p"), ("session", "sid"));
        output.Text("schema"u8, described.Schema);
        var entities = fields.Json("co", "cx");
        if (!entities.IsEmpty)
        {
            var walk = new JsonWalk(entities);
            while (walk.NextMember())
            {
                if (walk.Name.SequenceEqual("data"u8)) output.Raw("entities"u8, walk.Value);
            }
        }

        output.Json.WriteEndObject();
    }

    private static void Group(EventJson output, string name, SnowplowFields fields, params ReadOnlySpan<(string To, string From)> members)
    {
        output.Json.WriteStartObject(name);
        Copy(output, fields, members);
        output.Json.WriteEndObject();
    }

    private static void Copy(EventJson output, SnowplowFields fields, params ReadOnlySpan<(string To, string From)> members)
    {
        foreach (var (to, from) in members)
        {
            if (fields[from] is { } value) output.Json.WriteString(to, value);
        }
    }
}
