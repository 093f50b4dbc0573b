using Crm.Access;
using Crm.Clickstream;
using Crm.Customers;
using Crm.Infrastructure;
using Crm.Records;
using Npgsql;
using Xunit;

namespace Crm.Privacy;

/// <summary>Erasures on real silos and a real database.</summary>
public sealed class ErasureTests(CrmCluster crm) : IClassFixture<CrmCluster>
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private IErasures Erasures => crm.Stores.Get<IErasures>();

    [Fact]
    public async Task Nothing_of_a_person_is_left_in_any_table_and_neighbours_in_the_same_blocks_keep_all()
    {
        var ada = new Person(crm);
        var neighbours = Neighbours(ada, 4);
        await Refuse($$"""{"batch":[{"type":"track","userId":"{{ada.User}}"}]}""", $"broken {ada.Email}", """{"userId":"somebody-else"}""");
        await crm.Happen([.. Between(ada.Life(), neighbours)]);
        await Eventually.True(async () => (await crm.Profile("a:" + ada.Visitor))?.Id == ada.Id, "the visitor is merged");
        await crm.Settle();
        await Relate(ada, neighbours[0].Lane);
        await WriteCards(ada);
        Assert.NotEmpty(await Traces.Of(crm.Database, ada.Texts));
        var before = await Seen(neighbours);

        var receipt = await Erase(ada.Id);

        // Lines of the audit stay, and say of whom they were; what was written is gone.
        Assert.All(await Traces.Of(crm.Database, ada.Texts), trace => Assert.StartsWith("audit.record: ", trace, StringComparison.Ordinal));
        Assert.Equal(before, await Seen(neighbours));
        Assert.Null(await crm.Profile(ada.Id));
        Assert.Null(await crm.Profile("a:" + ada.Visitor));
        Assert.Equal((2, 2, 1, 6, 1), (
            receipt.Erased["customer"], receipt.Erased["customer_external_id"], receipt.Erased["merge_ledger"], receipt.Erased["history"],
            receipt.Erased["dead_letter"]));
        Assert.Equal((8, 3), (receipt.Erased["event_block"], receipt.Erased["dead_letter_inbound"]));
        Assert.Equal((1, 1, 1), (receipt.Erased["merge_bar"], receipt.Erased["duplicate_candidate"], receipt.Erased["message_page"]));
        Assert.Equal(1, await crm.Database.Ask<long>("select count(*) from dead_letter_inbound"));
        Assert.Equal((2, 4), (receipt.Erased["customer_record"], receipt.Erased["audit"]));
        Assert.Equal(4, await crm.Database.Ask<long>("select count(*) from audit where changes is null"));
        Assert.Equal("{}", (await crm.Grains.Record(RecordKinds.Customer, ada.Id).Get())!.Fields);
    }

    /// <summary>What people wrote of the person, and of the visitor that it was: one edit, and one more.</summary>
    private async Task WriteCards(Person ada)
    {
        foreach (var (id, patch) in ((string, string)[])[
            (ada.Id, $$"""{"name":"{{ada.Name}}","emails":["{{ada.Email}}"],"phones":["{{ada.Phone}}"]}"""),
            (ada.Id, $$"""{"description":"Knows {{ada.Name}}"}"""),
            ("a:" + ada.Visitor, $$"""{"description":"Once {{ada.Name}}"}""")])
        {
            var answer = await crm.Grains.Record(RecordKinds.Customer, id).Edit(patch, null, new ChangeCause("tests", null, Guid.NewGuid()));
            Assert.Equal(RecordRefusal.None, answer.Refusal);
        }

        await Eventually.True(async () => await crm.Database.Ask<long>("select count(*) from merge_ledger where card_pending is not null") == 0, "cards are taken over");
    }

    [Fact]
    public async Task Events_still_on_their_way_are_erased_and_the_erasure_of_a_visitor_is_that_of_its_user()
    {
        var ada = new Person(crm);
        await crm.Stores.Writer.Append(ada.Life());

        var receipt = await Erase("a:" + ada.Visitor);

        Assert.Equal(2, receipt.Subjects.Count);
        Assert.True(await Erasures.Verify(receipt, ada.Id));
        Assert.True(await Erasures.Verify(receipt, "a:" + ada.Visitor));
        Assert.False(await Erasures.Verify(receipt, "u:somebody-else"));
        Assert.Empty(await Traces.Of(crm.Database, ada.Texts));
    }

    [Fact]
    public async Task Late_events_do_not_bring_a_person_back_and_leave_no_trace()
    {
        var ada = new Person(crm);
        await crm.Happen(ada.Life());
        await Erase(ada.Id);

        var late = ada.Track("Late");
        await crm.Happen(late, ada.Identify(), ada.Page(), Person.Now(ada.Track("Late")) with { TimestampMs = late.TimestampMs });

        Assert.Null(await crm.Profile(ada.Id));
        await Eventually.True(async () => (await Traces.Of(crm.Database, ada.Texts)).Count == 0, "late events become blank", s_patience);
        await crm.Settle();
        Assert.Empty(await Traces.Of(crm.Database, ada.Texts));
    }

    [Fact]
    public async Task Newer_events_begin_an_empty_profile_that_merges_and_can_be_erased_again()
    {
        var ada = new Person(crm);
        await crm.Happen(ada.Life());
        await Erase(ada.Id);

        await crm.Happen(Person.Now(ada.Page()), Person.Now(ada.Track("Back")), Person.Now(ada.Identify()), ada.Page(), ada.Track("Late"));

        await Eventually.True(async () => (await crm.Profile("a:" + ada.Visitor))?.Id == ada.Id, "the visitor is merged again");
        var back = await crm.Profile(ada.Id);
        Assert.Equal((3, 0), (back!.CountsByType.Values.Sum(), back.Orders));
        await crm.Settle();
        Assert.Equal(3, await crm.Database.Ask<long>($"select count(*) from history where lane in ('{ada.Id}', 'a:{ada.Visitor}')"));

        // What is stored of the new life carries on what was erased: old events do not count after a restart either.
        await Deactivate(ada.Id);
        await crm.Happen(ada.Page() with { MessageId = "very-late-" + ada.User });
        Assert.Equal(3, (await crm.Profile(ada.Id))!.CountsByType.Values.Sum());
        await Erase(ada.Id);
        Assert.Empty(await Traces.Of(crm.Database, ada.Texts));
    }

    [Fact]
    public async Task Old_events_do_not_count_either_after_both_lives_were_taken_apart()
    {
        var ada = new Person(crm);
        await crm.Happen(ada.Life());
        await Erase(ada.Id);
        await crm.Happen(Person.Now(ada.Page()), Person.Now(ada.Track("Back")), Person.Now(ada.Identify()));
        await Eventually.True(async () => (await crm.Profile("a:" + ada.Visitor))?.Id == ada.Id, "the visitor is merged again");
        await crm.Settle();
        Assert.Equal(UnmergeResult.Done, await crm.Grains.Customer(ada.Id).Unmerge("a:" + ada.Visitor));

        await crm.Happen(ada.Page(), ada.Track("Late"));
        await Deactivate(ada.Id);
        await crm.Happen(ada.Page(), ada.Track("Late"));

        Assert.Equal(1, (await crm.Profile("a:" + ada.Visitor))!.CountsByType.Values.Sum());
        Assert.Equal(2, (await crm.Profile(ada.Id))!.CountsByType.Values.Sum());
    }

    [Fact]
    public async Task Nothing_of_a_suppressed_person_counts_any_more()
    {
        var ada = new Person(crm);
        await crm.Happen(ada.Life());
        await Erase(ada.Id, suppress: true);

        await crm.Happen(Person.Now(ada.Page()), Person.Now(ada.Track("Back")), Person.Now(ada.Identify()));

        Assert.Null(await crm.Profile(ada.Id));
        await Eventually.True(async () => (await Traces.Of(crm.Database, ada.Texts)).Count == 0, "its events become blank", s_patience);
    }

    [Fact]
    public async Task A_person_is_erased_during_load_and_its_neighbours_lose_nothing()
    {
        var ada = new Person(crm);
        var neighbours = Neighbours(ada, 6).Select(n => n.Lane).ToArray();
        await crm.Happen(ada.Life());
        var sent = 0;
        using var enough = new CancellationTokenSource();
        var load = Task.Run(async () =>
        {
            // A hundred times a second: enough to be always under way, little enough to be counted soon.
            using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
            while (!enough.IsCancellationRequested && await pace.WaitForNextTickAsync())
            {
                await crm.Stores.Writer.Append([.. Between([ada.Track("Old"), ada.Page()], [.. neighbours.Select(n => crm.Track(n))])]);
                Interlocked.Increment(ref sent);
            }
        });

        await Eventually.True(() => Volatile.Read(ref sent) > 20, "load runs");
        await Erase(ada.Id);
        var then = Volatile.Read(ref sent);
        await Eventually.True(() => Volatile.Read(ref sent) > then + 20, "load goes on");
        await enough.CancelAsync();
        await load;
        await crm.Settle();

        foreach (var neighbour in neighbours) Assert.Equal(sent, (await crm.Profile(neighbour))!.CountsByType["track"]);
        Assert.Equal(
            sent * (long)neighbours.Length,
            await crm.Database.Ask<long>($"select count(*) from history where lane in ({string.Join(',', neighbours.Select(n => $"'{n}'"))})"));
        Assert.Null(await crm.Profile(ada.Id));
        await Eventually.True(async () => (await Traces.Of(crm.Database, ada.Texts)).Count == 0, "the rest becomes blank", s_patience);
    }

    [Fact]
    public async Task A_changed_receipt_does_not_verify()
    {
        var ada = new Person(crm);
        await crm.Happen(ada.Page());
        var receipt = await Erase("a:" + ada.Visitor);

        Assert.True(await Erasures.Verify(receipt, null));
        foreach (var changed in (ErasureReceipt[])
        [
            receipt with { Reason = "another" },
            receipt with { ErasedAt = receipt.ErasedAt.AddSeconds(1) },
            receipt with { Suppressed = true },
            receipt with { Subjects = [] },
            receipt with { Id = Guid.NewGuid() },
            receipt with { Erased = new Dictionary<string, long>(receipt.Erased) { ["history"] = 7 } },
            receipt with { Signature = receipt.Signature[..^1] + (receipt.Signature[^1] == '0' ? '1' : '0') },
        ]) Assert.False(await Erasures.Verify(changed, null));
    }

    private async Task<ErasureReceipt> Erase(string id, bool suppress = false)
    {
        var job = await Erasures.Begin(id, "asked by mail", suppress);
        await Eventually.True(async () => await crm.Grains.Erasure(job.Id).Run() == ErasureStep.Done, "it is erased", s_patience);
        return await Erasures.Receipt((await Erasures.Find(job.Id))!);
    }

    /// <summary>Others in the partitions of a person's ids.</summary>
    private BehaviourEvent[] Neighbours(Person person, int count) =>
    [
        .. new[] { person.Id, "a:" + person.Visitor }.SelectMany(id => Enumerable.Range(0, int.MaxValue)
            .Select(_ => "u:" + crm.NewId()).Where(other => Partitioning.Of(other) == Partitioning.Of(id)).Take(count / 2))
            .Select(other => crm.Track(other)),
    ];

    private static IEnumerable<BehaviourEvent> Between(BehaviourEvent[] some, BehaviourEvent[] others)
    {
        for (var i = 0; i < Math.Max(some.Length, others.Length); i++)
        {
            if (i < others.Length) yield return others[i];
            if (i < some.Length) yield return some[i];
        }
    }

    private async Task<string> Seen(BehaviourEvent[] neighbours)
    {
        var seen = new List<string>();
        foreach (var neighbour in neighbours)
        {
            var profile = await crm.Profile(neighbour.Lane);
            var history = await crm.Database.Ask<string>(
                $"select string_agg(seq || encode(body, 'hex'), ',' order by seq) from history where lane = '{neighbour.Lane}'");
            seen.Add($"{neighbour.Lane} {profile!.Version} {history}");
        }

        return string.Join('\n', seen);
    }

    /// <summary>What others know of a person: that it was taken apart from one and looks like another; and what its source's plan refused.</summary>
    private async Task Relate(Person ada, string other)
    {
        await crm.Database.Do($"insert into merge_bar (one, other) values ('{ada.Id}', 'u:zoe')");
        await crm.Database.Do($"insert into duplicate_candidate (one, other, kind, value) values ('a:{ada.Visitor}', '{other}', 'email', '{ada.Email}')");
        await crm.Database.Do($"insert into message_page (owner, page, newest_ms, hashes) values ('{ada.Id}', 9, 0, '')");
        await crm.Database.Do(
            "insert into dead_letter_inbound (received_at, source, reason, sample, code, packed) "
            + $"values (now(), 'test', 'no price', '', 'plan', '\\x0102'::bytea || convert_to('{ada.Id} \"{ada.User}\"', 'UTF8'))");
    }

    private async Task Refuse(params string[] samples)
    {
        await crm.Database.Do("delete from dead_letter_inbound");
        foreach (var sample in samples)
        {
            await using var command = crm.Database.CreateCommand(
                "insert into dead_letter_inbound (received_at, source, reason, sample) values (now(), 'test', 'bad', convert_to($1, 'UTF8'))");
            command.Parameters.Add(new NpgsqlParameter { Value = sample });
            await command.ExecuteNonQueryAsync();
        }
    }

    /// <summary>Ends the activation, so that the next one reads what is stored.</summary>
    private async Task Deactivate(string id)
    {
        await crm.Settle();
        await crm.Grains.Customer(id).Forget(DateTimeOffset.MaxValue);
    }
}
