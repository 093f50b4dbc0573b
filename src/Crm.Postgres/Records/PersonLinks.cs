using Npgsql;
using NpgsqlTypes;

namespace Crm.Records;

/// <summary>Records that name people, in PostgreSQL.</summary>
internal sealed class PersonLinks(DataSources sources) : IPersonLinks
{
    private static readonly string s_sql = string.Join(" UNION ALL ", (string[])
    [
        "(SELECT 'deal', id FROM deal WHERE customers && $1 LIMIT $2)",
        "(SELECT 'lead', id FROM lead WHERE customer = ANY ($1) LIMIT $2)",
        .. Named("activity", "activity"),
        .. Named("task", "task"),
        .. Named("order", "sales_order"),
    ]);

    public async Task<IReadOnlyList<(string Kind, string Id)>> Of(IReadOnlyList<string> customers, int max, CancellationToken stop = default)
    {
        await using var command = sources.Erasing.CreateCommand(s_sql).WithArray(NpgsqlDbType.Text, customers).With(NpgsqlDbType.Integer, max);
        await using var rows = await command.ExecuteReaderAsync(stop);
        var found = new List<(string, string)>();
        while (await rows.ReadAsync(stop)) found.Add((rows.GetString(0), rows.GetString(1)));
        return found;
    }

    // Two halves, as the indexes have them.
    private static string[] Named(string kind, string table) =>
    [
        $"(SELECT '{kind}', id FROM {table} WHERE customer = ANY ($1) AND deleted_at IS NULL LIMIT $2)",
        $"(SELECT '{kind}', id FROM {table} WHERE customer = ANY ($1) AND deleted_at IS NOT NULL LIMIT $2)",
    ];
}
