using Npgsql;
using NpgsqlTypes;

namespace Crm;

/// <summary>Short hand for typed parameters.</summary>
internal static class Sql
{
    /// <summary>Adds a positional parameter; null is SQL's null.</summary>
    public static NpgsqlCommand With(this NpgsqlCommand command, NpgsqlDbType type, object? value)
    {
        command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = type, Value = value ?? DBNull.Value });
        return command;
    }

    /// <summary>Adds a positional array parameter, for <c>unnest</c>.</summary>
    public static NpgsqlCommand WithArray<T>(this NpgsqlCommand command, NpgsqlDbType type, IEnumerable<T> values) =>
        command.With(NpgsqlDbType.Array | type, values.ToArray());

    /// <summary>Runs a statement that is run once; answers how many rows it changed.</summary>
    public static async Task<int> Run(this NpgsqlCommand command, CancellationToken stop)
    {
        await using var owned = command;
        return await command.ExecuteNonQueryAsync(stop);
    }

    /// <summary>A text that PostgreSQL can hold: U+0000 is replaced.</summary>
    public static string Text(string text) => text.Contains('\0', StringComparison.Ordinal) ? text.Replace('\0', '\uFFFD') : text;
}
