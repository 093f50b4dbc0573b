using Crm.Clickstream;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Orders;

/// <inheritdoc cref="IOrderEvents"/>
internal sealed class OrderEvents(DataSources sources) : IOrderEvents
{
    public async Task<IReadOnlyList<OrderEvent>> Due((int Partition, long Seq) after, int max, CancellationToken stop = default)
    {
        await using var command = sources.Records
            .CreateCommand("SELECT partition, seq, lane, packed FROM order_due WHERE (partition, seq) > ($1, $2) ORDER BY partition, seq LIMIT $3")
            .With(NpgsqlDbType.Smallint, (short)after.Partition).With(NpgsqlDbType.Bigint, after.Seq).With(NpgsqlDbType.Integer, max);
        var due = new List<OrderEvent>();
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop))
            due.Add(new OrderEvent(rows.GetInt16(0), rows.GetInt64(1), PackedEvent.Read(rows.GetFieldValue<byte[]>(3), rows.GetString(2))));
        return due;
    }

    public async Task Settle(IReadOnlyCollection<OrderEvent> done, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(done);
        await using var command = sources.Records.CreateCommand("DELETE FROM order_due d USING unnest($1, $2) AS o (partition, seq) WHERE d.partition = o.partition AND d.seq = o.seq")
            .WithArray(NpgsqlDbType.Smallint, done.Select(o => (short)o.Partition)).WithArray(NpgsqlDbType.Bigint, done.Select(o => o.Seq));
        await command.ExecuteNonQueryAsync(stop);
    }

    /// <summary>Notes events of orders in the transaction that brings them into the history.</summary>
    internal static async Task Note(NpgsqlConnection connection, int partition, IReadOnlyList<(string Lane, LaneEvent Event)> events, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand("INSERT INTO order_due SELECT $1, seq, lane, packed FROM unnest($2, $3, $4) AS e (seq, lane, packed) ON CONFLICT DO NOTHING", connection)
            .With(NpgsqlDbType.Smallint, (short)partition).WithArray(NpgsqlDbType.Bigint, events.Select(e => e.Event.Seq))
            .WithArray(NpgsqlDbType.Text, events.Select(e => Sql.Text(e.Lane))).WithArray(NpgsqlDbType.Bytea, events.Select(e => e.Event.Packed.ToArray()));
        await command.ExecuteNonQueryAsync(stop);
    }
}
