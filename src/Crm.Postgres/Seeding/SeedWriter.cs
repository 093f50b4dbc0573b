using System.Text.Json;
using System.Threading.Channels;
using Crm.Customers;
using Crm.Records;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Seeding;

/// <summary>A database that cannot be seeded: the message says why, and what to do.</summary>
public sealed class SeedRefusedException(string message) : Exception(message);

/// <summary>
/// Writes seeded records in one transaction: all, or none when it is ended. An empty database is written without its indexes, which are
/// made afterwards, in the same transaction.
/// </summary>
public sealed class SeedWriter
{
    /// <summary>Rows of one COPY: a few megabytes.</summary>
    private const int BatchRows = 10_000;

    /// <summary>Batches that are made while one is written.</summary>
    private const int MostWaiting = 2;

    /// <summary>A silo says that it lives every two seconds; one that has been silent for so long is dead.</summary>
    private const int AliveSeconds = 15;

    // "crm seed" in ASCII.
    private const long LockKey = 0x63726D20_73656564;

    private static readonly string[] s_tables =
        [.. RecordKind.All.Select(k => RecordTable.Of(k.Name).Name), "customer", "customer_seen", "customer_external_id"];

    private readonly NpgsqlConnection _connection;
    private readonly SeedScale _scale;
    private readonly IProgress<SeedProgress> _progress;

    private SeedWriter(NpgsqlConnection connection, SeedScale scale, IProgress<SeedProgress> progress) => (_connection, _scale, _progress) = (connection, scale, progress);

    /// <summary>The fields of one's own that seeded customers have; those of that name that are there are used.</summary>
    public static IReadOnlyList<CustomField> Fields(SeedScale scale, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(scale);
        return
        [
            new($"fld_seed{scale.Seed}_renewal", RecordKind.Customer.Name, SeedScale.RenewalField, FieldType.Day) { Label = "Renewal date", CreatedAt = now, UpdatedAt = now },
            new($"fld_seed{scale.Seed}_rating", RecordKind.Customer.Name, SeedScale.RatingField, FieldType.Number) { Label = "Rating", CreatedAt = now, UpdatedAt = now },
        ];
    }

    /// <summary>Writes everything, then vacuums and makes the indexes of fields of one's own.</summary>
    /// <param name="connectionString">The database, with the schema of this build; no silo runs on it.</param>
    /// <param name="add">True where other records may be there.</param>
    /// <exception cref="SeedRefusedException">It cannot be seeded; nothing was written.</exception>
    public static async Task Run(
        string connectionString, SeedScale scale, bool add, IEnumerable<SeededCustomer> customers, Func<RecordKind, IEnumerable<SeededRecord>> records,
        TimeProvider clock, IProgress<SeedProgress> progress, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(scale);
        ArgumentNullException.ThrowIfNull(progress);
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, CommandTimeout = 0, ApplicationName = "crm seed" };
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync(stop);
        var seeding = new SeedWriter(connection, scale, progress);
        try
        {
            await seeding.All(add, customers, records, clock.GetUtcNow(), stop);
        }
        catch (PostgresException taken) when (taken.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            throw new SeedRefusedException($"records of seed {scale.Seed} are there already ({taken.TableName}). Give another --seed. Nothing was written.");
        }

