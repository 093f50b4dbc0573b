using Crm.Infrastructure;
using Crm.Privacy;
using Crm.Records;
using Npgsql;
using Xunit;

namespace Crm.Auditing;

/// <summary>Whatever is done to the audit's lines is named by the verification.</summary>
public sealed class AuditChainTests : IAsyncLifetime
{
    private const int Lines = 6;

    private readonly OwnDatabase _own = new();
    private NpgsqlDataSource _database = null!;
    private Stores _stores = null!;

    public async Task InitializeAsync()
    {
        _database = await _own.Create();
        _stores = new Stores(_own.ConnectionString);
        for (var n = 1; n <= Lines; n++) await Note($"r{n}", $$"""{"name":[null,"Value number {{n}}"]}""");
        await Chained(Lines);
    }

    public async Task DisposeAsync()
    {
        await _stores.DisposeAsync();
        await _own.DisposeAsync();
    }

    private IAuditChain Chain => _stores.Get<IAuditChain>();

    [Fact]
    public async Task An_untouched_audit_is_whole_also_while_it_grows()
    {
        await Note("r7", "{}");
        var report = await AuditVerification.Run(_database);
        Assert.Equal((Lines, 1, null), ((int)report.Lines, (int)report.Unchained, report.Fault));

        await Chained(1);
        Assert.Equal(0, await Chain.Extend(1_000));
        var noted = report.Head!.Split(':');
        report = await AuditVerification.Run(_database, (long.Parse(noted[0]), noted[1]));
        Assert.Equal((Lines + 1, 0, null), ((int)report.Lines, (int)report.Unchained, report.Fault));
    }

    [Theory]
    [InlineData("id", "id = 999")]
    [InlineData("at", "at = at + interval '1 microsecond'")]
    [InlineData("by_whom", "by_whom = 'somebody'")]
    [InlineData("address", "address = '203.0.113.1'")]
    [InlineData("address", "address = ''")]
    [InlineData("kind", "kind = 'lead'")]
    [InlineData("record", "record = 'r5'")]
    [InlineData("action", "action = 'restored'")]
    [InlineData("changes", "changes = '{\"name\":[null,\"Value number 9\"]}'")]
    [InlineData("changes", "changes = NULL")]
    [InlineData("salt", "salt = '\\x00'")]
    [InlineData("changes and salt are gone", "changes = NULL, salt = NULL")]
    [InlineData("changes_hash", "changes_hash = sha256('x')")]
    [InlineData("changes_hash is gone", "changes_hash = NULL")]
    [InlineData("chained", "chained = sha256('x')")]
    [InlineData("link", "chain_seq = NULL", null)]
    public async Task A_line_that_was_altered_is_named(string what, string change, long? id = 3)
    {
        await Secretly($"UPDATE audit SET {change} WHERE id = 3");

        var fault = (await AuditVerification.Run(_database)).Fault;

        Assert.NotNull(fault);
        if (what == "link") Assert.Contains("number 3 of the chain is missing", fault.What, StringComparison.Ordinal);
        else Assert.Contains(what, fault.What, StringComparison.Ordinal);
        Assert.Equal(what == "id" ? 999 : id, fault.Id);
    }

    [Fact]
    public async Task A_line_that_was_deleted_is_named()
    {
        await Secretly("DELETE FROM audit WHERE id = 3");
        var fault = (await AuditVerification.Run(_database)).Fault;
        Assert.Equal("line number 3 of the chain is missing: it stood behind id 2, before id 4", fault!.What);
    }

    [Fact]
    public async Task Lines_that_were_swapped_are_named()
    {
        await Secretly("""
            UPDATE audit SET chain_seq = -chain_seq WHERE id IN (3, 4);
            UPDATE audit SET chain_seq = 7 + chain_seq WHERE id IN (3, 4)
            """);
        Assert.Equal(4, (await AuditVerification.Run(_database)).Fault!.Id);
    }

