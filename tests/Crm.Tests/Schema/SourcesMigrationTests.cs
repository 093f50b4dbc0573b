using Crm.Access;
using Crm.Clickstream;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Schema;

/// <summary>A database from before there were sources, or from when their terms stood beside them: keys and terms go on, dead letters can be read.</summary>
public sealed class SourcesMigrationTests : OldDatabase
{
    [Fact]
    public async Task Old_keys_get_a_source_and_old_dead_letters_show()
    {
        await Run(number => number < 15);
        var (write, server) = (ApiKeySecret.Create(ApiKeyKind.Write), ApiKeySecret.Create(ApiKeyKind.Server));
        await OldKey("write", "browser", "shop", write);
        await OldKey("server", "back office", "shop", server);
        await OldKey("server", "importer", "old / import", ApiKeySecret.Create(ApiKeyKind.Server));
        await Database.Do("insert into dead_letter_inbound (received_at, source, reason, sample) values (now(), 'shop', 'It was bad.', 'x')");
        await Database.Do("insert into dead_letter (partition, seq, lane, reason, detail, packed) values (1, 7, 'u:u', 2, 'The rules failed.', null)");

        await Run(number => number >= 15);

        var keys = new ApiKeys(Database, TimeProvider.System);
        Assert.Equal(["old / import", "shop"], (await new Sources(Database, TimeProvider.System).List()).Select(s => s.Id));
        Assert.Equal(("shop", "web"), ((await keys.Find(ApiKeySecret.Hash(write)))!.Source, (await new Sources(Database, TimeProvider.System).Get("shop"))!.Kind));
        Assert.Equal([Scopes.Ingest], (await keys.Find(ApiKeySecret.Hash(write)))!.Scopes);
        Assert.Equal([Scopes.Ingest, Scopes.Read], (await keys.Find(ApiKeySecret.Hash(server)))!.Scopes);
        var letters = await new DeadLetterStore(Database, TimeProvider.System).List(new LetterFilter(), 10);
        Assert.Equal([("silo-1-7", "", "poison"), ("in-1", "shop", "refused")], letters.Select(l => (l.Id.ToString(), l.Source, l.Code)).OrderByDescending(l => l.Item1));
    }

    [Fact]
    public async Task A_term_beside_its_source_becomes_the_sources_own()
    {
        await Run(number => number < 19);
        await Database.Do("insert into source (id, name, kind, retention_days, created_at, updated_at) values ('own', 'Own', 'app', 30, now(), now()), ('shop', 'Shop', 'web', null, now(), now())");
        await Database.Do("insert into source_retention (source, days, changed_at, swept_to) values ('own', 7, now(), '-infinity'), ('shop', 90, now(), '2026-05-01Z'), ('letters', 10, now(), '-infinity')");

        await Run(number => number >= 19);

        var sources = await new Sources(Database, TimeProvider.System).List();
        Assert.Equal([("letters", 10), ("own", 30), ("shop", 90)], sources.Select(s => (s.Id, s.RetentionDays ?? 0)));
        Assert.Equal("shop", await Database.Ask<string>("select string_agg(source, ',') from source_sweep"));
    }

    private async Task OldKey(string kind, string name, string source, string secret)
    {
        await using var command = Database.CreateCommand(
            "insert into api_key (id, kind, name, source, hash, prefix, created_at) values (gen_random_uuid(), $1, $2, $3, $4, $5, now())");
        foreach (var value in new object[] { kind, name, source, ApiKeySecret.Hash(secret), ApiKeySecret.Prefix(secret) })
            command.Parameters.Add(new() { Value = value });
        await command.ExecuteNonQueryAsync();
    }
}
