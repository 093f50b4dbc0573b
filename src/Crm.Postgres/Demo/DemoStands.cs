using System.Text.Json.Nodes;
using Crm.Auditing;
using Crm.Records;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Demo;

/// <summary>The demo shop: its simulated visitors, and what they leave.</summary>
/// <param name="Wanted">What somebody wants of it: <see cref="DemoStands.Open"/>, <see cref="DemoStands.Closed"/> or <see cref="DemoStands.Erased"/>; null before anybody said.</param>
/// <param name="State">What is so: those, <see cref="DemoStands.Erasing"/>, or <see cref="DemoStands.Busy"/>.</param>
/// <param name="SeenAt">When the run that keeps it last looked; null for never.</param>
public sealed record DemoStand(string? Wanted, string? State, DateTimeOffset? SeenAt);

/// <summary>What is wanted of the demo shop, by the API, and what is so, by the run that keeps it.</summary>
public sealed class DemoStands(NpgsqlDataSource database, TimeProvider clock)
{
    /// <summary>Its visitors come.</summary>
    public const string Open = "open";

    /// <summary>Nobody comes; what they left stays.</summary>
    public const string Closed = "closed";

    /// <summary>Its customers are being removed.</summary>
    public const string Erasing = "erasing";

    /// <summary>All that its visitors left is gone.</summary>
    public const string Erased = "erased";

    /// <summary>It could not be erased: events of others came all the time.</summary>
    public const string Busy = "busy";

    /// <summary>What may be wanted.</summary>
    public static IReadOnlyList<string> Wishes { get; } = [Open, Closed, Erased];

    /// <summary>How it stands.</summary>
    public async Task<DemoStand> Read(CancellationToken stop = default)
    {
        await using var command = database.CreateCommand("SELECT wanted, state, seen_at FROM demo_shop");
        return await Read(command, stop);
    }

    /// <summary>Somebody wants something of it.</summary>
    public async Task Want(string wanted, ChangeCause cause, CancellationToken stop = default)
    {
        await using var change = await AuditedChange.Begin(database, clock, cause, stop);
        var before = await Read(change.Command("SELECT wanted, state, seen_at FROM demo_shop FOR UPDATE"), stop);
        await change.Command("UPDATE demo_shop SET wanted = $1").With(NpgsqlDbType.Text, wanted).Run(stop);
        await change.Commit(
            "demo", "demo", "edit", AuditChanges.Between(new JsonObject { ["wanted"] = before.Wanted }, new JsonObject { ["wanted"] = wanted }), stop);
    }

    /// <summary>A run begins: it opens the shop, or keeps it closed. Who began without it goes on without it.</summary>
    public Task Begin(bool open, CancellationToken stop = default) => Say(
        "UPDATE demo_shop SET wanted = CASE WHEN wanted = 'erased' THEN wanted ELSE $1 END, seen_at = $2", open ? Open : Closed, stop);

    /// <summary>How it is now.</summary>
    public Task Tell(string state, CancellationToken stop = default) => Say("UPDATE demo_shop SET state = $1, seen_at = $2", state, stop);

    /// <summary>It is so, and nobody wants anything else of it any more.</summary>
    public Task Rest(string state, CancellationToken stop = default) => Say("UPDATE demo_shop SET wanted = 'closed', state = $1, seen_at = $2", state, stop);

    private async Task Say(string sql, string word, CancellationToken stop) => await database.CreateCommand(sql)
        .With(NpgsqlDbType.Text, word).With(NpgsqlDbType.TimestampTz, clock.GetUtcNow().UtcDateTime).Run(stop);

    private static async Task<DemoStand> Read(NpgsqlCommand command, CancellationToken stop)
    {
        await using var rows = await command.ExecuteReaderAsync(stop);
        return await rows.ReadAsync(stop)
            ? new DemoStand(rows.IsDBNull(0) ? null : rows.GetString(0), rows.IsDBNull(1) ? null : rows.GetString(1), rows.IsDBNull(2) ? null : rows.GetFieldValue<DateTimeOffset>(2))
            : new DemoStand(null, null, null);
    }
}
