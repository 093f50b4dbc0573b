using System.Globalization;
using Crm.Access;
using Crm.Clickstream;
using Npgsql;

namespace Crm.Records;

/// <summary>
/// Reads pages of a timeline: the newest entries of each source, each by an index and with the rule of access in its statement, then the
/// newest of those. A page goes on below the last entry of the one before, so what happens meanwhile neither repeats nor hides any.
/// </summary>
public sealed class TimelineReader
{
    /// <summary>Pages that one process reads at once; each takes some milliseconds.</summary>
    internal const int MaxConnections = 4;

    private readonly RecordLists _lists;
    private readonly IHistory _history;

    internal TimelineReader(RecordLists lists, IHistory history) => (_lists, _history) = (lists, history);

    /// <summary>Reads one.</summary>
    /// <exception cref="ListTooSlowException">It took longer than two seconds.</exception>
    public async Task<TimelinePage> Page(TimelineQuery query, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        var entries = new List<TimelineEntry>();
        var circle = await _lists.Run(async connection =>
        {
            var around = query.Circle is { } asked ? await CompanyCircle.Read(connection, query.Ids[0], asked, stop) : CompanyCircle.Empty;
            await Read(connection, query, around, entries, stop);
            return around;
        }, stop);
        if (query.Whose.TryGetValue(TimelineKinds.Event, out var reach) && !reach.IsEmpty) await Events(query, circle, entries, stop);
        return new TimelinePage([.. entries.OrderByDescending(e => e.Place).Take(query.Limit + 1)], circle.IsPartial);
    }

    // One message with all of them: the way to the database and back would take longer than most of them do.
    private static async Task Read(NpgsqlConnection connection, TimelineQuery query, CompanyCircle circle, List<TimelineEntry> entries, CancellationToken stop)
    {
        await using var batch = new NpgsqlBatch(connection);
        var kinds = new List<string>();
        foreach (var (kind, whose) in query.Whose.Where(k => k.Key != TimelineKinds.Event && !k.Value.IsEmpty))
        {
            using var command = new NpgsqlCommand();
            if (!TimelineSql.Write(command, query, circle, kind, whose)) continue;
            kinds.Add(kind);
            var source = new NpgsqlBatchCommand(command.CommandText);
            foreach (NpgsqlParameter parameter in command.Parameters) source.Parameters.Add(parameter.Clone());
            batch.BatchCommands.Add(source);
        }

        if (kinds.Count == 0) return;

        // Some dozens of texts for all that is asked: planning them each time would take longer than reading.
        await batch.PrepareAsync(stop);
        await using var rows = await batch.ExecuteReaderAsync(stop);
        foreach (var kind in kinds)
        {
            while (await rows.ReadAsync(stop)) entries.Add(Entry(kind, rows));
            await rows.NextResultAsync(stop);
        }
    }

    private static TimelineEntry Entry(string kind, NpgsqlDataReader row) =>
        new(new TimelinePlace(row.GetFieldValue<DateTimeOffset>(1), kind, row.GetString(0)))
        {
            Details = row.IsDBNull(2) ? null : row.GetString(2),
            Record = row.FieldCount > TimelineSql.Own ? TimelineSql.Record(kind, row) : null,
        };

    private async Task Events(TimelineQuery query, CompanyCircle circle, List<TimelineEntry> entries, CancellationToken stop)
    {
        IReadOnlyList<string> lanes = query.Circle is null ? query.Ids : [.. circle.People.Keys];
        if (lanes.Count == 0) return;
        var page = await _history.Read(lanes, Cursor(query), query.Limit + 1, new HistoryFilter(), stop);
        foreach (var item in page.Items)
        {
            var at = DateTimeOffset.FromUnixTimeMilliseconds(item.TimestampMs);
            if (at < query.From) break;
            var id = string.Create(CultureInfo.InvariantCulture, $"{item.Partition:D5}.{item.Seq:D20}");
            entries.Add(new TimelineEntry(new TimelinePlace(at, TimelineKinds.Event, id)) { Event = item, Person = circle.People.GetValueOrDefault(item.Lane) });
        }
    }

    // Times of events are whole milliseconds: those of a part of one stand below it.
    private static HistoryCursor? Cursor(TimelineQuery query)
    {
        if (query.Before is not { } before)
            return query.To is { } to ? new HistoryCursor(Ceiling(to), 0, long.MinValue) : null;
        var ms = before.At.ToUnixTimeMilliseconds();
        if (before.At.Ticks % TimeSpan.TicksPerMillisecond != 0) return new HistoryCursor(ms, short.MaxValue, long.MaxValue);
        return string.CompareOrdinal(TimelineKinds.Event, before.Kind) switch
        {
            > 0 => new HistoryCursor(ms, 0, long.MinValue),
            < 0 => new HistoryCursor(ms, short.MaxValue, long.MaxValue),
            _ when before.Id.Split('.') is [var partition, var seq]
                && int.TryParse(partition, CultureInfo.InvariantCulture, out var p) && long.TryParse(seq, CultureInfo.InvariantCulture, out var s) =>
                new HistoryCursor(ms, p, s),
            _ => new HistoryCursor(ms, 0, long.MinValue),
        };
    }

    private static long Ceiling(DateTimeOffset time) => time.AddTicks(TimeSpan.TicksPerMillisecond - 1).ToUnixTimeMilliseconds();
}
