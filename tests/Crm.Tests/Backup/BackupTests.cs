using Crm.Auditing;
using Crm.Deals;
using Crm.Infrastructure;
using Crm.Privacy;
using Crm.Records;
using Npgsql;
using Xunit;

namespace Crm.Backup;

/// <summary>A backup is taken while events come in through the API, and put into empty databases.</summary>
public sealed class BackupTests(DealsFixture crm) : IClassFixture<DealsFixture>, IDisposable
{
    private const string Contents = "SELECT string_agg(concat_ws(' ', id, record, name, size, encode(sha256(content), 'hex')), ',' ORDER BY id) FROM attachment";

    private readonly TempFolder _folder = new();
    private string _files = "";

    private string File => Path.Combine(_folder.Path, "crm.backup");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_database_comes_back_whole_and_goes_on_and_who_was_erased_stays_away()
    {
        var (steady, gone) = ("steady" + Guid.NewGuid().ToString("N"), "gone" + Guid.NewGuid().ToString("N"));
        await crm.Happens("track", $$"""{"userId":"{{gone}}","event":"Looked"}""");
        var deal = await crm.Make("deal", $$"""{"name":"Of the one who goes","customers":["u:{{gone}}"]}""");
        await Filed(deal);
        var position = await crm.Happens("identify", $$"""{"traits":{"email":"steady@example.org"},"userId":"{{steady}}"}""");
        var before = (await crm.Ask("GET", $"/v1/customers/u:{steady}?minPosition={position}")).Json.GetProperty("traits").GetRawText();
        await Eventually.True(async () => await crm.Database.Ask<long>($"SELECT count(*) FROM customer WHERE id IN ('u:{steady}', 'u:{gone}')") == 2, "both are stored");

        var taken = await UnderLoad(() => Backups.Write(crm.ConnectionString, File, TimeProvider.System));
        var asked = await crm.Ask("DELETE", $"/v1/customers/u:{gone}");
        Assert.True(asked.Status is 200 or 202, asked.Json.ToString());
        await Eventually.True(async () => await crm.Database.Ask<long>("SELECT count(*) FROM erasure WHERE step < 6") == 0, "it is erased", TimeSpan.FromSeconds(60));
        var list = Path.Combine(_folder.Path, "erasures.json");
        Assert.Equal(1, await ErasureLists.Write(crm.Database, list, TimeProvider.System));
        Assert.DoesNotContain(gone, await System.IO.File.ReadAllTextAsync(list), StringComparison.Ordinal);

        await AsItWas(taken);
        await WithErasures(list, steady, gone, deal, before);
    }

    [Fact]
    public async Task A_file_that_was_altered_or_cut_is_refused_before_anything_is_touched()
    {
        await Backups.Write(crm.ConnectionString, File, TimeProvider.System);
        Assert.False(System.IO.File.Exists(File + ".part"));
        var whole = await System.IO.File.ReadAllBytesAsync(File);
        var empty = await TestServer.CreateDatabase(withSchema: false);
        foreach (var damaged in (byte[][])[whole[..^1], whole[..(whole.Length / 2)], [], [.. whole, 0], .. new[] { 0, 9, whole.Length / 2, whole.Length - 1 }.Select(Flipped)])
        {
            await System.IO.File.WriteAllBytesAsync(File, damaged);
            await Assert.ThrowsAsync<BackupException>(() => Restoring.Run(empty, File, null, TimeProvider.System));
        }

        await using var database = NpgsqlDataSource.Create(empty);
        Assert.Equal(0, await database.Ask<long>("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"));

        await System.IO.File.WriteAllBytesAsync(File, whole);
        var refusal = await Assert.ThrowsAsync<BackupException>(() => Restoring.Run(crm.ConnectionString, File, null, TimeProvider.System));
        Assert.Contains("not empty", refusal.Message, StringComparison.Ordinal);

        byte[] Flipped(int at)
        {
            var copy = whole.ToArray();
            copy[at] ^= 1;
            return copy;
        }
    }

    [Fact]
    public async Task A_restore_that_ends_before_its_end_leaves_the_database_as_empty_as_it_was()
    {
        await Backups.Write(crm.ConnectionString, File, TimeProvider.System);
        var target = await TestServer.CreateDatabase(withSchema: false);
        await using var database = NpgsqlDataSource.Create(target);
        using var stop = new CancellationTokenSource();
        var restoring = Restoring.Run(target, File, null, TimeProvider.System, stop.Token);

        // It cannot end while somebody reads one of its tables.
        await Eventually.True(async () => await database.Ask<bool>("SELECT to_regclass('event_log') IS NOT NULL"), "its tables are made", TimeSpan.FromSeconds(60));
        await using (var reader = await database.OpenConnectionAsync())
        await using (var reading = await reader.BeginTransactionAsync())
        {
            await using var hold = new NpgsqlCommand("LOCK TABLE event_log IN ACCESS SHARE MODE", reader, reading);
            await hold.ExecuteNonQueryAsync();
            await stop.CancelAsync();
            await reading.RollbackAsync();
        }

        await Assert.ThrowsAnyAsync<Exception>(() => restoring);
        Assert.Equal(0, await database.Ask<long>("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')"));
        Assert.NotEmpty((await Restoring.Run(target, File, null, TimeProvider.System)).Rows);
    }

