using System.Globalization;
using System.Net;
using Crm.Embedded;
using Npgsql;

namespace Crm.Bench;

/// <summary>The running product that is hurt: where it answers, its keys, its database and its processes.</summary>
internal sealed record KillSubject(IPEndPoint Api, string DataFolder, string WriteKey, string ServerKey, NpgsqlDataSource Database)
{
    /// <summary>The living process that a pid file names, or null.</summary>
    public UnixProcess? Find(string name)
    {
        var file = Path.Combine(DataFolder, "run", name + ".pid");
        return File.Exists(file) && int.TryParse(File.ReadAllText(file).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? UnixProcess.Find(id)
            : null;
    }
}
