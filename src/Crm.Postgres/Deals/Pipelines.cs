using System.Text.Json.Nodes;
using Crm.Auditing;
using Crm.Records;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Deals;

/// <summary>What came of a change of the pipelines.</summary>
public enum PipelineWrite
{
    /// <summary>It is stored.</summary>
    Done,

    /// <summary>There is none.</summary>
    Missing,

    /// <summary>There is one, or a stage, with this id already.</summary>
    Exists,

    /// <summary>Somebody changed it meanwhile.</summary>
    Stale,

    /// <summary>Deals stand in a stage that would go.</summary>
    InUse,

    /// <summary>There are too many, or it is the last one.</summary>
    Bound,
}

/// <summary>The pipelines in PostgreSQL, and in this process' memory for as long as nobody changes them.</summary>
public sealed class Pipelines : IPipelines
{
    /// <summary>Most pipelines: all are in every process' memory.</summary>
    public const int Max = 50;

    private const string ReadSql = """
        SELECT p.id, p.name, p.position, p.lost_reasons, p.record_version, p.created_at, p.updated_at,
          s.id, s.name, s.type, s.probability, s.rotting_days, s.required
        FROM pipeline p JOIN stage s ON s.pipeline = p.id ORDER BY p.position, p.id, s.position, s.id
        """;

    private readonly NpgsqlDataSource _database;
    private readonly TimeProvider _clock;
    private volatile Known? _known;

    internal Pipelines(DataSources sources, TimeProvider clock) => (_database, _clock) = (sources.Reading, clock);

    /// <inheritdoc/>
    public async Task<PipelineSet> Now(CancellationToken stop = default)
    {
        // Read first: what changes meanwhile has a higher number, and is read again.
        await using var ask = _database.CreateCommand("SELECT revision FROM pipeline_revision");
        var revision = (long)(await ask.ExecuteScalarAsync(stop))!;
        if (_known is { } known && known.Revision == revision) return known.Set;
        var read = new Known(revision, await Read(_database.CreateCommand(ReadSql), stop));
        _known = read;
        return read.Set;
    }

    /// <summary>Makes one, behind those that there are.</summary>
    public Task<PipelineWrite> Create(Pipeline pipeline, ChangeCause cause, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(pipeline);
        return Change(pipeline.Id, "create", cause, async (change, _) =>
        {
            var made = await change.Command($"""
                INSERT INTO pipeline (id, name, position, lost_reasons, created_at, updated_at)
                SELECT $1, $2, (SELECT coalesce(max(position), 0) + 1 FROM pipeline), $3, $4, $4 WHERE (SELECT count(*) FROM pipeline) < {Max}
                """).With(NpgsqlDbType.Text, pipeline.Id).With(NpgsqlDbType.Text, pipeline.Name).WithArray(NpgsqlDbType.Text, pipeline.LostReasons)
                .With(NpgsqlDbType.TimestampTz, change.At.UtcDateTime).Run(stop);
            if (made == 0) return PipelineWrite.Bound;
            await Stages(change, pipeline, stop);
            return PipelineWrite.Done;
        }, stop);
    }

    /// <summary>Writes all of one, if it is still in the version that was read. A stage that deals stand in cannot go.</summary>
    public Task<PipelineWrite> Update(Pipeline pipeline, ChangeCause cause, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(pipeline);
        return Change(pipeline.Id, "edit", cause, async (change, before) =>
        {
            if (before?.RecordVersion != pipeline.RecordVersion) return PipelineWrite.Stale;
            await change.Command("""
                UPDATE pipeline SET name = $2, position = $3, lost_reasons = $4, updated_at = $5, record_version = record_version + 1 WHERE id = $1
                """).With(NpgsqlDbType.Text, pipeline.Id).With(NpgsqlDbType.Text, pipeline.Name).With(NpgsqlDbType.Integer, pipeline.Position)
                .WithArray(NpgsqlDbType.Text, pipeline.LostReasons).With(NpgsqlDbType.TimestampTz, change.At.UtcDateTime).Run(stop);
            await change.Command("DELETE FROM stage WHERE pipeline = $1 AND id <> ALL($2)")
                .With(NpgsqlDbType.Text, pipeline.Id).WithArray(NpgsqlDbType.Text, pipeline.Stages.Select(s => s.Id)).Run(stop);
            await Stages(change, pipeline, stop);
            return PipelineWrite.Done;
        }, stop);
    }

    /// <summary>Removes one that no deal is in; the last one stays.</summary>
    /// <param name="version">The version that must still stand; null for any.</param>
    public Task<PipelineWrite> Delete(string id, long? version, ChangeCause cause, CancellationToken stop = default) => Change(id, "delete", cause, async (change, before) =>
    {
        if (before is null) return PipelineWrite.Missing;
        if (version is { } wanted && wanted != before.RecordVersion) return PipelineWrite.Stale;
        var deleted = await change.Command("DELETE FROM pipeline WHERE id = $1 AND (SELECT count(*) FROM pipeline) > 1").With(NpgsqlDbType.Text, id).Run(stop);
        return deleted == 1 ? PipelineWrite.Done : PipelineWrite.Bound;
    }, stop);

