using Npgsql;
using NpgsqlTypes;

namespace Crm.Clickstream;

/// <summary>The dead letters of accept path and silos as one list, newest first.</summary>
public sealed class DeadLetterStore(NpgsqlDataSource database, TimeProvider clock)
{
    /// <summary>Most letters of one page, one replay or one removal.</summary>
    public const int MaxAtATime = 500;

    /// <summary>Days that a dead letter is kept: long enough to find and mend what caused it.</summary>
    public const int KeptDays = 30;

    /// <summary>Letters of silos that are kept: the newest.</summary>
    public const int MaxOfSilos = 10_000;

    /// <summary>Most rows that <see cref="Counts"/> answers.</summary>
    private const int MaxCounts = 1_000;

    /// <summary>How long a replay may take before its letter may be tried again: longer than any append.</summary>
    private static readonly TimeSpan s_underWay = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Until when a replay whose end is not known may be tried again: while the messageId surely tells a copy, which it does for
    /// a day. Later a second try might count the event twice.
    /// </summary>
    private static readonly TimeSpan s_copiesAreTold = TimeSpan.FromHours(20);

    private const string All = """
        select * from (
          select false as silo, 0::smallint as partition, id as n, received_at as at, source, code, reason, call, event, sample, packed,
            replay, replay_at from dead_letter_inbound
          union all
          select true, partition, seq, at, source, case when lane = '' then 'unreadable' else 'poison' end, coalesce(detail, ''),
            null, null, '\x'::bytea, coalesce(packed, '\x'), replay, replay_at from dead_letter) d
        """;

    private const string Chosen = """
         where ($1 is null or source = $1) and ($2 is null or code = $2) and ($3 is null or silo = $3)
          and ($4 is null or (replay is not distinct from 'done') = $4) and ($5 is null or at >= $5) and ($6 is null or at < $6)
        """;

    /// <summary>A page, newest first.</summary>
    /// <param name="after">The last letter of the page before; null for the first page.</param>
    public async Task<IReadOnlyList<KeptLetter>> List(LetterFilter filter, int limit, KeptLetter? after = null, CancellationToken stop = default)
    {
        await using var command = Choose(
            All + Chosen + " and ($7 is null or (at, silo, partition, n) < ($7, $8, $9, $10)) order by at desc, silo desc, partition desc, n desc limit $11",
            filter)
            .With(NpgsqlDbType.TimestampTz, after?.At.UtcDateTime).With(NpgsqlDbType.Boolean, after?.Id.Silo)
            .With(NpgsqlDbType.Smallint, after?.Id.Partition).With(NpgsqlDbType.Bigint, after?.Id.Number)
            .With(NpgsqlDbType.Integer, Math.Clamp(limit, 1, MaxAtATime + 1));
        return await Read(command, stop);
    }

    /// <summary>The letters with these ids; those that are gone are left out.</summary>
    public async Task<IReadOnlyList<KeptLetter>> Get(IReadOnlyCollection<LetterId> ids, CancellationToken stop = default)
    {
        await using var command = Named(All + " where (silo, partition, n) in (select * from unnest($1, $2, $3))", ids);
        return await Read(command, stop);
    }

    /// <summary>How many there are, per source and reason, most first.</summary>
    public async Task<IReadOnlyList<LetterCount>> Counts(LetterFilter filter, CancellationToken stop = default)
    {
        await using var command = Choose($"""
            select source, silo, code, reason, count(*) filter (where replay is distinct from 'done'), count(*) filter (where replay = 'done'),
              min(at), max(at)
            from ({All}) a {Chosen} group by 1, 2, 3, 4 order by count(*) desc, 1, 2, 3, 4 limit {MaxCounts}
            """,
            filter);
        var counts = new List<LetterCount>();
        await using var row = await command.ExecuteReaderAsync(stop);
        while (await row.ReadAsync(stop))
        {
            counts.Add(new LetterCount(
                row.GetString(0), row.GetBoolean(1), row.GetString(2), row.GetString(3), row.GetInt64(4), row.GetInt64(5),
                row.GetFieldValue<DateTimeOffset>(6), row.GetFieldValue<DateTimeOffset>(7)));
        }

        return counts;
    }

