using System.Globalization;
using System.Net;
using Crm.Privacy;

namespace Crm.Hosting;

/// <summary>How this process runs, from the environment.</summary>
internal sealed class ApiOptions
{
    private const long UsualAttachmentBytes = 10L * 1024 * 1024 * 1024;

    /// <summary>Npgsql connection string (CRM_POSTGRES). Required.</summary>
    public required string Postgres { get; init; }

    /// <summary>Orleans cluster id (CRM_CLUSTER): the same as the silos'.</summary>
    public string Cluster { get; init; } = "crm";

    /// <summary>Address to listen on (CRM_LISTEN).</summary>
    public IPAddress Listen { get; init; } = IPAddress.Loopback;

    /// <summary>Port to listen on (CRM_PORT).</summary>
    public int Port { get; init; } = 8080;

    /// <summary>Token that opens the live page (CRM_PAGE_TOKEN); null: a server key does.</summary>
    public string? PageToken { get; init; }

    /// <summary>Write key of the demo shop's page (CRM_SHOP_KEY); null: there is no such page.</summary>
    public string? ShopKey { get; init; }

    /// <summary>Folder whose disk must have room (CRM_FREE_DISK_PATH); null: not watched, the server is elsewhere.</summary>
    public string? FreeDiskPath { get; init; }

    /// <summary>Partitions of a log that is born now (CRM_PARTITIONS).</summary>
    public int? Partitions { get; init; }

    /// <summary>Key of the events of clients that cannot be told one, Snowplow's and CloudEvents' (CRM_DEFAULT_WRITE_KEY); null: they need one.</summary>
    public string? DefaultWriteKey { get; init; }

    /// <summary>Where browsers reach this API (CRM_PUBLIC_URL); null: where the request at hand did.</summary>
    public Uri? PublicUrl { get; init; }

    /// <summary>Folder of the files of analytics.js that pages may load from here (CRM_ANALYTICS_JS); null: none.</summary>
    public string? AnalyticsJs { get; init; }
    /// <summary>
    /// Events a minute that one customer may send to this process (CRM_CUSTOMER_EVENTS_PER_MINUTE); 0 for any number. 1,200 are 20 a
    /// second: no person is so fast.
    /// </summary>
    public int CustomerEventsPerMinute { get; init; } = 1_200;

    /// <summary>Bytes that the files of all records together may hold (CRM_ATTACHMENT_BYTES).</summary>
    public long AttachmentBytes { get; init; } = UsualAttachmentBytes;

    /// <summary>Whether anybody may register, as one who sells (CRM_OPEN_REGISTRATION: true or false); else people are invited.</summary>
    public bool OpenRegistration { get; init; }

    /// <summary>How often passwords may be tried (CRM_WRONG_PASSWORDS, CRM_LOCKED_MINUTES, CRM_SIGN_INS_PER_MINUTE).</summary>
    public Access.SignInLimits SignIn { get; init; } = new();

    /// <summary>What becomes of IP addresses before anything is stored (CRM_IP: truncate, keep or drop).</summary>
    public IpAddresses IpAddresses { get; init; } = IpAddresses.Truncate;

    /// <exception cref="StartRefusedException">A setting is missing or cannot be read; the message says which.</exception>
    public static ApiOptions From(IConfiguration settings) => new()
    {
        Postgres = Text(settings, "CRM_POSTGRES")
            ?? throw new StartRefusedException("CRM_POSTGRES is not set. It is the connection string of the database."),
        Cluster = Text(settings, "CRM_CLUSTER") ?? "crm",
        OpenRegistration = Text(settings, "CRM_OPEN_REGISTRATION") == "true",
        SignIn = SignInLimits(settings),
        Listen = Address(Text(settings, "CRM_LISTEN") ?? "127.0.0.1"),
        Port = Number(settings, "CRM_PORT", 1, 65_535) ?? 8080,
        PageToken = Text(settings, "CRM_PAGE_TOKEN"),
        ShopKey = Text(settings, "CRM_SHOP_KEY"),
        FreeDiskPath = Text(settings, "CRM_FREE_DISK_PATH"),
        Partitions = Number(settings, "CRM_PARTITIONS", 1, 1_024),
        DefaultWriteKey = Text(settings, "CRM_DEFAULT_WRITE_KEY"),
        PublicUrl = Address(settings, "CRM_PUBLIC_URL"),
        AnalyticsJs = Folder(settings, "CRM_ANALYTICS_JS"),
        CustomerEventsPerMinute = Number(settings, "CRM_CUSTOMER_EVENTS_PER_MINUTE", 0, 1_000_000_000) ?? 1_200,
        AttachmentBytes = Bytes(settings, "CRM_ATTACHMENT_BYTES") ?? UsualAttachmentBytes,
        IpAddresses = Ips(Text(settings, "CRM_IP") ?? "truncate"),
    };

    /// <summary>Asks what can be asked before anything is started.</summary>
    /// <exception cref="StartRefusedException">It cannot listen there, or the connection string cannot be read.</exception>
    public ApiOptions Checked()
    {
        var problem = Database.Problem(Postgres) ?? ListenCheck.Problem(Listen, Port, "CRM_PORT", "CRM_LISTEN");
        return problem is null ? this : throw new StartRefusedException(problem);
    }

    private static string? Text(IConfiguration settings, string name) =>
        string.IsNullOrWhiteSpace(settings[name]) ? null : settings[name];

    private static Access.SignInLimits SignInLimits(IConfiguration settings)
    {
        var usual = new Access.SignInLimits();
        return new Access.SignInLimits
        {
            WrongTries = Number(settings, "CRM_WRONG_PASSWORDS", 3, 100) ?? usual.WrongTries,
            LockedFor = Number(settings, "CRM_LOCKED_MINUTES", 1, 1_440) is { } minutes ? TimeSpan.FromMinutes(minutes) : usual.LockedFor,
            TriesPerMinute = Number(settings, "CRM_SIGN_INS_PER_MINUTE", 1, 100_000) ?? usual.TriesPerMinute,
        };
    }

    private static IpAddresses Ips(string text) => text switch
    {
        "truncate" => IpAddresses.Truncate,
        "keep" => IpAddresses.Keep,
        "drop" => IpAddresses.Drop,
        _ => throw new StartRefusedException($"CRM_IP is \"{text}\". It must be truncate, keep or drop."),
    };

    private static IPAddress Address(string text) => text switch
    {
        "localhost" => IPAddress.Loopback,
        "*" or "+" => IPAddress.Any,
        _ when IPAddress.TryParse(text, out var address) => address,
        _ => throw new StartRefusedException($"CRM_LISTEN is \"{text}\". It must be an IP address, such as 127.0.0.1 or 0.0.0.0."),
    };

    private static Uri? Address(IConfiguration settings, string name) =>
        Text(settings, name) is not { } text ? null
        : Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" ? url
        : throw new StartRefusedException($"{name} is \"{text}\". It must be an address such as https://crm.example.");

    private static string? Folder(IConfiguration settings, string name) =>
        Text(settings, name) is not { } folder || Directory.Exists(folder) ? Text(settings, name)
            : throw new StartRefusedException($"{name} is \"{folder}\". There is no such folder.");

    private static int? Number(IConfiguration settings, string name, int min, int max)
    {
        if (Text(settings, name) is not { } text) return null;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : throw new StartRefusedException($"{name} is \"{text}\". It must be a whole number from {min} to {max}.");
    }

    private static long? Bytes(IConfiguration settings, string name)
    {
        if (Text(settings, name) is not { } text) return null;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new StartRefusedException($"{name} is \"{text}\". It must be a number of bytes.");
    }
}
