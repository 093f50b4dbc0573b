using Crm.Infrastructure;
using Npgsql;
using Xunit;

namespace Crm.Auditing;

/// <summary>Changes are told as they end, whatever the order in which their lines were numbered.</summary>
public sealed class AuditTailTests : IAsyncLifetime
{
    private readonly PostgresFixture _postgres = new();

    public Task InitializeAsync() => _postgres.InitializeAsync();

    public Task DisposeAsync() => _postgres.DisposeAsync();

    [Fact]
    public async Task What_ends_late_is_told_late_and_everything_once()
    {
        await using var stores = new Stores(_postgres.ConnectionString);
        var tail = stores.Get<AuditTail>();
        await Line(_postgres.Source, "before");
        Assert.Empty(await tail.Look());
        Assert.Empty(await tail.Look());

        await using var slow = await _postgres.Source.OpenConnectionAsync();
        await using var transaction = await slow.BeginTransactionAsync();
        await using (var late = new NpgsqlCommand(Insert("late"), slow)) await late.ExecuteNonQueryAsync();
        await Line(_postgres.Source, "soon");
        Assert.Equal(["soon"], Ids(await tail.Look()));
        await transaction.CommitAsync();
        await Line(_postgres.Source, "later");
        Assert.Equal(["late", "later"], Ids(await tail.Look()));
        Assert.Empty(await tail.Look());

        // Who comes back after a while is told what is new from then on.
        tail.Rest();
        await Line(_postgres.Source, "meanwhile");
        Assert.Empty(await tail.Look());
        await Line(_postgres.Source, "now");
        Assert.Equal(new RecordMoved("deal", "now", "edit", "usr_ada", default), (await tail.Look()).Single() with { At = default });
    }

    private static string[] Ids(IReadOnlyList<RecordMoved> moved) => [.. moved.Select(m => m.Id)];

    private static string Insert(string record) => $"INSERT INTO audit (at, by_whom, kind, record, action) VALUES (now(), 'usr_ada', 'deal', '{record}', 'edit')";

    private static Task Line(NpgsqlDataSource database, string record) => database.Do(Insert(record));
}
