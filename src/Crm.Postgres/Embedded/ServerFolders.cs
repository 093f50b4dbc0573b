using System.Security.Cryptography;
using System.Text;

namespace Crm.Embedded;

/// <summary>
/// Where the server's parts lie. Normally all inside the data folder; two things can be in the way of that,
/// a path too long for a socket, and a data folder (under <c>/root</c>, say) that the server's account cannot reach.
/// </summary>
internal sealed record ServerFolders
{
    // sockaddr_un holds 107 bytes; the socket's own name takes 14 and its lock file 5 more.
    private const int LongestSocketFolder = 107 - 19;

    private const string OutsideRoot = "/var/lib/crm-orleans";

    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    // Others may pass through, to what is theirs inside, but not look around.
    private const UnixFileMode Passable = Private | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly string _data;

    public ServerFolders(string data) => _data = RealPath.Of(data);

    /// <summary>The cluster; may be a link to <c>/var/lib/crm-orleans</c>.</summary>
    public string Cluster => Path.Combine(_data, "postgres");

    /// <summary>Process ids, locks and sockets.</summary>
    public string Run => Path.Combine(_data, "run");

    /// <summary>The server's log.</summary>
    public string Log => Path.Combine(_data, "logs", "postgres.log");

    /// <summary>The cluster's true place, links followed, as the kernel names it; equal to <see cref="Cluster"/> when it is no link.</summary>
    public string ClusterTarget => RealPath.Of(Cluster);

    /// <summary>True when a cluster has been made here.</summary>
    public bool HasCluster => File.Exists(Path.Combine(Cluster, "PG_VERSION"));

    /// <summary>The folder outside of the data folder that holds the cluster; null when it lies inside.</summary>
    public string? Outside => IsOutside ? Path.GetDirectoryName(ClusterTarget) : null;

    /// <summary>The folder of the socket when the data folder cannot hold it.</summary>
    public string OutsideSocketFolder =>
        $"/tmp/crm-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(_data)))[..16]}";

    private bool IsOutside => new DirectoryInfo(Cluster).LinkTarget is not null;

    /// <summary>Makes the folders around the cluster with the narrowest rights that work for the account.</summary>
    public void Create(ServerAccount account)
    {
        var mode = account.Name is null ? Private : Passable;
        if (!Directory.Exists(_data))
        {
            Directory.CreateDirectory(_data, mode);
        }

        Directory.CreateDirectory(Run, mode);
        File.SetUnixFileMode(Run, mode);
        Directory.CreateDirectory(Path.Combine(_data, "logs"), Private);
    }

    /// <summary>A new folder for a cluster that the account can reach; linked from the data folder if it must lie outside.</summary>
    /// <returns>The folder to fill, and where to move it when it is complete.</returns>
    public async Task<(string Fill, string Final)> PlaceCluster(ServerAccount account, CancellationToken cancellationToken)
    {
        if (await account.CanReach(Run, cancellationToken))
        {
            return (Path.Combine(_data, "postgres.new"), Cluster);
        }

        var outside = Path.Combine(OutsideRoot, $"{Path.GetFileName(_data)}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}");
        Directory.CreateDirectory(OutsideRoot, Passable);
        Directory.CreateDirectory(outside, Passable);
        return (Path.Combine(outside, "postgres.new"), Path.Combine(outside, "postgres"));
    }

    /// <summary>The folder of the socket, made and private to the account.</summary>
    /// <exception cref="EmbeddedServerException">Somebody else holds the folder's name.</exception>
    public async Task<string> CreateSocketFolder(ServerAccount account, CancellationToken cancellationToken)
    {
        var inside = Path.Combine(Run, "pg");
        if (Encoding.UTF8.GetByteCount(inside) <= LongestSocketFolder && !IsOutside)
        {
            await account.Own(inside, cancellationToken);
            return inside;
        }

        var outside = OutsideSocketFolder;
        if (!Directory.Exists(outside))
        {
            await account.Own(outside, cancellationToken);
        }

        // Anybody may make names in /tmp: a folder that somebody else made would let them listen in our place.
        return await account.IsPrivatelyOwned(outside, cancellationToken)
            ? outside
            : throw new EmbeddedServerException($"{outside} belongs to somebody else, and PostgreSQL's socket must go there. Remove it, or choose a shorter data folder.");
    }
}
