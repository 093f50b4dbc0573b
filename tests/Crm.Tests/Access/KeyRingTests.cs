using Crm.Infrastructure;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using Xunit;

namespace Crm.Access;

/// <summary>What the keys' memory believes, and for how long; on a real table, with the server taken away where it says so.</summary>
public sealed class KeyRingTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public async Task A_right_key_is_believed_for_half_a_minute_and_then_asked_for_again()
    {
        var keys = new ApiKeys(postgres.Source, _clock);
        var ring = new KeyRing(keys, _clock);
        var (key, secret) = await keys.Create(ApiKeyKind.Write, "shop");
        Assert.NotNull((await ring.Find(secret, default)).Caller);
        await keys.Revoke(key.Id);

        Assert.NotNull((await ring.Find(secret, default)).Caller);
        _clock.Advance(KeyRing.RightFor);

        Assert.Equal(KeyAnswer.Wrong, await ring.Find(secret, default));
    }

    [Fact]
    public async Task A_wrong_key_is_remembered_for_two_seconds()
    {
        var keys = new ApiKeys(postgres.Source, _clock);
        var ring = new KeyRing(keys, _clock);
        var (key, secret) = await keys.Create(ApiKeyKind.Write, "shop");
        await Hide(key, hidden: true);
        Assert.Equal(KeyAnswer.Wrong, await ring.Find(secret, default));
        await Hide(key, hidden: false);

        Assert.Equal(KeyAnswer.Wrong, await ring.Find(secret, default));
        _clock.Advance(KeyRing.WrongFor);

        Assert.NotNull((await ring.Find(secret, default)).Caller);
    }

    [Fact]
    public async Task Without_a_server_a_known_key_goes_on_and_an_unknown_one_is_neither_right_nor_wrong()
    {
        // The table is held and a look-up gives up at once: to the ring, a server that does not answer.
        var impatient = new NpgsqlConnectionStringBuilder(postgres.ConnectionString) { Options = "-c lock_timeout=20" };
        await using var server = NpgsqlDataSource.Create(impatient);
        var keys = new ApiKeys(server, _clock);
        var ring = new KeyRing(keys, _clock);
        var known = (await keys.Create(ApiKeyKind.Server, "known")).Secret;
        var unknown = (await keys.Create(ApiKeyKind.Server, "unknown")).Secret;
        Assert.NotNull((await ring.Find(known, default)).Caller);
        _clock.Advance(KeyRing.RightFor);

        await using (var holder = await postgres.Source.OpenConnectionAsync())
        {
            await using var transaction = await holder.BeginTransactionAsync();
            await using var hold = new NpgsqlCommand("lock table api_key in access exclusive mode", holder, transaction);
            await hold.ExecuteNonQueryAsync();

            Assert.NotNull((await ring.Find(known, default)).Caller);
            Assert.Equal(KeyAnswer.NotKnown, await ring.Find(unknown, default));
        }

        Assert.NotNull((await ring.Find(unknown, default)).Caller);
    }

    [Fact]
    public async Task Nonsense_is_wrong_without_asking_anyone()
    {
        var ring = new KeyRing(new ApiKeys(NpgsqlDataSource.Create("Host=127.0.0.1;Port=1"), _clock), _clock);

        Assert.Equal(KeyAnswer.Wrong, await ring.Find("", default));
        Assert.Equal(KeyAnswer.Wrong, await ring.Find(new string('x', 201), default));
        Assert.Equal(KeyAnswer.NotKnown, await ring.Find("wk_guess", default));
    }

    private async Task Hide(ApiKey key, bool hidden)
    {
        await using var command = postgres.Source.CreateCommand("update api_key set revoked_at = case when $2 then now() end where id = $1");
        command.Parameters.Add(new() { Value = key.Id });
        command.Parameters.Add(new() { Value = hidden });
        await command.ExecuteNonQueryAsync();
    }
}
