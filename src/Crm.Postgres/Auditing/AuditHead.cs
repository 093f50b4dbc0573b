using System.Security.Cryptography;
using Crm.Privacy;
using Npgsql;

namespace Crm.Auditing;

/// <summary>Where the chain ends: how many lines it has, and the last one's link.</summary>
internal sealed record AuditHead(long Seq, byte[] Hash, byte[] Signature)
{
    public bool IsSigned(InstallationSecret.Keys secret) =>
        CryptographicOperations.FixedTimeEquals(Signature, AuditLine.SignHead(Seq, Hash, secret));

    /// <summary>Null before the first line is chained.</summary>
    public static async Task<AuditHead?> Read(NpgsqlConnection connection, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand("SELECT seq, hash, signature FROM audit_head", connection);
        await using var row = await command.ExecuteReaderAsync(stop);
        return await row.ReadAsync(stop) ? new AuditHead(row.GetInt64(0), row.GetFieldValue<byte[]>(1), row.GetFieldValue<byte[]>(2)) : null;
    }
}
