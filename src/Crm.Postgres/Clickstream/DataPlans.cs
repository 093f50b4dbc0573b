using System.Text.Json.Nodes;
using Crm.Access;
using Crm.Auditing;
using Crm.Records;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Clickstream;

/// <summary>What one event of a source should look like.</summary>
/// <param name="Source">Id of the source.</param>
/// <param name="Event">Name of the track event, or <c>$identify</c>, <c>$page</c>, <c>$screen</c>, <c>$group</c>, <c>$alias</c> for other calls.</param>
/// <param name="Schema">The JSON Schema as text.</param>
/// <param name="Version">Tells edits apart; never used again.</param>
public sealed record DataPlan(string Source, string Event, string Schema, long Version, DateTimeOffset UpdatedAt);

/// <summary>How often a rule was broken.</summary>
/// <param name="Rule">Place of the rule in the schema, as a JSON pointer.</param>
/// <param name="Kept">Events that were kept all the same.</param>
/// <param name="Refused">Events that were refused.</param>
public sealed record PlanViolation(string Event, string Rule, long Kept, long Refused, DateTimeOffset FirstAt, DateTimeOffset LastAt);

/// <summary>The sources' data plans in PostgreSQL, and what broke them.</summary>
public sealed class DataPlans(NpgsqlDataSource database, TimeProvider clock)
{
    /// <summary>Longest name of an event that can have a plan, in characters.</summary>
    public const int MaxEventLength = 200;

    /// <summary>Most events of one source that can have a plan.</summary>
    public const int MaxEvents = 500;

    /// <summary>Most violations that are listed: those that happened most.</summary>
    private const int MaxListed = 1_000;

    private const string Columns = "source, event, schema, record_version, updated_at";

    /// <summary>All plans of all sources, without order.</summary>
    public async Task<IReadOnlyList<DataPlan>> All(CancellationToken stop = default)
    {
        await using var command = database.CreateCommand($"select {Columns} from data_plan");
        return await Read(command, stop);
    }

    /// <summary>The plans of a source by event name.</summary>
    public async Task<IReadOnlyList<DataPlan>> List(string source, CancellationToken stop = default)
    {
        await using var command = database.CreateCommand($"select {Columns} from data_plan where source = $1 order by event limit {MaxEvents}")
            .With(NpgsqlDbType.Text, Sql.Text(source));
        return await Read(command, stop);
    }

    /// <summary>The plan of an event; null when there is none.</summary>
    public async Task<DataPlan?> Get(string source, string name, CancellationToken stop = default)
    {
        await using var command = database.CreateCommand($"select {Columns} from data_plan where source = $1 and event = $2")
            .With(NpgsqlDbType.Text, Sql.Text(source)).With(NpgsqlDbType.Text, Sql.Text(name));
        return await Read(command, stop) is [var plan] ? plan : null;
    }

    /// <summary>Sets the plan of an event.</summary>
    /// <param name="version">The version that must still stand; null for any, also for none.</param>
    /// <returns>The plan; null with <see cref="RecordWrite.Missing"/> (no such source, or it is full) or <see cref="RecordWrite.Stale"/>.</returns>
    public async Task<(RecordWrite Did, DataPlan? Plan)> Put(
        string source, string name, string schema, long? version, ChangeCause cause, CancellationToken stop = default)
    {
        await using var change = await AuditedChange.Begin(database, clock, cause, stop);
        var before = await Held(change, source, name, stop);
        if (version is { } wanted && wanted != before?.Version) return (RecordWrite.Stale, null);
        await using var put = change.Command($"""
            insert into data_plan (source, event, schema, updated_at)
            select s.id, $2, $3, $4 from source s
            where s.id = $1 and ((select count(*) from data_plan where source = $1) < {MaxEvents} or exists (select from data_plan where source = $1 and event = $2))
            on conflict (source, event) do update
            set schema = excluded.schema, updated_at = excluded.updated_at, record_version = nextval('data_plan_version')
            where $5 is null or data_plan.record_version = $5
            returning {Columns}
            """)
            .With(NpgsqlDbType.Text, Sql.Text(source)).With(NpgsqlDbType.Text, Sql.Text(name)).With(NpgsqlDbType.Text, schema)
            .With(NpgsqlDbType.TimestampTz, change.At.UtcDateTime).With(NpgsqlDbType.Bigint, version);
        if (await Read(put, stop) is not [var plan]) return (version is null ? RecordWrite.Missing : RecordWrite.Stale, null);
        await change.Commit("plan", plan.Source, before is null ? "create" : "edit", Said(name, before, plan), stop);
        return (RecordWrite.Done, plan);
    }

