using Crm.Clickstream;
using Crm.Customers;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Privacy;

/// <summary>The statements by which customers become tombstones, and tombstones note what they skipped.</summary>
internal static class CustomerErasing
{
    // A tombstone is written as a row is: where the version still stands, and its rejects only with it.
    private const string SkipSql = """
        WITH raised AS (
          UPDATE erased_id SET floor = greatest(floor, $2), version = version + 1 WHERE key = $1 AND version = $3 RETURNING key
        ), skipped AS (
          INSERT INTO rejected (partition, seq, lane, reason)
          SELECT $4, s.seq, '', s.reason FROM unnest($5, $6) AS s (seq, reason) WHERE EXISTS (SELECT FROM raised) ON CONFLICT DO NOTHING
        )
        SELECT count(*) FROM raised
        """;

    public static async Task<bool> Close(
        NpgsqlConnection connection, CustomerErasure erasure, InstallationSecret.Keys keys, int partitions, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand("SELECT close_customer($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)", connection)
            .With(NpgsqlDbType.Uuid, erasure.Erasure)
            .With(NpgsqlDbType.Text, Sql.Text(erasure.Id))
            .With(NpgsqlDbType.Bigint, erasure.ExpectedVersion)
            .With(NpgsqlDbType.Bigint, erasure.ErasedVersion)
            .WithArray(NpgsqlDbType.Text, erasure.Lanes.Select(Sql.Text))
            .WithArray(NpgsqlDbType.Bytea, erasure.Lanes.Select(keys.Id))
            .WithArray(NpgsqlDbType.Bigint, erasure.Lanes.Select(keys.Hint))
            .WithArray(NpgsqlDbType.Smallint, erasure.Lanes.Select(lane => (short)Partitioning.Of(lane, partitions)))
            .WithArray(NpgsqlDbType.Text, erasure.Mentions.Select(Sql.Text))
            .With(NpgsqlDbType.TimestampTz, erasure.At.UtcDateTime);
        return (bool)(await command.ExecuteScalarAsync(stop))!;
    }

    public static async Task<bool> Skip(NpgsqlConnection connection, CustomerWrite write, InstallationSecret.Keys keys, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand(SkipSql, connection)
            .With(NpgsqlDbType.Bytea, keys.Id(write.Id))
            .With(NpgsqlDbType.Bigint, write.Floor!.Value)
            .With(NpgsqlDbType.Bigint, write.ErasedVersion)
            .With(NpgsqlDbType.Smallint, (short)write.Partition)
            .WithArray(NpgsqlDbType.Bigint, write.Rejects.Select(r => r.Seq))
            .WithArray(NpgsqlDbType.Smallint, write.Rejects.Select(r => (short)r.Reason));
        return (long)(await command.ExecuteScalarAsync(stop))! == 1;
    }
}
