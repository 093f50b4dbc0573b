using System.Text.Json.Nodes;
using Crm.Auditing;
using Crm.Records;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Segments;

/// <summary>Writes a change of a segment: the segment, its version, the plan that all of them make, and what the audit says, in one transaction.</summary>
internal sealed class SegmentChanges(NpgsqlDataSource database, TimeProvider clock)
{
    public async Task<SegmentAnswer> Save(Segment segment, Func<LiveSegmentSet, SegmentPlanCheck> check, ChangeCause cause, CancellationToken stop)
    {
        await using var change = await AuditedChange.Begin(database, clock, cause, stop);

        // One change at a time: each sees the plan of the one before.
        await change.Command("SELECT FROM segment_plan FOR UPDATE").Run(stop);
        LiveSegmentSet live;
        await using (var command = change.Command(SegmentStore.LiveSql)) live = await SegmentStore.ReadLive(command, stop);
        var before = live.Segments.FirstOrDefault(s => s.Id == segment.Id);
        if (segment.RecordVersion > 0 && before is null) return new SegmentAnswer(SegmentOutcome.Missing, null);
        if (before is not null && before.RecordVersion != segment.RecordVersion) return new SegmentAnswer(SegmentOutcome.Stale, before);
        if (segment.DeletedAt is null && live.Segments.Any(s => s.Id != segment.Id
            && (string.Equals(s.Name, segment.Name, StringComparison.OrdinalIgnoreCase) || (s.Flag is not null && s.Flag == segment.Flag))))
            return new SegmentAnswer(SegmentOutcome.Taken, before);
        if (before is null && live.Segments.Count >= Segment.Most) return new SegmentAnswer(SegmentOutcome.Bound, null);
        var isRedefined = before is not null && before.Definition != segment.Definition;
        var after = segment with
        {
            Version = before is null ? 1 : before.Version + (isRedefined ? 1 : 0), RecordVersion = segment.RecordVersion + 1,
            CreatedAt = before?.CreatedAt ?? change.At, CreatedBy = before?.CreatedBy ?? cause.By, UpdatedAt = change.At,
            DeletedAt = segment.DeletedAt is null ? null : change.At,
        };
        var number = live.Number + 1;
        IEnumerable<Segment> then = before is null ? live.Segments.Append(after) : live.Segments.Select(s => s.Id == after.Id ? after : s);
        var plan = check(live with { Number = number, Segments = [.. then.Where(s => s.DeletedAt is null)] });
        if (plan.Problem is not null) return plan.Problem;
        await Write(change, after, number, plan, before is null || isRedefined, stop);
        var action = before is null ? "create" : after.DeletedAt is null ? "edit" : "delete";
        await change.Commit("segment", after.Id, action, AuditChanges.Between(Said(before), Said(after)), stop);
        return new SegmentAnswer(SegmentOutcome.Done, after);
    }

    private static async Task Write(AuditedChange change, Segment after, long number, SegmentPlanCheck plan, bool isDefined, CancellationToken stop)
    {
        await change.Command("""
            INSERT INTO segment (id, name, description, definition, version, record_version, created_at, created_by, updated_at, deleted_at, flag)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            ON CONFLICT (id) DO UPDATE SET name = $2, description = $3, definition = $4, version = $5, record_version = $6, updated_at = $9, deleted_at = $10, flag = $11
            """).With(NpgsqlDbType.Text, after.Id).With(NpgsqlDbType.Text, after.Name).With(NpgsqlDbType.Text, after.Description)
            .With(NpgsqlDbType.Text, after.Definition).With(NpgsqlDbType.Integer, after.Version).With(NpgsqlDbType.Bigint, after.RecordVersion)
            .With(NpgsqlDbType.TimestampTz, after.CreatedAt.UtcDateTime).With(NpgsqlDbType.Text, after.CreatedBy)
            .With(NpgsqlDbType.TimestampTz, after.UpdatedAt.UtcDateTime).With(NpgsqlDbType.TimestampTz, after.DeletedAt?.UtcDateTime)
            .With(NpgsqlDbType.Text, after.Flag).Run(stop);
        if (isDefined)
        {
            await change.Command("INSERT INTO segment_version (segment, version, definition, at, by_whom) VALUES ($1, $2, $3, $4, $5)")
                .With(NpgsqlDbType.Text, after.Id).With(NpgsqlDbType.Integer, after.Version).With(NpgsqlDbType.Text, after.Definition)
                .With(NpgsqlDbType.TimestampTz, after.UpdatedAt.UtcDateTime).With(NpgsqlDbType.Text, after.CreatedBy).Run(stop);
        }

        long[] stored = [.. plan.Keys.Select(key => unchecked((long)key))];
        await change.Command("DELETE FROM segment_series WHERE key <> ALL($1)").WithArray(NpgsqlDbType.Bigint, stored).Run(stop);
        await change.Command("INSERT INTO segment_series (key, born) SELECT k, $2 FROM unnest($1) AS k ON CONFLICT DO NOTHING")
            .WithArray(NpgsqlDbType.Bigint, stored).With(NpgsqlDbType.Bigint, number).Run(stop);
        await change.Command("UPDATE segment_plan SET number = $1, reads = $2, written_since = CASE WHEN reads = $2 THEN written_since ELSE $1 END")
            .With(NpgsqlDbType.Bigint, number).With(NpgsqlDbType.Smallint, (short)plan.Reads).Run(stop);
    }

    private static JsonObject? Said(Segment? segment) => segment is null ? null : new JsonObject
    {
        ["name"] = segment.Name, ["description"] = segment.Description, ["definition"] = segment.Definition, ["flag"] = segment.Flag, ["deletedAt"] = segment.DeletedAt?.ToString("O"),
    };
}
