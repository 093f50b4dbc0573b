using System.Data;
using System.Runtime.ExceptionServices;
using System.Text;
using System.Text.Json;
using Crm.Customers;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Clickstream;

/// <summary>
/// Reads again what counted of some lanes: from the history as far as it is, from the log what lies above. All of it in one
/// snapshot, so that an event which moves from one to the other meanwhile is met once.
/// </summary>
internal sealed class LaneReplay : IAsyncDisposable
{
    /// <summary>A history further behind is waited for: the log is read whole partition by whole partition.</summary>
    private const long MaxBehind = 50_000;

    private const int ChunkEvents = 5_000;
    private const int ChunkBytes = 8 * 1024 * 1024;

    private const string HistorySql = """
        SELECT h.lane, h.type, h.name, h.occurred_at, h.received_at, h.message_id, h.source, h.body, h.visitor, h.faults
        FROM unnest($1, $2, $3) AS s (lane, after, up_to)
        CROSS JOIN LATERAL (SELECT * FROM history r WHERE r.lane = s.lane AND r.seq > s.after AND r.seq <= s.up_to) AS h
        ORDER BY h.partition, h.seq
        """;

    private const string ParkedSql = """
        SELECT DISTINCT s.lane FROM unnest($1, $2, $3) AS s (partition, lane, up_to)
          JOIN parked_event p ON p.partition = s.partition AND p.lane = s.lane AND p.seq <= s.up_to
        """;

    // Everybody at once asks for it when a definition changes: one statement then reads for many.
    private static readonly GatherLimits s_limits = new(Workers: 2, Waiting: 20_000, BatchCount: 200);

    private readonly DataSources _sources;
    private readonly Gatherer<Ask, Answer> _asks;

    public LaneReplay(DataSources sources)
    {
        _sources = sources;
        _asks = new(s_limits, a => a.Spans[0].Lane, _ => 0, Batch);
    }

    /// <summary>See <see cref="IUnmerging.Replay"/>.</summary>
    public async Task<ReplayResult> Run(IReadOnlyList<LaneSpan> spans, Action<BehaviourEvent> take, CancellationToken stop)
    {
        if (spans.Count == 0) return ReplayResult.Done;
        var answer = await _asks.Run(new Ask(spans, take), stop);
        if (answer.Failure is { } failure) ExceptionDispatchInfo.Throw(failure);
        return answer.Result;
    }

    public ValueTask DisposeAsync() => _asks.DisposeAsync();

    private async Task<IReadOnlyList<Answer>> Batch(IReadOnlyList<Ask> asks)
    {
        await using var connection = await _sources.Reading.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead);
        LaneSpan[] all = [.. asks.SelectMany(a => a.Spans)];
        var history = await Progress(connection, all, CancellationToken.None);
        var parked = await Parked(connection, all, CancellationToken.None);
        foreach (var ask in asks)
            ask.IsOut = ask.Spans.Any(s => s.UpTo - Math.Max(s.After, history.GetValueOrDefault(s.Partition)) > MaxBehind || parked.Contains(s.Lane));
        var read = new Reading(asks.Where(a => !a.IsOut));
        if (read.Spans.Count > 0)
        {
            await FromHistory(connection, read.Spans, history, read.Take, CancellationToken.None);
            foreach (var partition in read.Spans.GroupBy(s => s.Partition))
                await FromLog(connection, partition.Key, [.. partition], history.GetValueOrDefault(partition.Key), read.Take, CancellationToken.None);
        }

