using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Privacy;

/// <summary>A job's row, with what only the work on tables needs.</summary>
/// <param name="Keys">Of the tombstones.</param>
/// <param name="Mentions">Texts by which refused input names the person.</param>
/// <param name="ScanPartition">The partition whose blocks are being looked through; -1 before the first.</param>
/// <param name="ScanSeq">First number of the last block that was looked through there.</param>
internal sealed record ErasureRow(Erasure Erasure, IReadOnlyList<byte[]> Keys, IReadOnlyList<string> Mentions, int ScanPartition, long ScanSeq)
{
    private const string Columns =
        "id, step, subject, ids, reason, suppress, asked_at, erased_at, finished_at, counts::text, keys, mentions, scan_partition, scan_seq";

    /// <summary>The row; null when there is none.</summary>
    public static async Task<ErasureRow?> Find(NpgsqlDataSource database, Guid id, CancellationToken stop)
    {
        await using var command = database.CreateCommand($"SELECT {Columns} FROM erasure WHERE id = $1").With(NpgsqlDbType.Uuid, id);
        await using var row = await command.ExecuteReaderAsync(stop);
        return await row.ReadAsync(stop) ? Read(row) : null;
    }

    /// <summary>Adds to a count, in the transaction of the connection that erased.</summary>
    public static async Task Count(NpgsqlConnection connection, Guid id, string table, long erased, CancellationToken stop)
    {
        if (erased == 0) return;
        await using var command = new NpgsqlCommand(
            "UPDATE erasure SET counts = counts || jsonb_build_object($2, coalesce((counts ->> $2)::bigint, 0) + $3) WHERE id = $1", connection)
            .With(NpgsqlDbType.Uuid, id).With(NpgsqlDbType.Text, table).With(NpgsqlDbType.Bigint, erased);
        await command.ExecuteNonQueryAsync(stop);
    }

    private static ErasureRow Read(NpgsqlDataReader row) => new(
        new Erasure
        {
            Id = row.GetGuid(0),
            Step = (ErasureStep)row.GetInt16(1),
            Subject = row.IsDBNull(2) ? null : row.GetString(2),
            Ids = row.GetFieldValue<string[]>(3),
            Reason = row.GetString(4),
            Suppress = row.GetBoolean(5),
            AskedAt = row.GetFieldValue<DateTimeOffset>(6),
            ErasedAt = row.IsDBNull(7) ? null : row.GetFieldValue<DateTimeOffset>(7),
            FinishedAt = row.IsDBNull(8) ? null : row.GetFieldValue<DateTimeOffset>(8),
            Counts = JsonSerializer.Deserialize<SortedDictionary<string, long>>(row.GetString(9))!,
        },
        row.GetFieldValue<byte[][]>(10),
        row.GetFieldValue<string[]>(11),
        row.GetInt16(12),
        row.GetInt64(13));
}
