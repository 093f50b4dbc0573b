using Npgsql;

namespace Crm.Infrastructure;

/// <summary>Looks for texts in every column of every table: as text, and as bytes in what is packed.</summary>
internal static class Traces
{
    /// <summary>Where any of the texts stands, as <c>table.column: text</c>.</summary>
    public static async Task<IReadOnlyList<string>> Of(NpgsqlDataSource database, params string[] texts)
    {
        var found = new List<string>();
        foreach (var (table, column, isBytes) in await Columns(database))
        {
            var match = isBytes ? $"position(convert_to(t, 'UTF8') in c.{column}) > 0" : $"position(t in c.{column}::text) > 0";
            await using var command = database.CreateCommand(
                $"select distinct t from {table} c cross join unnest($1) as t where {match}");
            command.Parameters.Add(new NpgsqlParameter { Value = texts });
            await using var rows = await command.ExecuteReaderAsync();
            while (await rows.ReadAsync()) found.Add($"{table}.{column}: {rows.GetString(0)}");
        }

        return found;
    }

    private static async Task<List<(string Table, string Column, bool IsBytes)>> Columns(NpgsqlDataSource database)
    {
        await using var command = database.CreateCommand("""
            select c.table_name, c.column_name, c.data_type = 'bytea' from information_schema.columns c
            join information_schema.tables t using (table_schema, table_name)
            where c.table_schema = 'public' and t.table_type = 'BASE TABLE'
              and (c.data_type in ('text', 'bytea', 'json', 'jsonb', 'ARRAY') or c.data_type like 'char%')
            """);
        var columns = new List<(string, string, bool)>();
        await using var rows = await command.ExecuteReaderAsync();
        while (await rows.ReadAsync()) columns.Add((rows.GetString(0), rows.GetString(1), rows.GetBoolean(2)));
        return columns;
    }
}