        return [.. asks.Select(a => new Answer(a.IsOut ? ReplayResult.NotYet : ReplayResult.Done, a.Failure))];
    }

    private static async Task<Dictionary<int, long>> Progress(NpgsqlConnection connection, IReadOnlyList<LaneSpan> spans, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand("SELECT partition, history FROM partition_state WHERE partition = ANY ($1)", connection)
            .WithArray(NpgsqlDbType.Smallint, spans.Select(s => (short)s.Partition).Distinct());
        var progress = new Dictionary<int, long>();
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop)) progress[rows.GetInt16(0)] = rows.GetInt64(1);
        return progress;
    }

    private static async Task<HashSet<string>> Parked(NpgsqlConnection connection, IReadOnlyList<LaneSpan> spans, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand(ParkedSql, connection)
            .WithArray(NpgsqlDbType.Smallint, spans.Select(s => (short)s.Partition))
            .WithArray(NpgsqlDbType.Text, spans.Select(s => Sql.Text(s.Lane)))
            .WithArray(NpgsqlDbType.Bigint, spans.Select(s => s.UpTo));
        var parked = new HashSet<string>(StringComparer.Ordinal);
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop)) parked.Add(rows.GetString(0));
        return parked;
    }

    private static async Task FromHistory(
        NpgsqlConnection connection, IReadOnlyList<LaneSpan> spans, Dictionary<int, long> history, Action<BehaviourEvent> take, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand(HistorySql, connection)
            .WithArray(NpgsqlDbType.Text, spans.Select(s => Sql.Text(s.Lane)))
            .WithArray(NpgsqlDbType.Bigint, spans.Select(s => s.After))
            .WithArray(NpgsqlDbType.Bigint, spans.Select(s => Math.Min(s.UpTo, history.GetValueOrDefault(s.Partition))));
        await using var row = await command.ExecuteReaderAsync(stop);
        while (await row.ReadAsync(stop)) take(Event(row));
    }

    private static async Task FromLog(
        NpgsqlConnection connection, int partition, LaneSpan[] spans, long history, Action<BehaviourEvent> take, CancellationToken stop)
    {
        var upTo = spans.Max(s => s.UpTo);
        var after = Math.Max(history, spans.Min(s => s.After));
        if (after >= upTo) return;
        var byLane = spans.ToDictionary(s => s.Lane, StringComparer.Ordinal);
        var rejected = await Rejected(connection, partition, after, upTo, stop);
        while (after < upTo)
        {
            var blocks = await LogBlocks.Read(connection, partition, after, upTo, ChunkEvents, ChunkBytes, stop);
            if (blocks.Count == 0) throw new LogUnavailableException($"Partition {partition} lacks events above {after} that were delivered.");
            foreach (var logged in blocks.SelectMany(b => b.Events()))
            {
                if (logged.Seq <= after || rejected.Contains(logged.Seq)) continue;
                var lane = Encoding.UTF8.GetString(PackedEvent.Lane(logged.Packed.Span));
                if (byLane.TryGetValue(lane, out var span) && logged.Seq > span.After && logged.Seq <= span.UpTo)
                    take(PackedEvent.Read(logged.Packed, lane));
            }

            after = blocks[^1].LastSeq;
        }
    }

    private static async Task<HashSet<long>> Rejected(NpgsqlConnection connection, int partition, long after, long upTo, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand("SELECT seq FROM rejected WHERE partition = $1 AND seq > $2 AND seq <= $3", connection)
            .With(NpgsqlDbType.Smallint, (short)partition).With(NpgsqlDbType.Bigint, after).With(NpgsqlDbType.Bigint, upTo);
        var rejected = new HashSet<long>();
        await using var rows = await command.ExecuteReaderAsync(stop);
        while (await rows.ReadAsync(stop)) rejected.Add(rows.GetInt64(0));
        return rejected;
    }

    private static BehaviourEvent Event(NpgsqlDataReader row)
    {
        var lane = row.GetString(0);
        var body = row.GetFieldValue<byte[]>(7);
        var isUser = CustomerId.IsUser(lane);
        var happened = new BehaviourEvent
        {
            Lane = lane,
            Type = (EventType)row.GetInt16(1),
            Name = row.IsDBNull(2) ? null : row.GetString(2),
            TimestampMs = Ms(row.GetDateTime(3)),
            ReceivedAtMs = Ms(row.GetDateTime(4)),
            MessageId = row.GetString(5),
            Source = row.GetString(6),
            UserId = isUser ? lane[2..] : null,
            AnonymousId = lane.StartsWith("a:", StringComparison.Ordinal) ? lane[2..] : row.IsDBNull(8) ? null : row.GetString(8),
            Body = body,
        };
        if (!row.IsDBNull(9)) return PackedEvent.WithFlags(happened, (ushort)row.GetInt16(9));
        return isUser ? happened with { AnonymousId = Visitor(body) } : happened;
    }

    /// <summary>The visitor that a row of an older build names only in its body.</summary>
    private static string? Visitor(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = 128 });
            string? visitor = null;
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var named = reader.ValueTextEquals("anonymousId"u8);
                reader.Read();
                if (named && reader.TokenType == JsonTokenType.String) visitor = reader.GetString();
                else reader.Skip();
            }

            return CustomerId.IsUsable(visitor) ? visitor : null;
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static long Ms(DateTime utc) => (utc - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMillisecond;

    private sealed class Ask(IReadOnlyList<LaneSpan> spans, Action<BehaviourEvent> take)
    {
        public IReadOnlyList<LaneSpan> Spans => spans;

        /// <summary>Cannot be answered yet.</summary>
        public bool IsOut { get; set; }

        /// <summary>What its receiver threw; it gets nothing more then.</summary>
        public Exception? Failure { get; private set; }

        public void Take(BehaviourEvent happened)
        {
            if (Failure is not null) return;
            try
            {
                take(happened);
            }
            catch (Exception failure)
            {
                Failure = failure;
            }
        }
    }

    private readonly record struct Answer(ReplayResult Result, Exception? Failure);

    /// <summary>A batch: each event goes to whoever asked for its lane, up to where that one asked.</summary>
    private sealed class Reading
    {
        private readonly Dictionary<string, (LaneSpan Span, Ask Ask)> _first = new(StringComparer.Ordinal);

        public Reading(IEnumerable<Ask> asks)
        {
            foreach (var ask in asks)
            {
                // Two who ask for one lane at a time, such as before and after a merge: the second one comes again.
                if (ask.Spans.Any(s => _first.ContainsKey(s.Lane)))
                {
                    ask.IsOut = true;
                    continue;
                }

                foreach (var span in ask.Spans) _first.Add(span.Lane, (span, ask));
            }

            Spans = [.. _first.Values.Select(f => f.Span)];
        }

        public IReadOnlyList<LaneSpan> Spans { get; }

        public void Take(BehaviourEvent happened) => _first[happened.Lane].Ask.Take(happened);
    }
}
