using Npgsql;

namespace Crm.Backup;

/// <summary>A table and the columns that are kept; what the database derives itself is left out.</summary>
internal sealed record KeptTable(string Name, IReadOnlyList<string> Columns)
{
    public string List => string.Join(", ", Columns.Select(TableCatalog.Quoted));
}

/// <summary>What of the database is kept, as its own catalogue says: every table but those that are named here.</summary>
internal static class TableCatalog
{
    // Who is in the cluster and its timers, and the demo shop of a run: of the processes, not of the data. Sessions and links: nobody is signed in by a backup.
    private static readonly string[] s_leftOut =
        ["orleansquery", "orleans_membership", "orleans_membership_version", "demo_shop", "user_session", "one_time_link", "schema_versions"];

    // Partitions are read through their table. A transaction's number means nothing on another server.
    private const string TablesSql = """
        SELECT c.relname::text, array_agg(a.attname::text ORDER BY a.attnum)
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
          AND a.atttypid <> 'xid8'::regtype
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> ALL ($1)
        GROUP BY c.relname ORDER BY c.relname
        """;

    private const string ReferencesSql = """
        SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint
        WHERE contype = 'f' AND connamespace = 'public'::regnamespace AND conrelid <> confrelid
        """;

    public static string Quoted(string name) => "\"" + name.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";

    /// <summary>The tables, those that others refer to first.</summary>
    public static async Task<IReadOnlyList<KeptTable>> Tables(NpgsqlConnection connection, CancellationToken stop)
    {
        var tables = new List<KeptTable>();
        await using (var command = new NpgsqlCommand(TablesSql, connection) { Parameters = { new() { Value = s_leftOut } } })
        await using (var rows = await command.ExecuteReaderAsync(stop))
            while (await rows.ReadAsync(stop)) tables.Add(new KeptTable(rows.GetString(0), rows.GetFieldValue<string[]>(1)));
        var references = new List<(string From, string To)>();
        await using (var command = new NpgsqlCommand(ReferencesSql, connection))
        await using (var rows = await command.ExecuteReaderAsync(stop))
            while (await rows.ReadAsync(stop)) references.Add((rows.GetString(0), rows.GetString(1)));
        return Ordered(tables, references.ToLookup(r => r.From, r => r.To));
    }

    public static async Task<IReadOnlyList<string>> Texts(NpgsqlConnection connection, string sql, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        var texts = new List<string>();
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop)) texts.Add(rows.GetString(0));
        return texts;
    }

    public static async Task<long> Count(NpgsqlConnection connection, string table, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand($"SELECT count(*) FROM {Quoted(table)}", connection) { CommandTimeout = 0 };
        return (long)(await command.ExecuteScalarAsync(stop))!;
    }

    private static List<KeptTable> Ordered(List<KeptTable> tables, ILookup<string, string> references)
    {
        var ordered = new List<KeptTable>();
        while (ordered.Count < tables.Count)
        {
            var free = tables.Where(t => !ordered.Contains(t) && references[t.Name].All(to => ordered.Any(o => o.Name == to) || tables.All(k => k.Name != to))).ToArray();
            if (free.Length == 0) throw new BackupException("Tables refer to each other in a ring.");
            ordered.AddRange(free);
        }

        return ordered;
    }
}
