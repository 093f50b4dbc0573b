using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Crm.Backup;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Privacy;

/// <summary>Who was erased, by keyed hashes of their ids: nobody can be read out of it.</summary>
/// <param name="Signature">With the installation's secret: it fits a restored database of the same installation alone.</param>
internal sealed record ErasureList(string Product, DateTimeOffset WrittenAt, IReadOnlyList<ErasedKey> Ids, string Signature);

internal sealed record ErasedKey(string Key, long Hint, int Partition, DateTimeOffset ErasedAt, bool Suppressed);

/// <summary>Takes the list of erased people out, so that a database that is restored from an older backup erases them again.</summary>
public static class ErasureLists
{
    // Erasures that were asked for and have not begun are told as the others: by hashes.
    private const string DoneSql = "SELECT key, hint, partition, erased_at, suppressed FROM erased_id";
    private const string AskedSql = "SELECT subject, asked_at, suppress FROM erasure WHERE step = 1 AND subject IS NOT NULL";

    private const string KnownSql = """
        SELECT c.id, coalesce(c.moved_to, c.id) FROM customer c
        """;

    // Who has no row yet may have events in the log that are not applied: the tombstone stands above them.
    private const string TombstoneSql = """
        INSERT INTO erased_id AS t (key, hint, version, partition, floor, erased_at, suppressed, changed)
        SELECT i.key, i.hint, 1, i.partition,
          coalesce((SELECT b.first_seq + b.count - 1 FROM event_block b WHERE b.partition = i.partition ORDER BY b.first_seq DESC LIMIT 1), 0),
          i.at, i.suppressed, nextval('erased_id_changed')
        FROM unnest($1, $2, $3, $4, $5) AS i (key, hint, partition, at, suppressed)
        ON CONFLICT (key) DO UPDATE SET version = t.version + 1, floor = greatest(t.floor, excluded.floor),
          erased_at = greatest(t.erased_at, excluded.erased_at), suppressed = excluded.suppressed, changed = excluded.changed
        WHERE t.erased_at < excluded.erased_at
        """;

    /// <summary>Writes the list; answers how many ids it holds.</summary>
    public static async Task<int> Write(NpgsqlDataSource database, string path, TimeProvider clock, CancellationToken stop = default)
    {
        await using var connection = await database.OpenConnectionAsync(stop);
        var keys = await InstallationSecret.Of(connection, stop);
        var ids = new List<ErasedKey>();
        await using (var command = new NpgsqlCommand(DoneSql, connection))
        await using (var rows = await command.ExecuteReaderAsync(stop))
            while (await rows.ReadAsync(stop))
                ids.Add(new ErasedKey(Convert.ToHexStringLower(rows.GetFieldValue<byte[]>(0)), rows.GetInt64(1), rows.GetInt16(2), rows.GetFieldValue<DateTimeOffset>(3), rows.GetBoolean(4)));
        var partitions = await Partitions(connection, stop);
        await using (var command = new NpgsqlCommand(AskedSql, connection))
        await using (var rows = await command.ExecuteReaderAsync(stop))
            while (await rows.ReadAsync(stop))
                ids.Add(new ErasedKey(
                    Convert.ToHexStringLower(keys.Id(rows.GetString(0))), keys.Hint(rows.GetString(0)), Clickstream.Partitioning.Of(rows.GetString(0), partitions),
                    rows.GetFieldValue<DateTimeOffset>(1), rows.GetBoolean(2)));
        var list = new ErasureList(Backups.Product, clock.GetUtcNow(), ids, "");
        list = list with { Signature = Sign(list, keys) };
        await File.WriteAllBytesAsync(path + ".part", JsonSerializer.SerializeToUtf8Bytes(list, BackupFile.Json), stop);
        File.Move(path + ".part", path, overwrite: true);
        return ids.Count;
    }

    /// <exception cref="BackupException">It is no such list.</exception>
    internal static async Task<ErasureList> Read(string path, CancellationToken stop)
    {
        try
        {
            var list = JsonSerializer.Deserialize<ErasureList>(await File.ReadAllBytesAsync(path, stop), BackupFile.Json);
            return list is { Product: Backups.Product, Ids: not null, Signature: not null } ? list : throw new BackupException($"{path} is no list of erasures.");
        }
        catch (JsonException)
        {
            throw new BackupException($"{path} is no list of erasures, or was cut off.");
        }
    }

