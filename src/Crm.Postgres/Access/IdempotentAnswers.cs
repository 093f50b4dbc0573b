using Npgsql;
using NpgsqlTypes;

namespace Crm.Access;

/// <summary>What is known of an Idempotency-Key.</summary>
/// <param name="Mine">True when this request is the first: it may run.</param>
/// <param name="Request">The hash of the first request.</param>
/// <param name="Answer">What the first was answered, as it was handed in; null while it runs.</param>
public sealed record IdempotentAnswer(bool Mine, ReadOnlyMemory<byte> Request, ReadOnlyMemory<byte>? Answer);

/// <summary>Answers that are given again to the same request with the same Idempotency-Key.</summary>
public sealed class IdempotentAnswers(NpgsqlDataSource database, TimeProvider clock)
{
    /// <summary>Longest Idempotency-Key, in characters.</summary>
    public const int MaxKeyLength = 255;

    /// <summary>Longest answer that is kept, in bytes.</summary>
    public const int MaxAnswerBytes = 1024 * 1024;

    /// <summary>How long an answer is given again.</summary>
    private static readonly TimeSpan s_kept = TimeSpan.FromHours(24);

    /// <summary>A first request that has not ended by then died with its process: the next one may run.</summary>
    private static readonly TimeSpan s_lost = TimeSpan.FromMinutes(5);

    /// <summary>Claims a key for a request, or tells what the first request with it was and got.</summary>
    public async Task<IdempotentAnswer> Begin(Guid caller, string key, byte[] request, CancellationToken stop = default)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        await using (var claim = database.CreateCommand("""
            with over as (delete from idempotent_answer where at < $5 and not (caller = $1 and key = $2))
            insert into idempotent_answer as a (caller, key, request, at) values ($1, $2, $3, $4)
            on conflict (caller, key) do update set request = excluded.request, at = excluded.at, answer = null
            where a.at < $5 or (a.answer is null and a.at < $6)
            """)
            .With(NpgsqlDbType.Uuid, caller).With(NpgsqlDbType.Text, Sql.Text(key)).With(NpgsqlDbType.Bytea, request)
            .With(NpgsqlDbType.TimestampTz, now).With(NpgsqlDbType.TimestampTz, now - s_kept).With(NpgsqlDbType.TimestampTz, now - s_lost))
        {
            if (await claim.ExecuteNonQueryAsync(stop) == 1) return new IdempotentAnswer(true, request, null);
        }

        await using var look = database.CreateCommand("select request, answer from idempotent_answer where caller = $1 and key = $2")
            .With(NpgsqlDbType.Uuid, caller).With(NpgsqlDbType.Text, Sql.Text(key));
        await using var row = await look.ExecuteReaderAsync(stop);
        return await row.ReadAsync(stop)
            ? new IdempotentAnswer(false, row.GetFieldValue<byte[]>(0), row.IsDBNull(1) ? default(ReadOnlyMemory<byte>?) : row.GetFieldValue<byte[]>(1))
            : new IdempotentAnswer(false, request, null);
    }

    /// <summary>Keeps the answer of the first request; null gives the key free, because the request changed nothing.</summary>
    public async Task End(Guid caller, string key, byte[]? answer, CancellationToken stop = default)
    {
        await using var command = database.CreateCommand(answer is null
            ? "delete from idempotent_answer where caller = $1 and key = $2 and answer is null"
            : "update idempotent_answer set answer = $3 where caller = $1 and key = $2")
            .With(NpgsqlDbType.Uuid, caller).With(NpgsqlDbType.Text, Sql.Text(key));
        if (answer is not null) command.With(NpgsqlDbType.Bytea, answer);
        await command.ExecuteNonQueryAsync(stop);
    }
}
