using Crm.Clickstream;
using Crm.Customers;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Privacy;

/// <summary>Writers from before an erasure write nothing after it, whatever they had read.</summary>
public sealed class ErasureFenceTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IAsyncLifetime
{
    private readonly Stores _stores = new(postgres.ConnectionString);

    private ICustomerStore Store => _stores.Get<ICustomerStore>();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _stores.DisposeAsync();

    [Fact]
    public async Task A_stale_writer_is_fenced_also_when_the_customer_began_anew_with_as_many_writes()
    {
        await Store.Write(Row("u:stale", 0));
        Assert.Equal(EraseOutcome.Closed, await Erase("u:stale", 1, 0));
        var erased = (await Store.Read("u:stale")).Erased!;

        Assert.False(await Store.Write(Row("u:stale", 1)));
        Assert.False(await Store.Write(Row("u:stale", 0)));
        Assert.True(await Store.Write(Row("u:stale", 0) with { ErasedVersion = erased.Version }));
        Assert.False(await Store.Write(Row("u:stale", 1)));
        Assert.Equal(erased.Version + 1, (await Store.Read("u:stale")).Row!.RowVersion);
    }

    [Fact]
    public async Task A_first_write_that_was_on_its_way_is_fenced()
    {
        Assert.Equal(EraseOutcome.Closed, await Erase("u:never", 0, 0));

        Assert.False(await Store.Write(Row("u:never", 0)));
        Assert.Null((await Store.Read("u:never")).Row);
    }

    [Fact]
    public async Task First_writes_and_erasures_in_a_race_leave_no_row_from_before()
    {
        for (var round = 0; round < 30; round++)
        {
            var id = $"u:race-{round}";
            var write = Store.Write(Row(id, 0));
            var erased = await Erase(id, 0, 0);
            var written = await write;

            // Either the erasure saw the row, and was refused because it knew none; or the write was.
            Assert.NotEqual(written, erased == EraseOutcome.Closed);
            Assert.Equal(written, (await Store.Read(id)).Row is not null);
        }
    }

    [Fact]
    public async Task An_erasure_is_refused_when_another_owner_wrote_or_a_merge_is_not_known()
    {
        await Store.Write(Row("u:other", 0));
        Assert.Equal(EraseOutcome.NotYet, await Erase("u:other", 0, 0));
        await _stores.Get<IMergeLedger>().Decide("a:given", "u:other", "identify");
        Assert.Equal(EraseOutcome.NotYet, await Erase("u:other", 1, 0));
        await _stores.Get<IMergeLedger>().Decide("u:other", "u:third", "alias");
        Assert.Equal(EraseOutcome.NotYet, await Erase("u:other", 1, 0, "a:given"));
    }

    [Fact]
    public async Task A_tombstone_notes_what_it_skipped_under_its_own_version()
    {
        await Erase("u:skips", 0, 0);
        var first = (await Store.Read("u:skips")).Erased!;
        var skip = Row("u:skips", 0) with
        {
            ErasedVersion = first.Version, Floor = 9, Rejects = [new Reject(0, "", 9, RejectReason.Erased)],
        };

        Assert.True(await Store.Write(skip));
        Assert.False(await Store.Write(skip with { Floor = 11, Rejects = [new Reject(0, "", 11, RejectReason.Erased)] }));
        var then = await Store.Read("u:skips");
        Assert.Equal((null, 9, first.Version + 1), (then.Row, then.Erased!.Floor, then.Erased.Version));
        Assert.Equal(1, await postgres.Source.Ask<long>("select count(*) from rejected where seq in (9, 11)"));
    }

    [Fact]
    public async Task The_work_on_tables_ends_and_can_be_repeated_from_any_step()
    {
        var erasures = _stores.Get<IErasures>();
        var job = await erasures.Begin("u:worked", "", suppress: false);
        await _stores.Writer.Append([Stores.Event("u:worked", "w-1"), Stores.Event("u:worked", "w-2"), Stores.Event(Stores.LaneOf(Partitioning.Of("u:worked")), "w-3")]);
        await Store.Erase(new CustomerErasure(job.Id, "u:worked", 0, 0, ["u:worked"], ["worked"], TimeProvider.System.GetUtcNow()));
        await erasures.Forgotten(job.Id);
        var partition = Partitioning.Of("u:worked");
        await _stores.Partitions.Advance(partition, 3, [], []);

        foreach (var step in (ErasureStep[])[ErasureStep.Forgotten, ErasureStep.Blanked, ErasureStep.Forgotten, ErasureStep.Blanked])
        {
            await postgres.Source.Do($"update erasure set step = {(short)step}, scan_partition = -1, scan_seq = 0 where id = '{job.Id}'");
            while (await erasures.Work(job.Id) && (await erasures.Find(job.Id))!.Step == step)
            {
                // It goes on.
            }
        }

        Assert.Equal(3, await _stores.Partitions.ProjectHistory(partition, 100));
        Assert.Equal(1, await postgres.Source.Ask<long>("select count(*) from history"));
        await Eventually.True(() => erasures.Work(job.Id), "it settles");
        Assert.Equal(ErasureStep.Done, (await erasures.Find(job.Id))!.Step);
        Assert.Single(await _stores.ReadAll(partition));
        Assert.Equal(2, (await erasures.Receipt((await erasures.Find(job.Id))!)).Erased["event_block"]);
    }

    private async Task<EraseOutcome> Erase(string id, long version, long erasedVersion, params string[] more)
    {
        var job = await _stores.Get<IErasures>().Begin(id, "", suppress: false);
        return await Store.Erase(new CustomerErasure(job.Id, id, version, erasedVersion, [id, .. more], [], TimeProvider.System.GetUtcNow()));
    }

    private static CustomerWrite Row(string id, long version) => new() { Id = id, Partition = 0, ExpectedVersion = version, State = [1] };
}
