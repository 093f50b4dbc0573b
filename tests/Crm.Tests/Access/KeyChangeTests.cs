using Crm.Infrastructure;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using Xunit;

namespace Crm.Access;

/// <summary>How the keys in memory follow what changes, and what they count; on a real table.</summary>
public sealed class KeyChangeTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UnixEpoch.AddYears(60));

    [Fact]
    public async Task A_change_is_believed_at_once_when_it_is_told()
    {
        var keys = new ApiKeys(postgres.Source, _clock);
        var ring = new KeyRing(keys, _clock);
        var (key, secret) = await keys.Create(ApiKeyKind.Write, "told");
        Assert.NotNull((await ring.Find(secret, default)).Caller);
        await keys.Revoke(key.Id);
        Assert.NotNull((await ring.Find(secret, default)).Caller);

        ring.Recheck();

        Assert.Equal(KeyAnswer.Wrong, await ring.Find(secret, default));
    }

    [Fact]
    public async Task What_was_looked_up_before_a_change_is_not_believed_after_it()
    {
        var keys = new ApiKeys(postgres.Source, _clock);
        var ring = new KeyRing(keys, _clock);
        var (key, secret) = await keys.Create(ApiKeyKind.Write, "raced");
        Task<KeyAnswer> looking;
        await using (var holder = await postgres.Source.OpenConnectionAsync())
        {
            // The look-up waits for the table while the change is told, and sees the table as it was before.
            await using var transaction = await holder.BeginTransactionAsync();
            await using var hold = new NpgsqlCommand("lock table api_key in access exclusive mode", holder, transaction);
            await hold.ExecuteNonQueryAsync();
            looking = ring.Find(secret, default).AsTask();
            ring.Recheck();
        }

        Assert.NotNull((await looking).Caller);
        await keys.Revoke(key.Id);

        Assert.Equal(KeyAnswer.Wrong, await ring.Find(secret, default));
    }

    [Fact]
    public async Task An_old_key_ends_at_its_time_even_without_a_server()
    {
        await using var server = NpgsqlDataSource.Create(postgres.ConnectionString);
        var keys = new ApiKeys(server, _clock);
        var ring = new KeyRing(keys, _clock);
        var (key, secret) = await keys.Create(ApiKeyKind.Write, "old");
        Assert.NotNull(await keys.Rotate(key.Id, _clock.GetUtcNow().AddSeconds(10)));
        Assert.NotNull((await ring.Find(secret, default)).Caller);
        await server.DisposeAsync();

        _clock.Advance(TimeSpan.FromSeconds(9));
        Assert.NotNull((await ring.Find(secret, default)).Caller);
        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(KeyAnswer.Wrong, await ring.Find(secret, default));
    }

    [Fact]
    public async Task A_rotation_never_makes_a_key_live_longer_than_it_would()
    {
        var keys = new ApiKeys(postgres.Source, _clock);
        var (key, _) = await keys.Create(ApiKeyKind.Server, "ends soon");
        await postgres.Source.Do($"update api_key set expires_at = '{_clock.GetUtcNow().AddMinutes(5):O}' where id = '{key.Id}'");

        var made = await keys.Rotate(key.Id, _clock.GetUtcNow().AddDays(1));

        Assert.Equal(_clock.GetUtcNow().AddMinutes(5), (await keys.Get(key.Id))!.ExpiresAt);
        Assert.Equal((made!.Key.Id, null), ((await keys.Get(key.Id))!.ReplacedBy, made.Key.ExpiresAt));
    }

    [Fact]
    public async Task What_was_counted_goes_on_counting_when_the_key_is_looked_up_again()
    {
        var keys = new ApiKeys(postgres.Source, _clock);
        var ring = new KeyRing(keys, _clock);
        var (_, secret) = await keys.Create(new KeyOrder(ApiKeyKind.Write, "counted", "counted", RateLimit: 2));
        Assert.Equal(1, (await ring.Find(secret, default)).Key!.Rate!.Take().Left);

        ring.Recheck();

        Assert.Equal(0, (await ring.Find(secret, default)).Key!.Rate!.Take().Left);
    }

    [Fact]
    public void A_window_gives_all_back_when_its_minute_is_over()
    {
        var window = new RateWindow(2, _clock);
        Assert.Equal(new RateAnswer(true, 1, 60), window.Take());
        _clock.Advance(TimeSpan.FromSeconds(20.5));
        Assert.Equal(new RateAnswer(true, 0, 40), window.Take());
        Assert.Equal(new RateAnswer(false, 0, 40), window.Take());
        _clock.Advance(TimeSpan.FromSeconds(39.4));
        Assert.Equal(new RateAnswer(false, 0, 1), window.Take());

        _clock.Advance(TimeSpan.FromSeconds(0.2));

        Assert.Equal(new RateAnswer(true, 1, 60), window.Take());
    }

    [Fact]
    public async Task Every_change_raises_the_revision_but_a_use_does_not()
    {
        var sources = new Sources(postgres.Source, _clock);
        var keys = new ApiKeys(postgres.Source, _clock);
        var before = await sources.Revision();

        var (key, _) = await keys.Create(ApiKeyKind.Write, "raises");
        var made = await sources.Revision();
        await keys.Touch([key.Id], _clock.GetUtcNow());
        var used = await sources.Revision();
        await keys.Revoke(key.Id);

        Assert.True(made > before);
        Assert.Equal(made, used);
        Assert.True(await sources.Revision() > used);
    }

    [Fact]
    public void A_preflight_is_granted_to_what_any_source_allows()
    {
        var catalog = new SourceCatalog(NullLogger<SourceCatalog>.Instance);
        var shop = new Source("shop", "shop", "web") { AllowedOrigins = ["https://shop.example"] };
        var old = new Source("old", "old", "web") { Enabled = false };
        Assert.True(catalog.Allows("https://any.example"));

        catalog.Take([shop, old], []);
        Assert.True(catalog.Allows("https://shop.example"));
        Assert.False(catalog.Allows("https://any.example"));

        catalog.Take([shop, old with { Enabled = true }], []);
        Assert.True(catalog.Allows("https://any.example"));
    }

    [Theory]
    [InlineData("https://shop.example", "https://shop.example")]
    [InlineData("HTTPS://Shop.Example:443/", "https://shop.example")]
    [InlineData("http://localhost:3000", "http://localhost:3000")]
    [InlineData("https://*.shop.example", "https://*.shop.example")]
    [InlineData("capacitor://localhost", "capacitor://localhost")]
    [InlineData("shop.example", null)]
    [InlineData("https://shop.example/path", null)]
    [InlineData("https://user@shop.example", null)]
    [InlineData("https://*", null)]
    [InlineData("https://a.*.example", null)]
    [InlineData("null", null)]
    [InlineData("", null)]
    public void Origins_are_kept_as_browsers_write_them(string text, string? origin) => Assert.Equal(origin, Origins.Normal(text));
}