    /// <summary>Removes the plan of an event.</summary>
    /// <param name="version">The version that must still stand; null for any.</param>
    public async Task<RecordWrite> Delete(string source, string name, long? version, ChangeCause cause, CancellationToken stop = default)
    {
        await using var change = await AuditedChange.Begin(database, clock, cause, stop);
        if (await Held(change, source, name, stop) is not { } gone) return RecordWrite.Missing;
        if (version is { } wanted && wanted != gone.Version) return RecordWrite.Stale;
        await change.Command("delete from data_plan where source = $1 and event = $2")
            .With(NpgsqlDbType.Text, gone.Source).With(NpgsqlDbType.Text, gone.Event).Run(stop);
        await change.Commit("plan", gone.Source, "delete", Said(name, gone, null), stop);
        return RecordWrite.Done;
    }

    private static async Task<DataPlan?> Held(AuditedChange change, string source, string name, CancellationToken stop)
    {
        await using var command = change.Command($"select {Columns} from data_plan where source = $1 and event = $2 for no key update")
            .With(NpgsqlDbType.Text, Sql.Text(source)).With(NpgsqlDbType.Text, Sql.Text(name));
        return await Read(command, stop) is [var plan] ? plan : null;
    }

    // The schema as text: jsonb cannot hold every JSON.
    private static JsonObject Said(string name, DataPlan? before, DataPlan? after) => new()
    {
        ["event"] = Sql.Text(name), ["schema"] = new JsonObject { ["from"] = before?.Schema, ["to"] = after?.Schema },
    };

    /// <summary>What broke a source's plans, most first.</summary>
    public async Task<IReadOnlyList<PlanViolation>> Violations(string source, CancellationToken stop = default)
    {
        await using var command = database.CreateCommand($"""
            select event, rule, kept, refused, first_at, last_at from plan_violation where source = $1
            order by kept + refused desc, event, rule limit {MaxListed}
            """).With(NpgsqlDbType.Text, Sql.Text(source));
        await using var row = await command.ExecuteReaderAsync(stop);
        var violations = new List<PlanViolation>();
        while (await row.ReadAsync(stop))
        {
            violations.Add(new PlanViolation(
                row.GetString(0), row.GetString(1), row.GetInt64(2), row.GetInt64(3),
                row.GetFieldValue<DateTimeOffset>(4), row.GetFieldValue<DateTimeOffset>(5)));
        }

        return violations;
    }

    /// <summary>Adds to the counts; those of sources that are gone are dropped.</summary>
    public async Task Count(IReadOnlyCollection<(string Source, PlanViolation Violation)> counts, CancellationToken stop = default)
    {
        // In the order of the key, so that two processes cannot wait for each other.
        var sorted = counts.OrderBy(c => c.Source, StringComparer.Ordinal).ThenBy(c => c.Violation.Event, StringComparer.Ordinal)
            .ThenBy(c => c.Violation.Rule, StringComparer.Ordinal).ToArray();
        await using var command = database.CreateCommand("""
            insert into plan_violation as v (source, event, rule, kept, refused, first_at, last_at)
            select c.* from unnest($1, $2, $3, $4, $5, $6, $7) as c (source, event, rule, kept, refused, first_at, last_at)
            where exists (select from source s where s.id = c.source)
            on conflict (source, event, rule) do update set kept = v.kept + excluded.kept, refused = v.refused + excluded.refused,
              first_at = least(v.first_at, excluded.first_at), last_at = greatest(v.last_at, excluded.last_at)
            """)
            .WithArray(NpgsqlDbType.Text, sorted.Select(c => c.Source))
            .WithArray(NpgsqlDbType.Text, sorted.Select(c => Sql.Text(c.Violation.Event)))
            .WithArray(NpgsqlDbType.Text, sorted.Select(c => c.Violation.Rule))
            .WithArray(NpgsqlDbType.Bigint, sorted.Select(c => c.Violation.Kept))
            .WithArray(NpgsqlDbType.Bigint, sorted.Select(c => c.Violation.Refused))
            .WithArray(NpgsqlDbType.TimestampTz, sorted.Select(c => c.Violation.FirstAt.UtcDateTime))
            .WithArray(NpgsqlDbType.TimestampTz, sorted.Select(c => c.Violation.LastAt.UtcDateTime));
        await command.ExecuteNonQueryAsync(stop);
    }

    private static async Task<IReadOnlyList<DataPlan>> Read(NpgsqlCommand command, CancellationToken stop)
    {
        await using var row = await command.ExecuteReaderAsync(stop);
        var plans = new List<DataPlan>();
        while (await row.ReadAsync(stop))
            plans.Add(new DataPlan(row.GetString(0), row.GetString(1), row.GetString(2), row.GetInt64(3), row.GetFieldValue<DateTimeOffset>(4)));
        return plans;
    }
}