    /// <summary>
    /// Takes letters for a replay, before anything is logged, so that no two replays can log the same one. Answers those that were
    /// taken: not those that are replayed, or that another replay holds.
    /// </summary>
    public async Task<IReadOnlyCollection<LetterId>> Take(IReadOnlyCollection<LetterId> ids, CancellationToken stop = default)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        await using var command = Named("""
            with ids as materialized (select * from unnest($1, $2, $3) as i (silo, partition, n)), taken_in as (
              update dead_letter_inbound d set replay = 'taken', replay_at = $4 from ids i
              where not i.silo and d.id = i.n and (replay is null or (replay = 'taken' and replay_at < $5 and replay_at > $6)) returning d.id
            ), taken_silo as (
              update dead_letter d set replay = 'taken', replay_at = $4 from ids i
              where i.silo and d.partition = i.partition and d.seq = i.n
                and (replay is null or (replay = 'taken' and replay_at < $5 and replay_at > $6)) returning d.partition, d.seq
            ) select false, 0::smallint, id from taken_in union all select true, partition, seq from taken_silo
            """,
            ids)
            .With(NpgsqlDbType.TimestampTz, now).With(NpgsqlDbType.TimestampTz, now - s_underWay)
            .With(NpgsqlDbType.TimestampTz, now - s_copiesAreTold);
        var taken = new HashSet<LetterId>();
        await using var row = await command.ExecuteReaderAsync(stop);
        while (await row.ReadAsync(stop)) taken.Add(new LetterId(row.GetBoolean(0), row.GetInt16(1), row.GetInt64(2)));
        return taken;
    }

    /// <summary>Says how the replay of taken letters ended: done, or not logged and free for another.</summary>
    public Task Settle(IReadOnlyCollection<LetterId> ids, bool done, CancellationToken stop = default) => Change("""
        with ids as materialized (select * from unnest($1, $2, $3) as i (silo, partition, n)), settled as (
          update dead_letter_inbound d set replay = case when $4 then 'done' end, replay_at = case when $4 then replay_at end from ids i
          where not i.silo and d.id = i.n and replay = 'taken' returning 1
        ), settled_silo as (
          update dead_letter d set replay = case when $4 then 'done' end, replay_at = case when $4 then replay_at end from ids i
          where i.silo and d.partition = i.partition and d.seq = i.n and replay = 'taken' returning 1
        ) select count(*) from (select from settled union all select from settled_silo) s
        """,
        ids,
        done,
        stop);

    /// <summary>Removes letters; answers how many there were.</summary>
    public Task<long> Delete(IReadOnlyCollection<LetterId> ids, CancellationToken stop = default) => Change("""
        with ids as materialized (select * from unnest($1, $2, $3) as i (silo, partition, n)), gone as (
          delete from dead_letter_inbound d using ids i where not i.silo and d.id = i.n returning 1
        ), gone_silo as (
          delete from dead_letter d using ids i where i.silo and d.partition = i.partition and d.seq = i.n returning 1
        ) select count(*) from (select from gone union all select from gone_silo) s
        """,
        ids,
        null,
        stop);

    /// <summary>Removes those whose days are over, and of silos all but the newest. Answers how many.</summary>
    public async Task<long> Trim(CancellationToken stop = default)
    {
        await using var command = database.CreateCommand("""
            with old_in as (delete from dead_letter_inbound where received_at < $1 returning 1), old_silo as (
              delete from dead_letter where at < $1
                or at < (select at from dead_letter order by at desc offset $2 limit 1) returning 1
            ) select count(*) from (select from old_in union all select from old_silo) s
            """)
            .With(NpgsqlDbType.TimestampTz, clock.GetUtcNow().AddDays(-KeptDays).UtcDateTime).With(NpgsqlDbType.Bigint, (long)MaxOfSilos);
        return (long)(await command.ExecuteScalarAsync(stop))!;
    }

    private async Task<long> Change(string sql, IReadOnlyCollection<LetterId> ids, bool? flag, CancellationToken stop)
    {
        await using var command = Named(sql, ids);
        if (flag is { } value) command.With(NpgsqlDbType.Boolean, value);
        return (long)(await command.ExecuteScalarAsync(stop))!;
    }

    private NpgsqlCommand Named(string sql, IReadOnlyCollection<LetterId> ids) => database.CreateCommand(sql)
        .WithArray(NpgsqlDbType.Boolean, ids.Select(i => i.Silo))
        .WithArray(NpgsqlDbType.Smallint, ids.Select(i => i.Partition))
        .WithArray(NpgsqlDbType.Bigint, ids.Select(i => i.Number));

    private NpgsqlCommand Choose(string sql, LetterFilter filter) => database.CreateCommand(sql)
        .With(NpgsqlDbType.Text, filter.Source is { } source ? Sql.Text(source) : null)
        .With(NpgsqlDbType.Text, filter.Code is { } code ? Sql.Text(code) : null)
        .With(NpgsqlDbType.Boolean, filter.Silo).With(NpgsqlDbType.Boolean, filter.Replayed)
        .With(NpgsqlDbType.TimestampTz, filter.Since?.UtcDateTime).With(NpgsqlDbType.TimestampTz, filter.Until?.UtcDateTime);

    private static async Task<IReadOnlyList<KeptLetter>> Read(NpgsqlCommand command, CancellationToken stop)
    {
        var letters = new List<KeptLetter>();
        await using var row = await command.ExecuteReaderAsync(stop);
        while (await row.ReadAsync(stop))
        {
            var id = new LetterId(row.GetBoolean(0), row.GetInt16(1), row.GetInt64(2));
            letters.Add(new KeptLetter(id, row.GetFieldValue<DateTimeOffset>(3), row.GetString(4), row.GetString(5), row.GetString(6))
            {
                Call = row.IsDBNull(7) ? null : row.GetString(7),
                Event = row.IsDBNull(8) ? null : row.GetString(8),
                Sample = row.GetFieldValue<byte[]>(9),
                Packed = row.IsDBNull(10) ? default : row.GetFieldValue<byte[]>(10),
                Replayed = !row.IsDBNull(11) && row.GetString(11) == "done",
                ReplayedAt = row.IsDBNull(12) ? null : row.GetFieldValue<DateTimeOffset>(12),
            });
        }

        return letters;
    }
}
