using System.Buffers.Binary;
using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Crm.Privacy;

/// <summary>
/// The installation's secret, with which ids become hashes that nobody can guess back, and receipts are signed. It is kept in the
/// database, with the hashes: apart, each would be worthless. Read once.
/// </summary>
internal sealed class InstallationSecret(DataSources sources)
{
    private volatile Keys? _keys;

    /// <summary>The keys that are derived from it.</summary>
    public ValueTask<Keys> Load(CancellationToken stop = default) => _keys is { } known ? new(known) : Read(stop);

    private async ValueTask<Keys> Read(CancellationToken stop)
    {
        await using var connection = await sources.Reading.OpenConnectionAsync(stop);
        return _keys = await Of(connection, stop);
    }

    /// <summary>The keys of the database that the connection leads to.</summary>
    public static async Task<Keys> Of(NpgsqlConnection connection, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand("SELECT secret FROM installation_secret", connection);
        var secret = (byte[]?)await command.ExecuteScalarAsync(stop)
            ?? throw new InvalidOperationException("The table installation_secret is empty: erased people could not be told from others.");
        return new Keys(secret);
    }

    /// <summary>Hashes under keys of their own, each derived from the secret.</summary>
    internal sealed class Keys
    {
        private readonly byte[] _ids;
        private readonly byte[] _receipts;
        private readonly long _hints;

        public Keys(byte[] secret)
        {
            _ids = Derive(secret, "id");
            _receipts = Derive(secret, "receipt");
            _hints = BinaryPrimitives.ReadInt64LittleEndian(Derive(secret, "hint"));
        }

        /// <summary>Stands for an id: 32 bytes.</summary>
        public byte[] Id(string id) => HMACSHA256.HashData(_ids, Encoding.UTF8.GetBytes(Sql.Text(id)));

        /// <summary>A cheap hash of an id, to be sure of most that they are not meant.</summary>
        public long Hint(string id)
        {
            Span<byte> utf8 = stackalloc byte[1_024];
            return Encoding.UTF8.TryGetBytes(id, utf8, out var length)
                ? (long)XxHash64.HashToUInt64(utf8[..length], _hints)
                : (long)XxHash64.HashToUInt64(Encoding.UTF8.GetBytes(id), _hints);
        }

        /// <summary>Signs the bytes of a receipt.</summary>
        public byte[] Sign(ReadOnlySpan<byte> receipt) => HMACSHA256.HashData(_receipts, receipt);

        private static byte[] Derive(byte[] secret, string use) => HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes("crm " + use));
    }
}