    /// <summary>Deals that stand in some stages, also those in the trash: how many, and some of their ids.</summary>
    public async Task<(long Count, IReadOnlyList<string> Some)> Using(IReadOnlyList<string> stages, int limit, CancellationToken stop = default)
    {
        await using var command = _database.CreateCommand("""
            SELECT (SELECT count(*) FROM deal WHERE stage = ANY($1)), ARRAY(SELECT id FROM deal WHERE stage = ANY($1) LIMIT $2)
            """).WithArray(NpgsqlDbType.Text, stages).With(NpgsqlDbType.Integer, limit);
        await using var row = await command.ExecuteReaderAsync(stop);
        await row.ReadAsync(stop);
        return (row.GetInt64(0), row.GetFieldValue<string[]>(1));
    }

    private async Task<PipelineWrite> Change(
        string id, string action, ChangeCause cause, Func<AuditedChange, Pipeline?, Task<PipelineWrite>> write, CancellationToken stop)
    {
        await using var change = await AuditedChange.Begin(_database, _clock, cause, stop);
        try
        {
            // Two who are at it at once: the second sees what the first did.
            await change.Command("SELECT FROM pipeline WHERE id = $1 FOR NO KEY UPDATE").With(NpgsqlDbType.Text, id).Run(stop);
            var before = (await Read(change.Command(ReadSql), stop)).Find(id);
            var done = await write(change, before);
            if (done != PipelineWrite.Done) return done;
            var after = (await Read(change.Command(ReadSql), stop)).Find(id);
            await change.Commit("pipeline", id, action, AuditChanges.Between(Said(before), Said(after)), stop);
            return done;
        }
        catch (PostgresException refusal) when (refusal.SqlState == PostgresErrorCodes.ForeignKeyViolation)
        {
            return PipelineWrite.InUse;
        }
        catch (PostgresException refusal) when (refusal.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            return PipelineWrite.Exists;
        }
    }

    private static async Task Stages(AuditedChange change, Pipeline pipeline, CancellationToken stop)
    {
        for (var at = 0; at < pipeline.Stages.Count; at++)
        {
            var stage = pipeline.Stages[at];

            // Of another pipeline's stage with this id the insert fails: it is not this one's to change.
            await change.Command("""
                WITH known AS (
                  UPDATE stage SET position = $3, name = $4, type = $5, probability = $6, rotting_days = $7, required = $8
                  WHERE id = $1 AND pipeline = $2 RETURNING id
                )
                INSERT INTO stage (id, pipeline, position, name, type, probability, rotting_days, required)
                SELECT $1, $2, $3, $4, $5, $6, $7, $8 WHERE NOT EXISTS (SELECT FROM known)
                """).With(NpgsqlDbType.Text, stage.Id).With(NpgsqlDbType.Text, pipeline.Id).With(NpgsqlDbType.Integer, at + 1).With(NpgsqlDbType.Text, stage.Name)
                .With(NpgsqlDbType.Text, Text(stage.Type)).With(NpgsqlDbType.Numeric, stage.Probability).With(NpgsqlDbType.Integer, stage.RottingDays)
                .WithArray(NpgsqlDbType.Text, stage.Required).Run(stop);
        }
    }

    private static JsonObject? Said(Pipeline? pipeline) => pipeline is null ? null : new()
    {
        ["name"] = pipeline.Name, ["position"] = pipeline.Position, ["lostReasons"] = Texts(pipeline.LostReasons),
        ["stages"] = new JsonArray([.. pipeline.Stages.Select(s => (JsonNode)new JsonObject
        {
            ["id"] = s.Id, ["name"] = s.Name, ["type"] = Text(s.Type), ["probability"] = s.Probability, ["rottingDays"] = s.RottingDays, ["required"] = Texts(s.Required),
        })]),
    };

    private static JsonArray Texts(IReadOnlyList<string> texts) => new([.. texts.Select(t => (JsonNode)t)]);

    private static async Task<PipelineSet> Read(NpgsqlCommand read, CancellationToken stop)
    {
        await using var command = read;
        await using var rows = await command.ExecuteReaderAsync(stop);
        var all = new List<Pipeline>();
        var stages = new List<Stage>();
        while (await rows.ReadAsync(stop))
        {
            if (all.Count == 0 || all[^1].Id != rows.GetString(0)) all.Add(Pipeline(rows, stages = []));
            stages.Add(new Stage(rows.GetString(7), rows.GetString(8), Type(rows.GetString(9)))
            {
                Probability = rows.GetDecimal(10),
                RottingDays = rows.IsDBNull(11) ? null : rows.GetInt32(11),
                Required = rows.GetFieldValue<string[]>(12),
            });
        }

        return new PipelineSet(all);
    }

    private static Pipeline Pipeline(NpgsqlDataReader row, List<Stage> stages) => new(row.GetString(0), row.GetString(1), stages)
    {
        Position = row.GetInt32(2),
        LostReasons = row.GetFieldValue<string[]>(3),
        RecordVersion = row.GetInt64(4),
        CreatedAt = row.GetFieldValue<DateTimeOffset>(5),
        UpdatedAt = row.GetFieldValue<DateTimeOffset>(6),
    };

    private static string Text(StageType type) => type switch { StageType.Won => "won", StageType.Lost => "lost", _ => "open" };

    private static StageType Type(string text) => text switch { "won" => StageType.Won, "lost" => StageType.Lost, _ => StageType.Open };

    private sealed record Known(long Revision, PipelineSet Set);
}
