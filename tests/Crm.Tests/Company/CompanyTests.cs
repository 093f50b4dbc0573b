using Crm.Infrastructure;
using Crm.Privacy;
using Crm.Records;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Crm.Company;

/// <summary>The settings document: what it refuses, how it is stored, how silos learn of it.</summary>
public sealed class CompanyTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private static readonly CompanySettings s_berlin = new()
    {
        BaseCurrency = "EUR",
        TimeZone = "Europe/Berlin",
        Rates = [new ExchangeRate("USD", new DateOnly(2026, 1, 1), 0.92m), new ExchangeRate("USD", new DateOnly(2026, 2, 1), 0.915m)],
        Tiers = new TierRule { HighValueMonetary = 500m },
    };

    [Fact]
    public async Task Settings_outlive_the_silo_and_reach_its_copy()
    {
        await using (var first = await TestSilo.Start(postgres.ConnectionString))
        {
            Assert.Equal("USD", (await first.Grains.Company().Get()).BaseCurrency);
            Assert.Contains("time zone", await first.Grains.Company().Set(s_berlin with { TimeZone = "Mars/Olympus" }, ChangeCause.CommandLine), StringComparison.Ordinal);
            Assert.Null(await first.Grains.Company().Set(s_berlin, ChangeCause.CommandLine));
        }

        await using var second = await TestSilo.Start(postgres.ConnectionString);
        var copy = second.Services.GetRequiredService<ICompanySettings>();
        await Eventually.True(() => copy.Current.BaseCurrency == "EUR", "the silo's copy follows");
        Assert.Equal(s_berlin.Rates, copy.Current.Rates);
        Assert.Equal(s_berlin.Tiers, copy.Current.Tiers);
        Assert.Equal(s_berlin.Tiers, (await second.Grains.Company().Get()).Tiers);
    }

    [Fact]
    public async Task A_change_is_stored_with_its_line_in_the_audit_or_not_at_all()
    {
        await using var database = new OwnDatabase();
        var source = await database.Create();
        await using var silo = await TestSilo.Start(database.ConnectionString);
        var ada = new ChangeCause("us_ada", "127.0.0.0", Guid.NewGuid());
        Assert.Null(await silo.Grains.Company().Set(new CompanySettings { TimeZone = "Europe/Berlin" }, ada));
        Assert.NotNull(await silo.Grains.Company().Set(new CompanySettings { TimeZone = "Mars/Olympus" }, ada));
        await source.Do("CREATE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'The power went out.'; END $$; CREATE TRIGGER fails BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION fails()");
        await Assert.ThrowsAnyAsync<Exception>(() => silo.Grains.Company().Set(new CompanySettings { TimeZone = "Asia/Tokyo" }, ada));
        await source.Do("DROP TRIGGER fails ON audit");

        Assert.Equal("Europe/Berlin", (await silo.Grains.Company().Get()).TimeZone);
        Assert.Equal(
            """us_ada 127.0.0.0 settings company edit {"timeZone": {"to": "Europe/Berlin", "from": "Etc/UTC"}}""",
            await source.Ask<string>("SELECT string_agg(concat_ws(' ', by_whom, address, kind, record, action, changes), E'\n') FROM audit"));
    }

    [Fact]
    public void The_stored_form_stays_readable()
    {
        const string Stored = """{"baseCurrency":"EUR","timeZone":"Europe/Berlin","rates":[{"currency":"USD","from":"2026-01-01","rate":0.92},{"currency":"USD","from":"2026-02-01","rate":0.915}],"tiers":{"highValueMonetary":500,"highValueOrders":10,"engagedOrders":3,"engagedReviews":2,"engagedRating":4,"engagedVisits":10},"privacy":{"purposes":[{"purpose":"ads","category":"Advertising","allowedUnasked":false,"gpcDenies":true}]}}""";
        var documents = new Clustering.DocumentSerializer();
        var settings = s_berlin with { Privacy = new PrivacySettings { Purposes = [new("ads", "Advertising", AllowedUnasked: false, GpcDenies: true)] } };

        // What was stored before settings of sales is read with their defaults; they are stored behind it.
        const string Sales = ",\"sales\":" + """{"heatHalfLifeDays":7,"committedFrom":80,"maxClaimedLeads":50,"recycleLeadsAfterDays":null}""" + ",\"phoneRegion\":null,\"version\":0,\"lastChange\":null}";
        Assert.Equal(Stored[..^1] + Sales, documents.Serialize(settings).ToString());
        Assert.Equal(settings.Sales, documents.Deserialize<CompanySettings>(new BinaryData(Stored[..^1] + Sales))!.Sales);
        var read = documents.Deserialize<CompanySettings>(new BinaryData(Stored))!;
        Assert.Equal(settings with { Rates = read.Rates }, read);
        Assert.Equal(s_berlin.Rates, read.Rates);
        Assert.Equal(new TierRule(), documents.Deserialize<CompanySettings>(new BinaryData("{}"))!.Tiers);
        Assert.Equal(new PrivacySettings(), documents.Deserialize<CompanySettings>(new BinaryData("{}"))!.Privacy);
    }

    [Fact]
    public void What_could_break_a_later_sum_is_refused()
    {
        Assert.Null(CompanyRules.Problem(s_berlin));
        Assert.Null(CompanyRules.Problem(new CompanySettings()));
        foreach (var (wrong, word) in new (CompanySettings, string)[]
        {
            (s_berlin with { BaseCurrency = "euro" }, "base currency"),
            (s_berlin with { BaseCurrency = null! }, "base currency"),
            (s_berlin with { TimeZone = null! }, "time zone"),
            (s_berlin with { TimeZone = "" }, "time zone"),
            (s_berlin with { Rates = null! }, "rates"),
            (s_berlin with { Rates = [new("usd", default, 1m)] }, "usd"),
            (s_berlin with { Rates = [new("EUR", default, 1m)] }, "base currency"),
            (s_berlin with { Rates = [new("USD", default, 0m)] }, "above 0"),
            (s_berlin with { Rates = [new("USD", default, 1m), new("USD", default, 2m)] }, "two rates"),
            (s_berlin with { Rates = [.. Enumerable.Range(0, 4_001).Select(i => new ExchangeRate("USD", new DateOnly(2000, 1, 1).AddDays(i), 1m))] }, "4001"),
            (s_berlin with { Tiers = null! }, "tiers"),
            (s_berlin with { Tiers = new TierRule { HighValueMonetary = 0 } }, "above 0"),
            (s_berlin with { Tiers = new TierRule { EngagedOrders = 0 } }, "at least 1"),
            (s_berlin with { Tiers = new TierRule { EngagedVisits = -1 } }, "below 0"),
            (s_berlin with { Tiers = new TierRule { EngagedRating = 6 } }, "0 and 5"),
        })
        {
            Assert.Contains(word, CompanyRules.Problem(wrong), StringComparison.OrdinalIgnoreCase);
        }
    }
}
