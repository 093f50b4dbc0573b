using System.Globalization;
using System.Text;
using Crm.Access;
using Crm.Records.Filters;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Records;

/// <summary>What is asked of a list.</summary>
public sealed record RecordQuery(RecordKind Kind, Reach Whose)
{
    public Filter Filter { get; init; } = new Filter.All([]);

    /// <summary>Words that each stand somewhere in what the records are known by.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>What they are sorted by; null for the time they were made.</summary>
    public Field? Sort { get; init; }

    public bool Descending { get; init; }

    /// <summary>The trash instead of the records.</summary>
    public bool Deleted { get; init; }

    public int Limit { get; init; } = 50;

    /// <summary>Behind which record the page begins: its value of the sort as text (null for none) and its id.</summary>
    public (string? Value, string Id)? After { get; init; }
}

/// <summary>A record of a page, and what the next page begins behind.</summary>
public sealed record ListedRecord(RecordState State, string? SortValue);

/// <summary>A page: as many records as were asked for, or fewer where they are long.</summary>
/// <param name="IsLast">Whether there are none behind it.</param>
public sealed record ListedPage(IReadOnlyList<ListedRecord> Records, bool IsLast);

/// <summary>A sum over a list.</summary>
/// <param name="Count">Records in it.</param>
/// <param name="Worth">In the base currency.</param>
/// <param name="WithoutWorth">Records whose amount has no rate into it.</param>
public sealed record ListedSum(long Count, decimal Worth, long WithoutWorth);

/// <summary>A query took longer than a list may.</summary>
public sealed class ListTooSlowException(Exception inner) : Exception("The query took longer than two seconds.", inner);

/// <summary>What a page should begin behind is no value of its sort.</summary>
public sealed class BadPlaceException(Exception inner) : Exception("A page cannot begin there.", inner);

/// <summary>
/// Lists of records: filter, rule of access, sort and page in one statement. Pages go by the value and id of the last record before,
/// so they stay right, and as fast, however far one goes. A statement ends after two seconds.
/// </summary>
public sealed class RecordLists
{
    private const int TimeoutMs = 2_000;

    /// <summary>Characters of records that a page goes on after: one of long texts is shorter, so that it has room in memory.</summary>
    public const int MaxChars = 4_000_000;

    internal const string Columns = "state, row_version, record_version, version, created_at, updated_at, created_by, deleted_at, owner, team";

    private readonly NpgsqlDataSource _database;

    internal RecordLists(NpgsqlDataSource database) => _database = database;

    /// <summary>A page. Records whose sort is empty come last.</summary>
    /// <exception cref="ListTooSlowException">Ask for less: another sort, or a narrower filter.</exception>
    /// <exception cref="BadPlaceException"><see cref="RecordQuery.After"/> is nowhere.</exception>
    public Task<ListedPage> Page(RecordQuery query, CancellationToken stop = default) => Run(async connection =>
    {
        // Two statements, each in the order of an index: those with a value of the sort, then those without.
        var records = new List<ListedRecord>();
        var sort = Sort(query);
        var more = query.After is not { Value: null } && await Part(connection, query, sort, false, records, stop);
        if (!sort.IsNeverEmpty && !more) more = await Part(connection, query, sort, true, records, stop);
        return new ListedPage(records, !more);
    }, stop);