    /// <summary>
    /// Asks for the erasure of everybody who is in the list and in the database: silos carry it out as the first thing that they do. For the other ids a
    /// tombstone is put where there is none as young.
    /// </summary>
    /// <exception cref="BackupException">The list is of another installation, or was altered.</exception>
    internal static async Task Apply(NpgsqlConnection connection, ErasureList list, DateTimeOffset now, CancellationToken stop)
    {
        var keys = await InstallationSecret.Of(connection, stop);
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Sign(list, keys)), Encoding.UTF8.GetBytes(list.Signature)))
            throw new BackupException("The list of erasures was altered, or is of another installation than the backup. Nothing was restored; drop the database before the next attempt.");
        var known = await Known(connection, stop);
        var erased = list.Ids.GroupBy(i => i.Key).ToDictionary(g => g.Key, g => g.MaxBy(i => i.ErasedAt)!);
        foreach (var (key, at) in known)
            if (erased.TryGetValue(key, out var same) && same.ErasedAt <= at) erased.Remove(key);
        var people = new Dictionary<string, ErasedKey>(StringComparer.Ordinal);
        await using (var command = new NpgsqlCommand(KnownSql, connection))
        await using (var rows = await command.ExecuteReaderAsync(stop))
            while (await rows.ReadAsync(stop))
                if (erased.Remove(Convert.ToHexStringLower(keys.Id(rows.GetString(0))), out var key)) people[rows.GetString(1)] = key;
        await Ask(connection, people, now, stop);
        await using var tombstones = new NpgsqlCommand(TombstoneSql, connection)
            .WithArray(NpgsqlDbType.Bytea, erased.Values.Select(e => Convert.FromHexString(e.Key))).WithArray(NpgsqlDbType.Bigint, erased.Values.Select(e => e.Hint))
            .WithArray(NpgsqlDbType.Smallint, erased.Values.Select(e => (short)e.Partition))
            .WithArray(NpgsqlDbType.TimestampTz, erased.Values.Select(e => e.ErasedAt.UtcDateTime)).WithArray(NpgsqlDbType.Boolean, erased.Values.Select(e => e.Suppressed));
        await tombstones.ExecuteNonQueryAsync(stop);
    }

    private static async Task Ask(NpgsqlConnection connection, Dictionary<string, ErasedKey> people, DateTimeOffset now, CancellationToken stop)
    {
        await using var ask = new NpgsqlCommand("""
            INSERT INTO erasure (id, reason, suppress, asked_at, subject)
            SELECT p.id, 'Erased before, after the backup that was restored.', p.suppress, $4, p.subject FROM unnest($1, $2, $3) AS p (id, suppress, subject)
            """, connection)
            .WithArray(NpgsqlDbType.Uuid, people.Select(_ => Guid.CreateVersion7(now))).WithArray(NpgsqlDbType.Boolean, people.Select(p => p.Value.Suppressed))
            .WithArray(NpgsqlDbType.Text, people.Select(p => p.Key)).With(NpgsqlDbType.TimestampTz, now.UtcDateTime);
        await ask.ExecuteNonQueryAsync(stop);
    }

    private static async Task<Dictionary<string, DateTimeOffset>> Known(NpgsqlConnection connection, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand("SELECT key, erased_at FROM erased_id", connection);
        var known = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop)) known[Convert.ToHexStringLower(rows.GetFieldValue<byte[]>(0))] = rows.GetFieldValue<DateTimeOffset>(1);
        return known;
    }

    private static async Task<int> Partitions(NpgsqlConnection connection, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand("SELECT partitions FROM event_log", connection);
        return await command.ExecuteScalarAsync(stop) is short partitions ? partitions : 1;
    }

    private static string Sign(ErasureList list, InstallationSecret.Keys keys) =>
        Convert.ToHexStringLower(keys.Sign([.. "crm erasures 1"u8, .. JsonSerializer.SerializeToUtf8Bytes(list with { Signature = "" }, BackupFile.Json)]));
}