    [Fact]
    public async Task A_tail_that_was_cut_is_named_and_nothing_hides_it_later()
    {
        await Secretly("DELETE FROM audit WHERE id > 4");
        var fault = (await AuditVerification.Run(_database)).Fault;
        Assert.Equal("lines number 5 to 6 of the chain are missing: they stood behind id 4", fault!.What);

        await Note("r8", "{}");
        await Chained(1);
        Assert.Contains("number 5 of the chain is missing", (await AuditVerification.Run(_database)).Fault!.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_end_that_was_altered_or_removed_is_named_and_not_built_upon()
    {
        await _database.Do("UPDATE audit_head SET seq = 5");
        Assert.Contains("signature", (await AuditVerification.Run(_database)).Fault!.What, StringComparison.Ordinal);
        await Note("r8", "{}");
        await Assert.ThrowsAsync<InvalidOperationException>(() => Chain.Extend(1_000));

        await _database.Do("DELETE FROM audit_head");
        Assert.Contains("end of the chain is missing", (await AuditVerification.Run(_database)).Fault!.What, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidOperationException>(() => Chain.Extend(1_000));
    }

    [Fact]
    public async Task A_chain_that_was_built_anew_is_not_the_one_that_was_noted()
    {
        var noted = (await AuditVerification.Run(_database)).Head!.Split(':');
        await Secretly("UPDATE audit SET by_whom = 'somebody', chain_seq = NULL, chained = NULL, changes_hash = NULL; DELETE FROM audit_head");
        await Chained(Lines);

        Assert.Null((await AuditVerification.Run(_database)).Fault);
        Assert.Equal(6, (await AuditVerification.Run(_database, (long.Parse(noted[0]), noted[1]))).Fault!.Id);
    }

    [Theory]
    [InlineData("UPDATE audit SET by_whom = 'somebody' WHERE id = 3")]
    [InlineData("UPDATE audit SET changes = NULL, salt = NULL WHERE id = 3")]
    [InlineData("UPDATE audit SET chained = sha256('x') WHERE id = 3")]
    [InlineData("UPDATE audit SET chain_seq = 77 WHERE id = 3")]
    [InlineData("DELETE FROM audit WHERE id = 3")]
    [InlineData("TRUNCATE audit")]
    public async Task The_database_refuses_to_alter_it(string sql) =>
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, (await Assert.ThrowsAsync<PostgresException>(() => _database.Do(sql))).SqlState);

    [Fact]
    public async Task A_line_of_a_transaction_that_ended_late_is_chained_too()
    {
        await using (var late = await _database.OpenConnectionAsync())
        {
            await using var transaction = await late.BeginTransactionAsync();
            await using (var insert = new NpgsqlCommand("INSERT INTO audit (at, by_whom, kind, record, action) VALUES (now(), 'late', 'deal', 'x', 'edit')", late))
                await insert.ExecuteNonQueryAsync();
            await Note("r9", "{}");
            Assert.Equal(0, await Chain.Extend(1_000));
            await transaction.CommitAsync();
        }

        await Chained(2);
        Assert.Null((await AuditVerification.Run(_database)).Fault);
    }

    [Fact]
    public async Task What_an_erasure_takes_away_leaves_the_chain_whole()
    {
        await Note("r7", """{"email":[null,"Value number 4"],"not":"chained yet"}""");
        var erasures = _stores.Get<IErasures>();
        var erasure = await erasures.Begin("u:nobody", "test", suppress: false);
        await new AuditBlanking(_database, TimeProvider.System).Run(erasure.Id, ["Value number 4", "3"], ["u:nobody"], TimeProvider.System.GetUtcNow(), default);

        Assert.Empty(await Traces.Of(_database, "Value number 4"));
        Assert.Equal(5, await _database.Ask<long>("SELECT count(*) FROM audit WHERE changes::text LIKE '%Value number%'"));
        Assert.Null((await AuditVerification.Run(_database)).Fault);
        await Chained(2);
        Assert.Null((await AuditVerification.Run(_database)).Fault);
    }

    // Transactions of other databases of the server hold lines up for a moment.
    private async Task Chained(int lines)
    {
        var chained = 0;
        await Eventually.True(async () => (chained += await Chain.Extend(1_000)) >= lines, "the lines are chained");
        Assert.Equal(lines, chained);
    }

    private Task Note(string record, string changes) =>
        _stores.Get<RecordAudit>().Write("deal", record, "edit", changes, new ChangeCause("tester", null, Guid.NewGuid()));

    private Task Secretly(string sql) => _database.Do($"ALTER TABLE audit DISABLE TRIGGER USER, ALTER id SET GENERATED BY DEFAULT; {sql}; ALTER TABLE audit ENABLE TRIGGER USER");
}
