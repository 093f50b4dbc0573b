using Npgsql;
using NpgsqlTypes;

namespace Crm.Records;

/// <summary>Records that name people, in PostgreSQL.</summary>
internal sealed class PersonLinks(DataSources sources) : IPersonLinks
{
    public async Task<IReadOnlyList<(string Kind, string Id)>> Of(IReadOnlyList<string> customers, int max, CancellationToken stop = default)
    {
        await using var command = sources.Erasing.CreateCommand("""
            (SELECT 'deal', id FROM deal WHERE customers && $1 LIMIT $2) UNION ALL (SELECT 'lead', id FROM lead WHERE customer = ANY($1) LIMIT $2)
            """).WithArray(NpgsqlDbType.Text, customers).With(NpgsqlDbType.Integer, max);
        await using var rows = await command.ExecuteReaderAsync(stop);
        var found = new List<(string, string)>();
        while (await rows.ReadAsync(stop)) found.Add((rows.GetString(0), rows.GetString(1)));
        return found;
    }
}
