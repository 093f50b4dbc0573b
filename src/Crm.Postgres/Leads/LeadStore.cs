using System.Text.Json.Nodes;
using Crm.Auditing;
using Crm.Records;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Leads;

/// <summary>Leads, many at a time, in PostgreSQL.</summary>
internal sealed class LeadStore(DataSources sources, TimeProvider clock) : ILeadStore
{
    private const string RulesSql = "SELECT source, mode, users, given FROM lead_rule ORDER BY position";
    private const string IsOpen = "status NOT IN ('converted', 'unqualified') AND deleted_at IS NULL";

    public Task<IReadOnlyList<AwaitingLead>> Awaiting(int max, CancellationToken stop = default) => List(
        Command("SELECT id, source FROM lead WHERE awaits_since IS NOT NULL AND deleted_at IS NULL ORDER BY awaits_since, id LIMIT $1").With(NpgsqlDbType.Integer, max),
        row => new AwaitingLead(row.GetString(0), row.IsDBNull(1) ? null : row.GetString(1)), stop);

    public Task<IReadOnlyList<string>> Idle(DateTimeOffset since, int max, CancellationToken stop = default) => List(
        Command($"SELECT id FROM lead WHERE owner IS NOT NULL AND {IsOpen} AND touched_at < $1 ORDER BY touched_at LIMIT $2")
            .With(NpgsqlDbType.TimestampTz, since.UtcDateTime).With(NpgsqlDbType.Integer, max),
        row => row.GetString(0), stop);

    public Task<IReadOnlyList<string>> Pending(int max, CancellationToken stop = default) => List(
        Command("SELECT id FROM lead WHERE state -> 'pending' IS NOT NULL LIMIT $1").With(NpgsqlDbType.Integer, max), row => row.GetString(0), stop);

    public async Task<long> Claimed(string user, CancellationToken stop = default)
    {
        await using var command = Command($"SELECT count(*) FROM lead WHERE owner = $1 AND claimed_at IS NOT NULL AND {IsOpen}").With(NpgsqlDbType.Text, user);
        return (long)(await command.ExecuteScalarAsync(stop))!;
    }

    public async Task<IReadOnlyDictionary<string, long>> Open(IReadOnlyList<string> users, CancellationToken stop = default) => (await List(
        Command($"SELECT owner, count(*) FROM lead WHERE owner = ANY($1) AND {IsOpen} GROUP BY owner").WithArray(NpgsqlDbType.Text, users),
        row => (User: row.GetString(0), Count: row.GetInt64(1)), stop)).ToDictionary(u => u.User, u => u.Count, StringComparer.Ordinal);

    public Task<IReadOnlyList<string>> Enabled(IReadOnlyList<string> users, CancellationToken stop = default) => List(
        Command("SELECT id FROM crm_user WHERE id = ANY($1) AND enabled").WithArray(NpgsqlDbType.Text, users), row => row.GetString(0), stop);

    public Task<IReadOnlyList<LeadRule>> Rules(CancellationToken stop = default) => List(Command(RulesSql), Rule, stop);

    public async Task SetRules(IReadOnlyList<LeadRule> rules, ChangeCause cause, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(rules);
        await using var change = await AuditedChange.Begin(sources.Reading, clock, cause, stop);
        await change.Command("LOCK TABLE lead_rule IN SHARE ROW EXCLUSIVE MODE").Run(stop);
        var before = await List(change.Command(RulesSql), Rule, stop);
        await change.Command("DELETE FROM lead_rule").Run(stop);
        for (var at = 0; at < rules.Count; at++)
        {
            await change.Command("INSERT INTO lead_rule (position, source, mode, users, given) VALUES ($1, $2, $3, $4, $5)")
                .With(NpgsqlDbType.Integer, at + 1).With(NpgsqlDbType.Text, rules[at].Source).With(NpgsqlDbType.Text, Mode(rules[at].Mode))
                .WithArray(NpgsqlDbType.Text, rules[at].Users).With(NpgsqlDbType.Bigint, rules[at].Given).Run(stop);
        }

        await change.Commit("lead-rules", "", "edit", AuditChanges.Between(Said(before), Said(rules)), stop);
    }

    public async Task Gave(LeadRule rule, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(rule);
        await using var command = Command("UPDATE lead_rule SET given = given + 1 WHERE source IS NOT DISTINCT FROM $1 AND mode = $2 AND users = $3")
            .With(NpgsqlDbType.Text, rule.Source).With(NpgsqlDbType.Text, Mode(rule.Mode)).WithArray(NpgsqlDbType.Text, rule.Users);
        await command.ExecuteNonQueryAsync(stop);
    }

    private static LeadRule Rule(NpgsqlDataReader row) => new(
        row.IsDBNull(0) ? null : row.GetString(0), row.GetString(1) == "round_robin" ? LeadMode.RoundRobin : LeadMode.LeastBusy,
        row.GetFieldValue<string[]>(2), row.GetInt64(3));

    private static JsonObject Said(IReadOnlyList<LeadRule> rules) => new()
    {
        ["rules"] = new JsonArray([.. rules.Select(r => (JsonNode)new JsonObject
        {
            ["source"] = r.Source, ["mode"] = Mode(r.Mode), ["users"] = new JsonArray([.. r.Users.Select(u => (JsonNode)u)]),
        })]),
    };

    private NpgsqlCommand Command(string sql) => sources.Reading.CreateCommand(sql);

    private static string Mode(LeadMode mode) => mode == LeadMode.RoundRobin ? "round_robin" : "least_busy";

    private static async Task<IReadOnlyList<T>> List<T>(NpgsqlCommand command, Func<NpgsqlDataReader, T> read, CancellationToken stop)
    {
        await using var owned = command;
        await using var rows = await command.ExecuteReaderAsync(stop);
        var list = new List<T>();
        while (await rows.ReadAsync(stop)) list.Add(read(rows));
        return list;
    }
}
