using System.Net;

namespace Crm.Running;

/// <summary>What <c>crm run</c> was asked for.</summary>
internal sealed record RunOptions
{
    /// <summary>The data folder, real path.</summary>
    public required string DataFolder { get; init; }

    /// <summary>The address the API listens on. Default 127.0.0.1: nobody else's machine reaches it.</summary>
    public IPAddress Listen { get; init; } = IPAddress.Loopback;

    /// <summary>The port the API listens on. Default 8080.</summary>
    public int Port { get; init; } = 8080;

    /// <summary>How many silo processes. Default 1.</summary>
    public int Silos { get; init; } = 1;

    /// <summary>Whether the demo shop's visitors come. Default true.</summary>
    public bool Demo { get; init; } = true;

    /// <summary>Whether to delete all data first. Default false.</summary>
    public bool Fresh { get; init; }

    /// <summary>The connection string of a server that is not ours to start; null for the embedded one.</summary>
    public string? ExternalPostgres { get; init; }

    /// <summary>Where the API listens.</summary>
    public Uri ListenUrl => Url(Listen);

    /// <summary>Where this machine reaches the API; it differs when the API listens on every address.</summary>
    public Uri LocalUrl => Url(
        Listen.Equals(IPAddress.Any) ? IPAddress.Loopback : Listen.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : Listen);

    private Uri Url(IPAddress address) => new($"http://{new IPEndPoint(address, Port)}");
}
