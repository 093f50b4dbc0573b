using System.Net;
using Crm.Clustering;
using Crm.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Runtime;
using Orleans.Storage;
using Xunit;

namespace Crm.Hosting;

/// <summary>Orleans' own providers against our statements: they must mean what Orleans takes them to mean.</summary>
public sealed class OrleansTablesTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private static readonly DateTime s_start = new(2026, 3, 1, 12, 0, 0, DateTimeKind.Utc);

    [Fact]
    public async Task Of_two_members_that_saw_the_same_version_one_is_refused()
    {
        await using var silo = TestSilo.Build(postgres.ConnectionString, configure: s => Named(s, "one-version"));
        var table = await Table(silo);
        var seen = (await table.ReadAllAsync(default)).Version;

        Assert.True(await table.InsertRowAsync(Member(1), seen.Next(), default));
        Assert.False(await table.InsertRowAsync(Member(2), seen.Next(), default));
        Assert.False(await table.InsertRowAsync(Member(1), seen.Next().Next(), default));

        var now = await table.ReadAllAsync(default);
        Assert.Equal(seen.Version + 1, now.Version.Version);
        Assert.Equal(1, Assert.Single(now.Members).Item1.SiloAddress.Generation);
    }

    [Fact]
    public async Task Many_that_join_at_once_all_get_in_one_after_the_other()
    {
        await using var silo = TestSilo.Build(postgres.ConnectionString, configure: s => Named(s, "at-once"));
        var table = await Table(silo);

        await Task.WhenAll(Enumerable.Range(1, 8).Select(async generation =>
        {
            while (!await table.InsertRowAsync(Member(generation), (await table.ReadAllAsync(default)).Version.Next(), default)) { }
        }));

        var all = await table.ReadAllAsync(default);
        Assert.Equal(8, all.Version.Version);
        Assert.Equal(Enumerable.Range(1, 8), all.Members.Select(m => m.Item1.SiloAddress.Generation).Order());
    }

    [Fact]
    public async Task A_members_row_keeps_status_votes_and_heartbeat()
    {
        await using var silo = TestSilo.Build(postgres.ConnectionString, configure: s => Named(s, "row"));
        var table = await Table(silo);
        var member = Member(1);
        await table.InsertRowAsync(member, (await table.ReadAllAsync(default)).Version.Next(), default);

        var beat = Member(1);
        beat.IAmAliveTime = s_start.AddMinutes(5);
        await table.UpdateIAmAliveAsync(beat, default);
        member.Status = SiloStatus.Dead;
        member.SuspectTimes = [Tuple.Create(Member(7).SiloAddress, s_start.AddMinutes(4))];
        var read = await table.ReadRowAsync(member.SiloAddress, default);
        Assert.True(await table.UpdateRowAsync(member, read.Members[0].Item2, read.Version.Next(), default));

        var row = (await table.ReadRowAsync(member.SiloAddress, default)).Members[0].Item1;
        Assert.Equal((SiloStatus.Dead, "silo-1", "host", 30_001), (row.Status, row.SiloName, row.HostName, row.ProxyPort));
        Assert.Equal(s_start.AddMinutes(5), row.IAmAliveTime);
        Assert.Equal(member.SuspectTimes, row.SuspectTimes);
        Assert.Empty((await table.ReadRowAsync(Member(9).SiloAddress, default)).Members);
    }

    [Fact]
    public async Task Only_the_long_dead_are_cleaned_up()
    {
        await using var silo = TestSilo.Build(postgres.ConnectionString, configure: s => Named(s, "dead"));
        var table = await Table(silo);
        foreach (var (generation, status, alive) in new[]
        {
            (1, SiloStatus.Dead, s_start), (2, SiloStatus.Dead, s_start.AddDays(9)), (3, SiloStatus.Active, s_start),
        })
        {
            var member = Member(generation);
            (member.Status, member.IAmAliveTime) = (status, alive);
            Assert.True(await table.InsertRowAsync(member, (await table.ReadAllAsync(default)).Version.Next(), default));
        }

        await table.CleanupDefunctSiloEntriesAsync(s_start.AddDays(7), default);

        Assert.Equal([2, 3], (await table.ReadAllAsync(default)).Members.Select(m => m.Item1.SiloAddress.Generation).Order());
        await table.DeleteMembershipTableEntriesAsync("dead", default);
        Assert.Equal(0L, await postgres.Source.Ask<long>("select count(*) from orleans_membership where cluster_id = 'dead'"));
    }

    [Fact]
    public async Task Reminders_are_found_by_ring_range_and_changed_by_version()
    {
        await using var silo = TestSilo.Build(postgres.ConnectionString);
        var table = silo.Services.GetRequiredService<IReminderTable>();
        await table.StartAsync();
        var reminders = Enumerable.Range(0, 40).Select(i => new ReminderEntry
        {
            GrainId = GrainId.Create("tested", $"g{i}"),
            ReminderName = "r",
            StartAt = s_start,
            Period = TimeSpan.FromDays(40),
        }).ToArray();
        foreach (var reminder in reminders) reminder.ETag = await table.UpsertRow(reminder);

        // The two halves of the ring, whichever way each runs over the end of the numbers, hold each reminder once.
        foreach (var (begin, end) in new[] { (0u, 0x80000000u), (0x40000000u, 0xC0000000u), (7u, 7u) })
        {
            var inside = (await table.ReadRows(begin, end)).Reminders;
            var outside = begin == end ? [] : (await table.ReadRows(end, begin)).Reminders;
            Assert.Equal(40, inside.Concat(outside).Where(r => r.ReminderName == "r").Select(r => r.GrainId).Distinct().Count());
            Assert.Equal(40, inside.Concat(outside).Count(r => r.ReminderName == "r"));
            Assert.All(inside.Where(_ => begin < end), r => Assert.InRange(r.GrainId.GetUniformHashCode(), begin + 1, end));
        }

        var changed = await table.UpsertRow(reminders[0]);
        Assert.NotEqual(reminders[0].ETag, changed);
        Assert.False(await table.RemoveRow(reminders[0].GrainId, "r", reminders[0].ETag!));
        var stored = (await table.ReadRow(reminders[0].GrainId, "r"))!;
        Assert.Equal((s_start, TimeSpan.FromDays(40), changed), (stored.StartAt, stored.Period, stored.ETag));
        Assert.True(await table.RemoveRow(reminders[0].GrainId, "r", changed!));
        Assert.Empty((await table.ReadRows(reminders[0].GrainId)).Reminders);
    }

    [Fact]
    public async Task Of_two_writers_of_a_document_one_is_refused()
    {
        await using var silo = await TestSilo.Start(postgres.ConnectionString);
        var documents = silo.Services.GetRequiredKeyedService<IGrainStorage>(OrleansDatabase.Documents);
        var id = GrainId.Create("document", "a");
        var first = new GrainState<Document>(new Document { Text = "first" });
        await documents.WriteStateAsync("tested", id, first);

        var other = new GrainState<Document>(new Document { Text = "other" });
        await Assert.ThrowsAsync<InconsistentStateException>(() => documents.WriteStateAsync("tested", id, other));
        await documents.ReadStateAsync("tested", id, other);
        Assert.Equal(("first", first.ETag), (other.State!.Text, other.ETag));

        other.State.Text = "second";
        await documents.WriteStateAsync("tested", id, other);
        await Assert.ThrowsAsync<InconsistentStateException>(() => documents.WriteStateAsync("tested", id, first));
        await Assert.ThrowsAsync<InconsistentStateException>(() => documents.ClearStateAsync("tested", id, first));
        await documents.ClearStateAsync("tested", id, other);
        await documents.ReadStateAsync("tested", id, first);
        Assert.False(first.RecordExists);
    }

    private static void Named(ISiloBuilder silo, string cluster) => silo.Configure<ClusterOptions>(options => options.ClusterId = cluster);

    private static async Task<IMembershipTable> Table(TestSilo silo)
    {
        var table = silo.Services.GetRequiredService<IMembershipTable>();
        await table.InitializeMembershipTableAsync(true, default);
        return table;
    }

    private static MembershipEntry Member(int generation) => new()
    {
        SiloAddress = SiloAddress.New(IPAddress.Loopback, 11_111, generation),
        SiloName = "silo-1",
        HostName = "host",
        Status = SiloStatus.Active,
        ProxyPort = 30_001,
        StartTime = s_start,
        IAmAliveTime = s_start,
    };

    public sealed class Document
    {
        public string Text { get; set; } = "";
    }
}