        progress.Report(new SeedProgress("vacuum", 0, 1));
        await seeding.Do($"VACUUM (ANALYZE) {string.Join(", ", s_tables)}", stop);
        progress.Report(new SeedProgress("fields", 0, 1));
        using var indexes = CustomFieldIndexes.Of(connectionString, clock, NullLogger<CustomFieldIndexes>.Instance);
        await indexes.Look(stop);
        await seeding.Do("ANALYZE customer_record", stop);
    }

    private async Task All(bool add, IEnumerable<SeededCustomer> customers, Func<RecordKind, IEnumerable<SeededRecord>> records, DateTimeOffset now, CancellationToken stop)
    {
        await using var transaction = await _connection.BeginTransactionAsync(stop);
        await Do($"SET LOCAL maintenance_work_mem = '256MB'; SET LOCAL statement_timeout = 0; SET LOCAL synchronous_commit = on; SELECT pg_advisory_xact_lock({LockKey})", stop);
        var isEmpty = await Refuse(add, stop);
        await People(now, stop);
        var indexes = isEmpty ? await DropIndexes(stop) : [];
        var copy = new SeedCopy(_connection);
        await Write(RecordKind.Customer, _scale.Customers, customers, copy.Customers, stop);
        foreach (var kind in RecordKind.All.Where(k => !k.IsLive))
        {
            // How many deals are won only the deals know: of ten some three.
            var count = kind == RecordKind.Order ? _scale.Of(RecordKind.Deal.Name) * 35L / 100 : _scale.Of(kind.Name);
            await Write(kind, count, records(kind), (rows, token) => copy.Records(kind.Name, rows, token), stop);
        }

        for (var at = 0; at < indexes.Count; at++)
        {
            _progress.Report(new SeedProgress("indexes", at, indexes.Count));
            await Do(indexes[at], stop);
        }

        await Note(now, stop);
        await transaction.CommitAsync(stop);
    }

    private async Task<bool> Refuse(bool add, CancellationToken stop)
    {
        if (await Ask<long>($"SELECT count(*) FROM orleans_membership WHERE status <= 3 AND alive_at > clock_timestamp() - make_interval(secs => {AliveSeconds})", stop) > 0)
            throw new SeedRefusedException("a silo runs, which would know nothing of what is written beside it. End ./run first, and wait some seconds.");
        var isEmpty = !await Ask<bool>("SELECT " + string.Join(" OR ", s_tables.Select(t => $"EXISTS (SELECT FROM {t})")), stop);
        return isEmpty || add ? isEmpty : throw new SeedRefusedException("the database holds records already. --add puts more beside them; --data names another folder.");
    }

    // Bytes of a batch are made while the one before is written.
    private async Task Write<T>(RecordKind kind, long of, IEnumerable<T> rows, Func<IReadOnlyList<T>, CancellationToken, Task> write, CancellationToken stop)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var batches = Channel.CreateBounded<T[]>(MostWaiting);
        var making = Task.Run(async () =>
        {
            try
            {
                foreach (var batch in rows.Chunk(BatchRows)) await batches.Writer.WriteAsync(batch, ends.Token);
                batches.Writer.Complete();
            }
            catch (Exception failure)
            {
                batches.Writer.Complete(failure);
            }
        }, CancellationToken.None);
        var done = 0L;
        try
        {
            await foreach (var batch in batches.Reader.ReadAllAsync(stop))
            {
                await write(batch, stop);
                done += batch.Length;
                _progress.Report(new SeedProgress(kind.Plural, done, Math.Max(of, done)));
            }
        }
        finally
        {
            await ends.CancelAsync();
            await making;
        }

        _progress.Report(new SeedProgress(kind.Plural, done, done));
    }

    // Those of keys stay: they decide.
    private async Task<IReadOnlyList<string>> DropIndexes(CancellationToken stop)
    {
        var (drops, creates) = (new List<string>(), new List<string>());
        await using (var command = new NpgsqlCommand("""
            SELECT format('DROP INDEX %I', i.relname), pg_get_indexdef(i.oid) FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
            WHERE t.relnamespace = 'public'::regnamespace AND t.relname = ANY ($1) AND NOT x.indisprimary
              AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.oid)
            ORDER BY t.relname, i.relname
            """, _connection).WithArray(NpgsqlDbType.Text, s_tables))
        await using (var rows = await command.ExecuteReaderAsync(stop))
        {
            while (await rows.ReadAsync(stop))
            {
                drops.Add(rows.GetString(0));
                creates.Add(rows.GetString(1));
            }
        }

        foreach (var drop in drops) await Do(drop, stop);
        return creates;
    }

    private async Task People(DateTimeOffset now, CancellationToken stop)
    {
        foreach (var team in Enumerable.Range(0, _scale.Teams))
        {
            await Do("INSERT INTO team (id, name, created_at, updated_at) VALUES ($1, $2, $3, $3)", stop,
                c => c.With(NpgsqlDbType.Text, _scale.Team(team)).With(NpgsqlDbType.Text, $"Team {team + 1}").With(NpgsqlDbType.TimestampTz, now.UtcDateTime));
        }

        foreach (var (id, team, name) in Enumerable.Range(0, _scale.Users).Select(_scale.User))
        {
            // Without a password: nobody signs in by them.
            await Do("INSERT INTO crm_user (id, user_name, name, role, team, created_at, updated_at) VALUES ($1, $2, $2, 'sales', $3, $4, $4)", stop,
                c => c.With(NpgsqlDbType.Text, id).With(NpgsqlDbType.Text, name).With(NpgsqlDbType.Text, team).With(NpgsqlDbType.TimestampTz, now.UtcDateTime));
        }

        foreach (var field in Fields(_scale, now))
        {
            await Do("INSERT INTO custom_field (id, kind, name, type, label, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT (kind, name) DO NOTHING", stop,
                c => c.With(NpgsqlDbType.Text, field.Id).With(NpgsqlDbType.Text, field.Kind).With(NpgsqlDbType.Text, field.Name)
                    .With(NpgsqlDbType.Text, CustomField.Types.First(t => t.Value == field.Type).Key).With(NpgsqlDbType.Text, field.Label).With(NpgsqlDbType.TimestampTz, now.UtcDateTime));
        }
    }

    // One line for all of them: nobody made them by hand.
    private Task Note(DateTimeOffset now, CancellationToken stop) => Do(
        "INSERT INTO audit (at, by_whom, kind, record, action, changes) VALUES ($1, 'crm', 'database', 'seed', 'seed', $2)", stop,
        c => c.With(NpgsqlDbType.TimestampTz, now.UtcDateTime).With(NpgsqlDbType.Jsonb, JsonSerializer.Serialize(new { _scale.Customers, _scale.Seed, _scale.Today })));

    private async Task<T> Ask<T>(string sql, CancellationToken stop)
    {
        await using var command = new NpgsqlCommand(sql, _connection);
        return (T)(await command.ExecuteScalarAsync(stop))!;
    }

    private async Task Do(string sql, CancellationToken stop, Action<NpgsqlCommand>? fill = null)
    {
        await using var command = new NpgsqlCommand(sql, _connection);
        fill?.Invoke(command);
        await command.ExecuteNonQueryAsync(stop);
    }
}
