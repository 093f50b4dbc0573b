using System.Runtime.InteropServices;
using Crm.Clickstream;
using Crm.Customers;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Delivery;

/// <summary>What is stored, read from the tables themselves and not by the stores.</summary>
internal sealed partial class PostgresStorage
{
    public IReadOnlyList<LogBlock> Blocks(int partition, long after)
    {
        using var command = _database
            .CreateCommand("SELECT first_seq, count, payload FROM event_block WHERE partition = $1 AND first_seq + count - 1 > $2 ORDER BY first_seq")
            .With(NpgsqlDbType.Smallint, (short)partition).With(NpgsqlDbType.Bigint, after);
        return All(command, r => new LogBlock(partition, r.GetInt64(0), r.GetInt32(1), r.GetFieldValue<byte[]>(2)));
    }

    public (long Checkpoint, long History) Progress(int partition)
    {
        using var command = _database.CreateCommand("SELECT checkpoint, history FROM partition_state WHERE partition = $1")
            .With(NpgsqlDbType.Smallint, (short)partition);
        return All(command, r => (r.GetInt64(0), r.GetInt64(1))).SingleOrDefault();
    }

    public IReadOnlyList<CustomerRow> Rows() => All(
        "SELECT id, row_version, state, moved_to FROM customer ORDER BY id",
        r => new CustomerRow(r.GetString(0), r.GetInt64(1), r.GetFieldValue<byte[]>(2), r.IsDBNull(3) ? null : r.GetString(3)));

    public IReadOnlyList<MergeEntry> Merges() => All(
        "SELECT source, into_id, reason, at FROM merge_ledger",
        r => new MergeEntry(r.GetString(0), r.GetString(1), r.GetString(2), r.GetFieldValue<DateTimeOffset>(3)));

    public IReadOnlyList<StoredReject> Rejects() => All(
        "SELECT partition, seq, reason, d.packed IS NOT NULL FROM rejected LEFT JOIN dead_letter d USING (partition, seq, reason)",
        r => new StoredReject(r.GetInt16(0), r.GetInt64(1), (RejectReason)r.GetInt16(2), r.GetBoolean(3)));

    public IReadOnlyList<MessagePage> Pages() => All(
        "SELECT owner, page, newest_ms, hashes FROM message_page",
        r => new MessagePage(r.GetString(0), r.GetInt32(1), r.GetInt64(2), MemoryMarshal.Cast<byte, ulong>(r.GetFieldValue<byte[]>(3)).ToArray()));

    public IReadOnlyList<PartitionSeq> History() => All("SELECT partition, seq FROM history", r => new PartitionSeq(r.GetInt16(0), r.GetInt64(1)));

    public (int Due, int Parked) Waiting(DateTimeOffset now)
    {
        using var command = _database.CreateCommand("SELECT (SELECT count(*) FROM customer WHERE due_at <= $1)::int, (SELECT count(*) FROM parked_event)::int")
            .With(NpgsqlDbType.TimestampTz, now.UtcDateTime);
        return All(command, r => (r.GetInt32(0), r.GetInt32(1))).Single();
    }

    public IReadOnlyList<StoredMove> Moves() =>
        All("SELECT customer, segment, entered FROM segment_change ORDER BY id", r => new StoredMove(r.GetString(0), r.GetString(1), r.GetBoolean(2)));

    public IReadOnlySet<(string Customer, string Segment)> Members() =>
        All("SELECT customer, segment FROM segment_member", r => (r.GetString(0), r.GetString(1))).ToHashSet();

    public IReadOnlyDictionary<string, long> MemberCounts() =>
        All("SELECT segment, sum(members)::bigint FROM segment_count GROUP BY segment HAVING sum(members) <> 0", r => (r.GetString(0), r.GetInt64(1)))
            .ToDictionary(c => c.Item1, c => c.Item2);

    public void WriteCard(string customer, string card)
    {
        using var command = _database.CreateCommand("UPDATE customer_record SET state = $2, row_version = row_version + 1 WHERE id = $1")
            .With(NpgsqlDbType.Text, customer).With(NpgsqlDbType.Jsonb, card);
        command.ExecuteNonQuery();
    }

    public void StoreRejects(IReadOnlyList<Reject> rejects)
    {
        foreach (var reject in rejects)
        {
            using var command = _database
                .CreateCommand("INSERT INTO rejected (partition, seq, lane, reason) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING")
                .With(NpgsqlDbType.Smallint, (short)reject.Partition).With(NpgsqlDbType.Bigint, reject.Seq)
                .With(NpgsqlDbType.Text, reject.Lane).With(NpgsqlDbType.Smallint, (short)reject.Reason);
            command.ExecuteNonQuery();
        }
    }

    public void StorePages(IReadOnlyList<MessagePage> pages)
    {
        foreach (var page in pages)
        {
            using var command = _database
                .CreateCommand("INSERT INTO message_page (owner, page, newest_ms, hashes) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING")
                .With(NpgsqlDbType.Text, page.Owner).With(NpgsqlDbType.Integer, page.Number).With(NpgsqlDbType.Bigint, page.NewestMs)
                .With(NpgsqlDbType.Bytea, MemoryMarshal.AsBytes<ulong>(page.Hashes).ToArray());
            command.ExecuteNonQuery();
        }
    }

    public IReadOnlyList<MergeBar> AllBars() =>
        All("SELECT one, other, at FROM merge_bar", r => new MergeBar(r.GetString(0), r.GetString(1), r.GetFieldValue<DateTimeOffset>(2)));

    public MergeEntry Grant(string source, string into, string reason, string? askedBy = null)
    {
        using var command = _database
            .CreateCommand("INSERT INTO merge_ledger (source, into_id, reason) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
            .With(NpgsqlDbType.Text, source).With(NpgsqlDbType.Text, into).With(NpgsqlDbType.Text, reason);
        command.ExecuteNonQuery();
        return Merges().Single(m => m.Source == source);
    }

    private List<T> All<T>(string sql, Func<NpgsqlDataReader, T> read)
    {
        using var command = _database.CreateCommand(sql);
        return All(command, read);
    }

    private static List<T> All<T>(NpgsqlCommand command, Func<NpgsqlDataReader, T> read)
    {
        var all = new List<T>();
        using var rows = command.ExecuteReader();
        while (rows.Read()) all.Add(read(rows));
        return all;
    }
}