    // As long as files may be, and nothing that could be packed.
    private async Task Filed(string deal)
    {
        var files = new Attachments(crm.Database, TimeProvider.System, 1L << 30);
        foreach (var record in (string[])[deal, await crm.Make("deal", """{"name":"Stays"}""")])
        {
            var content = new byte[Attachments.MaxBytes];
            new Random(17).NextBytes(content);
            Assert.Equal(AttachmentEnd.Added, (await files.Add("deal", record, 1, "all.zip", "application/zip", content, DealsFixture.Cause())).End);
        }

        _files = (await crm.Database.Ask<string>(Contents))!;
    }

    private async Task AsItWas(BackupReport taken)
    {
        var target = await TestServer.CreateDatabase(withSchema: false);
        var restored = await Restoring.Run(target, File, null, TimeProvider.System);
        Assert.Equal(taken.Rows, restored.Rows);
        Assert.True(taken.Rows["history"] > 0 && taken.Rows["event_block"] > 0 && taken.Rows["audit"] > 0);
        await using var database = NpgsqlDataSource.Create(target);
        foreach (var (table, rows) in taken.Rows)
            Assert.Equal((table, rows + (table == "audit" ? 1 : 0)), (table, await database.Ask<long>($"SELECT count(*) FROM \"{table}\"")));
        Assert.NotEqual(await crm.Database.Ask<Guid>("SELECT id FROM event_log"), await database.Ask<Guid>("SELECT id FROM event_log"));
        Assert.Equal(_files, await database.Ask<string>(Contents));
        Assert.Null((await AuditVerification.Run(database)).Fault);
        Assert.Equal(0, await database.Ask<long>("SELECT count(*) FROM pg_trigger WHERE tgenabled = 'D'"));
    }

    private async Task WithErasures(string list, string steady, string gone, string deal, string before)
    {
        var target = await TestServer.CreateDatabase(withSchema: false);
        await Restoring.Run(target, File, list, TimeProvider.System);
        await using var database = NpgsqlDataSource.Create(target);
        await using var silo = await TestSilo.Start(target, "restored-silo");
        await using var api = await HostProcess.Api(target);
        await api.UntilReady();
        api.Http.DefaultRequestHeaders.Authorization = new("Bearer", crm.AdminKey);

        // Ingest goes on, and the customer is the same.
        var position = "";
        await Eventually.True(
            async () =>
            {
                using var content = new StringContent($$"""{"userId":"{{steady}}","event":"Came back"}""", new System.Net.Http.Headers.MediaTypeHeaderValue("application/json"));
                using var sent = await api.Http.PostAsync(new Uri("/v1/track", UriKind.Relative), content);
                position = (await Clickstream.Reply.Of(sent)).Text("position");
                return sent.IsSuccessStatusCode;
            },
            "events are taken");
        Clickstream.Reply? reply = null;
        await Eventually.True(
            async () =>
            {
                using var profile = await api.Http.GetAsync(new Uri($"/v1/customers/u:{steady}?minPosition={position}", UriKind.Relative));
                reply = await Clickstream.Reply.Of(profile);
                return reply.Status != 503;
            },
            "reads are answered",
            TimeSpan.FromSeconds(60));
        Assert.Equal((200, before), (reply!.Status, reply.Json.GetProperty("traits").GetRawText()));

        await Eventually.True(async () => await database.Ask<long>("SELECT count(*) FROM erasure WHERE step < 6") == 0, "who was erased is erased again", TimeSpan.FromSeconds(60));
        Assert.Empty(await Traces.Of(database, gone));
        Assert.Equal(1, await database.Ask<long>($"SELECT count(*) FROM deal WHERE id = '{deal}' AND customers = '{{}}'"));
        Assert.Equal((0, 1), (await database.Ask<long>($"SELECT count(*) FROM attachment WHERE record = '{deal}'"), await database.Ask<long>("SELECT count(*) FROM attachment")));
        Assert.Null((await AuditVerification.Run(database)).Fault);
    }

    // Events are sent all the while, and each is taken.
    private async Task<T> UnderLoad<T>(Func<Task<T>> work)
    {
        using var ended = new CancellationTokenSource();
        var sent = 0;
        var load = Task.Run(async () =>
        {
            while (!ended.IsCancellationRequested)
            {
                var events = string.Join(',', Enumerable.Range(0, 20).Select(i => $$"""{"type":"track","userId":"load-{{i}}","event":"E"}"""));
                Assert.Equal(200, (await crm.Ask("POST", "/v1/batch", $$"""{"batch":[{{events}}]}""")).Status);
                Interlocked.Increment(ref sent);
            }
        });
        await Eventually.True(async () => await crm.Database.Ask<long>("SELECT count(*) FROM history WHERE lane LIKE 'u:load-%'") > 100, "events come in");
        var at = Volatile.Read(ref sent);
        var done = await work();
        var during = Volatile.Read(ref sent) - at;
        await ended.CancelAsync();
        await load;
        Assert.True(during > 0, "Nobody could send while the backup was taken.");
        return done;
    }
}