    /// <summary>Records by their ids, also from the trash; whoever asks applies the rule of access to each.</summary>
    public Task<IReadOnlyList<RecordState>> ByIds(RecordKind kind, IReadOnlyCollection<string> ids, CancellationToken stop = default) => Run<IReadOnlyList<RecordState>>(async connection =>
    {
        await using var command = connection.CreateCommand();
        command.CommandText = $"SELECT {RecordTable.Of(kind.Name).Listed}, id FROM {RecordTable.Of(kind.Name).From} WHERE id = ANY($1)";
        command.WithArray(NpgsqlDbType.Text, ids.Select(Sql.Text));

        // One text a kind.
        await command.PrepareAsync(stop);
        var records = new List<RecordState>();
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop)) records.Add(RecordStore.State(kind.Name, rows.GetString(10), rows));
        return records;
    }, stop);

    /// <summary>The id of the record that has an external id; null when there is none.</summary>
    public Task<string?> ByExternalId(RecordKind kind, string externalId, CancellationToken stop = default) => Run(async connection =>
    {
        await using var command = connection.CreateCommand();
        command.CommandText = $"SELECT id FROM {RecordTable.Of(kind.Name).Name} WHERE external_id = $1 AND deleted_at IS NULL";
        return (string?)await command.With(NpgsqlDbType.Text, Sql.Text(externalId)).ExecuteScalarAsync(stop);
    }, stop);

    /// <summary>How many there are.</summary>
    /// <exception cref="ListTooSlowException">There are too many to be counted.</exception>
    public Task<long> Count(RecordQuery query, CancellationToken stop = default) => Run(async connection =>
    {
        await using var command = connection.CreateCommand();
        command.CommandText = $"SELECT count(*) FROM {RecordTable.Of(query.Kind.Name).From} WHERE {Where(command, query)}";
        return (long)(await command.ExecuteScalarAsync(stop))!;
    }, stop);

    /// <summary>How many there are, and the sum of a field of money.</summary>
    /// <exception cref="ListTooSlowException">There are too many.</exception>
    public Task<ListedSum> Sum(RecordQuery query, Field money, CancellationToken stop = default) => Run(async connection =>
    {
        var column = RecordTable.Of(query.Kind.Name).Column(money);
        await using var command = connection.CreateCommand();
        command.CommandText = $"SELECT count(*), coalesce(sum({column.Worth}), 0), count(*) FILTER (WHERE {column.Sql} IS NOT NULL AND {column.Worth} IS NULL) FROM {RecordTable.Of(query.Kind.Name).From} WHERE {Where(command, query)}";
        await using var rows = await command.ExecuteReaderAsync(stop);
        await rows.ReadAsync(stop);
        return new ListedSum(rows.GetInt64(0), rows.GetDecimal(1), rows.GetInt64(2));
    }, stop);

    internal static string Where(NpgsqlCommand command, RecordQuery query)
    {
        var table = RecordTable.Of(query.Kind.Name);
        var filter = new FilterSql(command, table.Column).Of(query.Filter);
        return $"deleted_at IS {(query.Deleted ? "NOT NULL" : "NULL")} AND {table.Among} AND {Reached(command, query.Whose)} AND {filter}{Searched(command, query, table)}";
    }

    // Words of few signs have no trigrams: where they have grams (see the schema), those find them.
    private static string Searched(NpgsqlCommand command, RecordQuery query, RecordTable table)
    {
        var all = new StringBuilder();
        foreach (var word in query.Words)
        {
            command.With(NpgsqlDbType.Text, "%" + FilterSql.Literal(word) + "%");
            all.Append(CultureInfo.InvariantCulture, $" AND {table.Searched} ILIKE ${command.Parameters.Count}");
            if (!word.EnumerateRunes().Any(r => r.Utf8SequenceLength >= 3)) continue;
            command.With(NpgsqlDbType.Text, word);
            all.Append(CultureInfo.InvariantCulture, $" AND name_grams({table.Searched}) @> name_grams(${command.Parameters.Count})");
        }

        return all.ToString();
    }

    /// <summary>The rule of access as a condition.</summary>
    internal static string Reached(NpgsqlCommand command, Reach whose)
    {
        if (whose.Everybody) return "TRUE";
        if (whose.IsEmpty) return "FALSE";
        command.With(NpgsqlDbType.Text, whose.User).WithArray(NpgsqlDbType.Text, whose.Teams);
        return $"(owner = ${command.Parameters.Count - 1} OR team = ANY(${command.Parameters.Count}))";
    }

    // True when there are more than have room in the page.
    private static async Task<bool> Part(
        NpgsqlConnection connection, RecordQuery query, SortColumn sort, bool empty, List<ListedRecord> records, CancellationToken stop)
    {
        await using var command = connection.CreateCommand();
        var way = query.Descending ? "DESC" : "ASC";
        var which = sort.IsNeverEmpty ? "TRUE" : $"{sort.Sql} IS {(empty ? $"NULL AND {sort.WhereEmpty ?? "TRUE"}" : "NOT NULL")}";
        var where = $"{Where(command, query)} AND {which}{After(command, query, sort, empty)}";
        var order = empty ? $"id {way}" : $"{sort.Sql} {way}, id {way}";
        command.CommandText = $"SELECT {RecordTable.Of(query.Kind.Name).Listed}, id, ({sort.Sql})::text AS place FROM {RecordTable.Of(query.Kind.Name).From} WHERE {where} ORDER BY {order} LIMIT {query.Limit + 1 - records.Count}";
        await using var rows = await command.ExecuteReaderAsync(stop);
        var chars = records.Sum(r => r.State.Fields.Length);
        while (await rows.ReadAsync(stop))
        {
            if (records.Count == query.Limit || chars >= MaxChars) return true;
            var record = RecordStore.State(query.Kind.Name, rows.GetString(10), rows);
            records.Add(new ListedRecord(record, rows.IsDBNull(11) ? null : rows.GetString(11)));
            chars += record.Fields.Length;
        }

        return false;
    }

    private readonly record struct SortColumn(string Sql, string Type, bool IsNeverEmpty = false, string? WhereEmpty = null);

    private static SortColumn Sort(RecordQuery query)
    {
        if (query.Sort is not { } field) return new SortColumn("created_at", "timestamptz", true);
        var column = RecordTable.Of(query.Kind.Name).Column(field);
        return field.Type switch
        {
            FieldType.Number => new SortColumn(column.Sql, "numeric", WhereEmpty: column.WhereEmpty),
            FieldType.Money => new SortColumn(column.Worth, "numeric"),
            FieldType.Time => new SortColumn(column.Sql, "timestamptz", field.Name is "createdAt" or "updatedAt", column.WhereEmpty),
            FieldType.Day => new SortColumn(column.Sql, "date"),
            FieldType.Flag => new SortColumn(column.Sql, "boolean"),
            _ => new SortColumn(column.Sql, "text", field.Name == "id"),
        };
    }

    private static string After(NpgsqlCommand command, RecordQuery query, SortColumn sort, bool emptyPart)
    {
        if (query.After is not { } after || (emptyPart && after.Value is not null)) return "";
        var sign = query.Descending ? "<" : ">";
        command.With(NpgsqlDbType.Text, Sql.Text(after.Id));
        var id = $"${command.Parameters.Count}";
        if (after.Value is null) return $" AND id {sign} {id}";
        command.With(NpgsqlDbType.Text, Sql.Text(after.Value));
        var value = string.Create(CultureInfo.InvariantCulture, $"${command.Parameters.Count}::{sort.Type}");
        // A live customer's value and id stand in two tables, and a comparison of both begins no scan of an index: one of the value does.
        var from = RecordTable.Of(query.Kind.Name).IsLive ? $" AND {sort.Sql} {sign}= {value}" : "";
        return $"{from} AND ({sort.Sql}, id) {sign} ({value}, {id})";
    }

    internal async Task<T> Run<T>(Func<NpgsqlConnection, Task<T>> ask, CancellationToken stop)
    {
        await using var connection = await _database.OpenConnectionAsync(stop);
        try
        {
            return await ask(connection);
        }
        catch (PostgresException slow) when (slow.SqlState == PostgresErrorCodes.QueryCanceled && !stop.IsCancellationRequested)
        {
            throw new ListTooSlowException(slow);
        }
        catch (PostgresException bad) when (bad.SqlState.StartsWith("22", StringComparison.Ordinal))
        {
            throw new BadPlaceException(bad);
        }
    }

    internal static RecordLists Open(string connectionString) => Open(connectionString, "crm lists", 8, "");

    /// <summary>
    /// The same for statements that look all up by keys, however many those are: planned once for all, since planning takes longer than
    /// they do.
    /// </summary>
    internal static RecordLists OpenByKey(string connectionString, string name, int connections) =>
        Open(connectionString, name, connections, " -c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off");

    private static RecordLists Open(string connectionString, string name, int connections, string options) => new(NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString)
    {
        ApplicationName = name,
        MaxPoolSize = connections,
        MinPoolSize = 0,
        Options = string.Create(CultureInfo.InvariantCulture, $"-c statement_timeout={TimeoutMs}{options}"),
    }));
}
