using Crm.Infrastructure;
using Xunit;

namespace Crm.Clickstream;

public sealed class EventLogWriterTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task Two_writers_in_parallel_leave_no_gap_and_keep_each_callers_order()
    {
        await using var one = new Stores(postgres.ConnectionString);
        await using var two = new Stores(postgres.ConnectionString, o => o.CommitsInFlight = 2);
        var lanes = Enumerable.Range(0, 8).Select(i => Stores.LaneOf(i % 4, 100 + i)).ToArray();

        await Task.WhenAll(from writer in new[] { one, two }
                           from caller in Enumerable.Range(0, 4)
                           select Call(writer.Writer, (writer == one ? "one" : "two") + caller));

        for (var partition = 0; partition < 4; partition++)
        {
            var events = await one.ReadAll(partition);
            Assert.Equal(Enumerable.Range(1, events.Count).Select(i => (long)i), events.Select(e => e.Seq));
            foreach (var caller in events.Select(e => e.Event.MessageId.Split('/')).GroupBy(id => id[0] + id[1]))
                Assert.True(caller.Select(id => int.Parse(id[2])).SequenceEqual(caller.Select(id => int.Parse(id[2])).Order()));
        }

        async Task Call(IEventLogWriter writer, string name)
        {
            for (var i = 0; i < 50; i++)
                await writer.Append([.. lanes.Select(lane => Stores.Event(lane, $"{name}/{lane}/{i}"))]);
        }
    }

    [Fact]
    public async Task A_position_names_the_last_event_of_the_call_in_each_partition()
    {
        await using var stores = new Stores(postgres.ConnectionString);
        var (five, six) = (Stores.LaneOf(5), Stores.LaneOf(6));

        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(i =>
            stores.Writer.Append([Stores.Event(five, $"{i}/a"), Stores.Event(six, $"{i}/b"), Stores.Event(five, $"{i}/c")])));

        var inFive = (await stores.ReadAll(5)).ToDictionary(e => e.Seq, e => e.Event.MessageId);
        var inSix = (await stores.ReadAll(6)).ToDictionary(e => e.Seq, e => e.Event.MessageId);
        for (var i = 0; i < answers.Length; i++)
        {
            Assert.Equal(await stores.Log.Identity(), answers[i].LogId);
            Assert.Equal([5, 6], answers[i].Seqs.Select(s => s.Partition));
            Assert.Equal($"{i}/c", inFive[answers[i].Seqs[0].Seq]);
            Assert.Equal($"{i}/a", inFive[answers[i].Seqs[0].Seq - 1]);
            Assert.Equal($"{i}/b", inSix[answers[i].Seqs[1].Seq]);
        }
    }

    [Fact]
    public async Task A_full_channel_refuses_at_once_and_has_room_again_after_the_commit()
    {
        await using var stores = new Stores(postgres.ConnectionString, o => o.AcceptBytes = 30_000);
        var lane = Stores.LaneOf(7);
        await stores.Writer.Append([Stores.Event(lane, "first")]);
        await using var locked = await postgres.Source.OpenConnectionAsync();
        await using var transaction = await locked.BeginTransactionAsync();
        await new Npgsql.NpgsqlCommand("SELECT pg_advisory_xact_lock(7101, 7)", locked, transaction).ExecuteNonQueryAsync();

        var waiting = Enumerable.Range(0, 2).Select(i => stores.Writer.Append([Stores.Event(lane, $"waits{i}", 14_000)])).ToArray();
        await Assert.ThrowsAsync<LogFullException>(() => stores.Writer.Append([Stores.Event(lane, "too much", 14_000)]));
        await transaction.CommitAsync();

        await Task.WhenAll(waiting);
        await stores.Writer.Append([Stores.Event(lane, "fits again", 14_000)]);
        Assert.Equal(["first", "waits0", "waits1", "fits again"], (await stores.ReadAll(7)).Select(e => e.Event.MessageId));
    }

    [Fact]
    public async Task A_caller_that_gives_up_does_not_stop_the_commit()
    {
        await using var stores = new Stores(postgres.ConnectionString);
        var lane = Stores.LaneOf(4);
        using var gaveUp = new CancellationTokenSource();
        await stores.Writer.Append([Stores.Event(lane, "first")]);
        await using var locked = await postgres.Source.OpenConnectionAsync();
        await using var transaction = await locked.BeginTransactionAsync();
        await new Npgsql.NpgsqlCommand("SELECT pg_advisory_xact_lock(7101, 4)", locked, transaction).ExecuteNonQueryAsync();
        var append = stores.Writer.Append([Stores.Event(lane, "second")], gaveUp.Token);

        await gaveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => append);
        await transaction.CommitAsync();

        await Eventually.True(async () => await stores.Log.Head(4) == 2, "the commit is there");
    }

    [Fact]
    public async Task A_commit_that_fails_at_its_very_end_is_not_answered_as_durable()
    {
        await using var database = new OwnDatabase();
        var source = await database.Create();
        await source.Do("""
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'disk full' USING ERRCODE = '53100'; END $$;
            CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON event_block DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse();
            """);
        await using var stores = new Stores(database.ConnectionString);

        await Assert.ThrowsAsync<LogUnavailableException>(() => stores.Writer.Append([Stores.Event("u:1", "lost")]));

        await source.Do("DROP TRIGGER refuse ON event_block");
        var position = await Eventually.Value(() => TryAppend(stores, "kept"), "a fresh connection appends");
        Assert.Equal(1, position);
    }

    private static async Task<long?> TryAppend(Stores stores, string messageId)
    {
        try
        {
            return (await stores.Writer.Append([Stores.Event("u:1", messageId)])).Seqs[0].Seq;
        }
        catch (LogUnavailableException)
        {
            return null;
        }
    }
}
