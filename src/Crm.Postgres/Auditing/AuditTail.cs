using Npgsql;
using NpgsqlTypes;

namespace Crm.Auditing;

/// <summary>A record that somebody changed.</summary>
/// <param name="By">A user's or key's id, or <c>crm</c>.</param>
public sealed record RecordMoved(string Kind, string Id, string Action, string By, DateTimeOffset At);

/// <summary>
/// The end of the audit, as it grows: what was changed since the last look. Transactions end in another order than their lines were
/// numbered, so it looks back over those that could still have been open.
/// </summary>
public sealed class AuditTail
{
    /// <summary>Lines that it looks back over: some seconds of the most that people and programs write.</summary>
    private const int Back = 2_000;

    private const string NewSql = """
        SELECT id, at, by_whom, kind, record, action FROM audit WHERE id > $1 AND record <> '' ORDER BY id LIMIT $2
        """;

    private readonly NpgsqlDataSource _database;
    private HashSet<long> _seen = [];
    private long? _last;

    internal AuditTail(DataSources sources) => _database = sources.Reading;

    /// <summary>What was changed since the last look; at the first one nothing.</summary>
    public async Task<IReadOnlyList<RecordMoved>> Look(CancellationToken stop = default)
    {
        var isFirst = _last is null;
        _last ??= await Newest(stop);
        await using var command = _database.CreateCommand(NewSql).With(NpgsqlDbType.Bigint, _last.Value - Back).With(NpgsqlDbType.Integer, 2 * Back);
        var (moved, seen) = (new List<RecordMoved>(), new HashSet<long>());
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop))
        {
            var id = rows.GetInt64(0);
            seen.Add(id);
            _last = Math.Max(_last.Value, id);
            if (!isFirst && !_seen.Contains(id))
                moved.Add(new RecordMoved(rows.GetString(3), rows.GetString(4), rows.GetString(5), rows.GetString(2), rows.GetFieldValue<DateTimeOffset>(1)));
        }

        _seen = seen;
        return moved;
    }

    /// <summary>Nobody looks for a while: the next look is a first one.</summary>
    public void Rest() => (_last, _seen) = (null, []);

    private async Task<long> Newest(CancellationToken stop)
    {
        await using var command = _database.CreateCommand("SELECT coalesce(max(id), 0) FROM audit");
        return (long)(await command.ExecuteScalarAsync(stop))!;
    }
}
