using System.Runtime.CompilerServices;
using Crm.Clickstream;
using NpgsqlTypes;

namespace Crm.Privacy;

/// <summary>Reads what is held of a person beside profile and history. The rows of the result are streamed, not gathered.</summary>
internal sealed class PersonalRecords(DataSources sources) : IPersonalRecords
{
    private const string ReadSql = """
        SELECT 'dead_letter', at, detail, packed FROM dead_letter WHERE lane = ANY ($1) AND packed IS NOT NULL
        UNION ALL SELECT 'parked_event', NULL, NULL, packed FROM parked_event WHERE lane = ANY ($1)
        UNION ALL SELECT 'order_due', NULL, NULL, packed FROM order_due WHERE lane = ANY ($1)
        UNION ALL SELECT 'customer_record', updated_at, NULL, convert_to(state::text, 'UTF8') FROM customer_record WHERE id = ANY ($1) AND row_version > 0
        UNION ALL SELECT 'dead_letter_inbound', received_at, reason, sample FROM dead_letter_inbound
        """;

    public async IAsyncEnumerable<PersonalRecord> Read(
        IReadOnlyList<string> lanes, IReadOnlyList<string> mentions, [EnumeratorCancellation] CancellationToken stop = default)
    {
        var named = new Mentions(mentions);
        await using var command = sources.Erasing.CreateCommand(ReadSql).WithArray(NpgsqlDbType.Text, lanes.Select(Sql.Text));
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop))
        {
            var table = rows.GetString(0);
            ReadOnlyMemory<byte> content = rows.GetFieldValue<byte[]>(3);
            if (table == "dead_letter_inbound" && !named.In(content.Span)) continue;
            if (table is "dead_letter" or "parked_event" or "order_due") content = PackedEvent.Read(content).Body;
            yield return new PersonalRecord(
                table, rows.IsDBNull(1) ? null : rows.GetFieldValue<DateTimeOffset>(1), rows.IsDBNull(2) ? null : rows.GetString(2), content);
        }
    }
}
