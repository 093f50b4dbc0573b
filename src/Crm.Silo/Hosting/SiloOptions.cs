using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Crm.Hosting;

/// <summary>How this process runs, from the environment.</summary>
internal sealed class SiloOptions
{
    /// <summary>Npgsql connection string (CRM_POSTGRES). Required.</summary>
    public required string Postgres { get; init; }

    /// <summary>Orleans cluster id (CRM_CLUSTER): silos and APIs of one cluster share it.</summary>
    public string Cluster { get; init; } = "crm";

    /// <summary>
    /// Address or name at which other silos and the APIs reach this one (CRM_HOST). A loopback address is also the only one
    /// that is listened on; with any other, all are.
    /// </summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>Port for other silos (CRM_SILO_PORT).</summary>
    public int SiloPort { get; init; } = 11_111;

    /// <summary>Port for the APIs (CRM_GATEWAY_PORT).</summary>
    public int GatewayPort { get; init; } = 30_000;

    /// <summary>Port for health and metrics (CRM_HTTP_PORT).</summary>
    public int HttpPort { get; init; } = 8_090;

    /// <summary>Name of this silo (CRM_NAME), for logs and metrics.</summary>
    public string Name { get; init; } = "silo-1";

    /// <summary>Partitions of a log that is born now (CRM_PARTITIONS); null: the default.</summary>
    public int? Partitions { get; init; }

    /// <summary>Reads the settings.</summary>
    /// <exception cref="StartRefusedException">One is missing or cannot be read; the message says which.</exception>
    public static SiloOptions From(IConfiguration settings) => new()
    {
        Postgres = Text(settings, "CRM_POSTGRES")
            ?? throw new StartRefusedException("CRM_POSTGRES is not set. It is the connection string of the database."),
        Cluster = Text(settings, "CRM_CLUSTER") ?? "crm",
        Host = Text(settings, "CRM_HOST") ?? "127.0.0.1",
        SiloPort = Number(settings, "CRM_SILO_PORT", 1, 65_535) ?? 11_111,
        GatewayPort = Number(settings, "CRM_GATEWAY_PORT", 1, 65_535) ?? 30_000,
        HttpPort = Number(settings, "CRM_HTTP_PORT", 1, 65_535) ?? 8_090,
        Name = Text(settings, "CRM_NAME") ?? "silo-1",
        Partitions = Number(settings, "CRM_PARTITIONS", 1, 1_024),
    };

    /// <summary>Asks what can be asked before anything is started.</summary>
    /// <exception cref="StartRefusedException">It cannot listen there, or the connection string cannot be read.</exception>
    public SiloOptions Checked()
    {
        var address = IPAddress.IsLoopback(Address()) ? Address() : IPAddress.Any;
        var problem = Database.Problem(Postgres)
            ?? ListenCheck.Problem(address, HttpPort, "CRM_HTTP_PORT", "CRM_HOST")
            ?? ListenCheck.Problem(address, SiloPort, "CRM_SILO_PORT", "CRM_HOST")
            ?? ListenCheck.Problem(address, GatewayPort, "CRM_GATEWAY_PORT", "CRM_HOST");
        return problem is null ? this : throw new StartRefusedException(problem);
    }

    /// <summary>The address behind <see cref="Host"/>.</summary>
    /// <exception cref="StartRefusedException">There is none.</exception>
    public IPAddress Address() => IPAddress.TryParse(Host, out var address) ? address : Resolved();

    private IPAddress Resolved()
    {
        try
        {
            if (Dns.GetHostAddresses(Host) is [var first, ..]) return first;
        }
        catch (SocketException)
        {
            // The name is unknown: said below.
        }

        throw new StartRefusedException($"CRM_HOST is \"{Host}\". No address was found for it.");
    }

    private static string? Text(IConfiguration settings, string name) =>
        string.IsNullOrWhiteSpace(settings[name]) ? null : settings[name];

    private static int? Number(IConfiguration settings, string name, int min, int max)
    {
        if (Text(settings, name) is not { } text) return null;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : throw new StartRefusedException($"{name} is \"{text}\". It must be a whole number from {min} to {max}.");
    }
}
