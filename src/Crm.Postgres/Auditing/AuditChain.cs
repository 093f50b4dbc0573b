using Crm.Privacy;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Auditing;

/// <summary>Puts lines behind the chain's end, in one transaction with the new signed end.</summary>
internal sealed class AuditChain(DataSources sources, InstallationSecret secret, TimeProvider clock) : IAuditChain
{
    // By the number, among those that nobody can come before any more. One that was late all the same has its place behind those that were not.
    private const string NextSql = $"""
        SELECT {AuditLine.Columns} FROM audit
        WHERE chained IS NULL AND xid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY id LIMIT $1
        """;

    private const string ChainSql = """
        UPDATE audit a SET chain_seq = c.seq, changes_hash = c.changes_hash, chained = c.chained
        FROM unnest($1, $2, $3, $4) AS c (id, seq, changes_hash, chained) WHERE a.id = c.id
        """;

    private const string SignSql = """
        INSERT INTO audit_head (seq, hash, signature, at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (only_row) DO UPDATE SET seq = excluded.seq, hash = excluded.hash, signature = excluded.signature, at = excluded.at
        """;

    public async Task<int> Extend(int max, CancellationToken stop = default)
    {
        var keys = await secret.Load(stop);
        await using var connection = await sources.Records.OpenConnectionAsync(stop);
        await using var transaction = await connection.BeginTransactionAsync(stop);
        await using (var take = new NpgsqlCommand("SELECT pg_try_advisory_xact_lock(7105, 0)", connection))
            if (!(bool)(await take.ExecuteScalarAsync(stop))!) return 0;
        var (seq, hash) = await End(connection, keys, stop);
        var lines = await Next(connection, max, stop);
        if (lines.Count == 0) return 0;
        var (first, hashes, links) = (seq + 1, new List<byte[]>(), new List<byte[]>());
        foreach (var line in lines)
        {
            var changes = line.ChangesHash ?? line.HashOfChanges();
            hash = line.Link(hash, changes);
            seq++;
            hashes.Add(changes);
            links.Add(hash);
        }

        await using (var chain = new NpgsqlCommand(ChainSql, connection)
            .WithArray(NpgsqlDbType.Bigint, lines.Select(l => l.Id)).WithArray(NpgsqlDbType.Bigint, lines.Select((_, n) => first + n))
            .WithArray(NpgsqlDbType.Bytea, hashes).WithArray(NpgsqlDbType.Bytea, links))
            await chain.ExecuteNonQueryAsync(stop);
        await using (var sign = new NpgsqlCommand(SignSql, connection)
            .With(NpgsqlDbType.Bigint, seq).With(NpgsqlDbType.Bytea, hash).With(NpgsqlDbType.Bytea, AuditLine.SignHead(seq, hash, keys))
            .With(NpgsqlDbType.TimestampTz, clock.GetUtcNow().UtcDateTime))
            await sign.ExecuteNonQueryAsync(stop);
        await transaction.CommitAsync(stop);
        return lines.Count;
    }

    private static async Task<List<AuditLine>> Next(NpgsqlConnection connection, int max, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand(NextSql, connection).With(NpgsqlDbType.Integer, max);
        var lines = new List<AuditLine>();
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop)) lines.Add(AuditLine.Read(rows));
        return lines;
    }

    // From the signed end, never from the last line: what was cut off or built anew must not be signed.
    private static async Task<(long Seq, byte[] Hash)> End(NpgsqlConnection connection, InstallationSecret.Keys keys, CancellationToken stop)
    {
        if (await AuditHead.Read(connection, stop) is { } head)
            return head.IsSigned(keys) ? (head.Seq, head.Hash) : throw new InvalidOperationException(
                "The end of the audit's chain was altered: its signature is wrong. \"crm audit verify\" says more.");
        await using var any = new NpgsqlCommand("SELECT EXISTS (SELECT FROM audit WHERE chain_seq IS NOT NULL)", connection);
        return (bool)(await any.ExecuteScalarAsync(stop))!
            ? throw new InvalidOperationException("The end of the audit's chain is missing. \"crm audit verify\" says more.")
            : (0, AuditLine.Beginning);
    }
}
