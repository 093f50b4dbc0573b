using System.Text.Json;
using Crm.Clickstream;
using Crm.Infrastructure;
using Xunit;

namespace Crm.Customers;

/// <summary>People made in the CRM, and the users who turn out to be them, on two silos and a real database.</summary>
public sealed class DuplicateTests(CrmCluster crm) : IClassFixture<CrmCluster>
{
    [Fact]
    public async Task A_person_is_linked_with_the_user_whom_a_server_names_by_the_same_id_in_either_order()
    {
        foreach (var madeFirst in new[] { true, false })
        {
            var (email, made, user) = ($"{crm.NewId()}@example.org", "c:" + crm.NewId(), "u:" + crm.NewId());
            var events = new[] { Made(made, email), Told(user, email.ToUpperInvariant()) };
            foreach (var happened in madeFirst ? events : events.Reverse()) await crm.Happen(happened);

            await Eventually.True(async () => (await crm.Profile(made))?.Id == user, "they are one");
            var merge = Assert.Single((await crm.Profile(user))!.Merges);
            Assert.Equal((made, user, "external_id"), (merge.Source, merge.Into, merge.Reason));
            Assert.True(merge.AtMs > 0);
        }
    }

    [Fact]
    public async Task What_a_browser_says_only_makes_a_candidate()
    {
        var (email, made, user) = ($"{crm.NewId()}@example.org", "c:" + crm.NewId(), "u:" + crm.NewId());
        await crm.Happen(Made(made, email));
        await crm.Happen(Told(user, email) with { FromServer = false });

        var found = await Candidate(email);

        Assert.Equal(new[] { made, user }.Order(StringComparer.Ordinal), new[] { found.One, found.Other }.Order(StringComparer.Ordinal));
        Assert.Equal(made, (await crm.Profile(made))!.Id);

        // The same from a server is believed, though the id is known.
        await crm.Happen(Told(user, email));
        await Eventually.True(async () => (await crm.Profile(made))?.Id == user, "they are one");
        Assert.DoesNotContain(await Candidates(), c => c.Value == email);
    }

    [Fact]
    public async Task An_id_that_two_people_have_links_nobody()
    {
        var (phone, user) = (string.Concat(crm.NewId().Where(char.IsAsciiDigit)) + "7", "u:" + crm.NewId());
        string[] made = ["c:" + crm.NewId(), "c:" + crm.NewId()];
        await crm.Happen(Made(made[0], phone, "phone"), Made(made[1], $"({phone[..3]}) {phone[3..]}", "phone"));
        await crm.Happen(Told(user, phone, "phone"));

        await Eventually.True(async () => (await Candidates()).Count(c => c.Value == phone) == 3, "each pair is a candidate");
        foreach (var id in made) Assert.Equal(id, (await crm.Profile(id))!.Id);
    }

    [Fact]
    public async Task The_strongest_kind_of_id_says_who_it_is()
    {
        var (email, badge, user) = ($"{crm.NewId()}@example.org", crm.NewId(), "u:" + crm.NewId());
        var (byEmail, byBadge) = ("c:" + crm.NewId(), "c:" + crm.NewId());
        await crm.Happen(Made(byEmail, email), Made(byBadge, badge, "badge"));
        await Eventually.True(async () => await crm.Database.Ask<long>(
            $"SELECT count(*) FROM customer_external_id WHERE check_after IS NULL AND value IN ('{email}', '{badge}')") == 2, "both are looked up");
        await crm.Happen(Told(user, email) with
        {
            Body = JsonSerializer.SerializeToUtf8Bytes(new { context = new { externalIds = new[] { Id("badge", badge), Id("email", email) } } }),
        });

        await Eventually.True(async () => (await crm.Profile(byEmail))?.Id == user, "the email links");
        await Candidate(badge);
        Assert.Equal(byBadge, (await crm.Profile(byBadge))!.Id);
        Assert.Equal([badge], (await crm.Profile(user))!.ExternalIds["badge"]);
        Assert.Contains(user, await crm.Stores.Get<ICustomerLookup>().ByExternalId("badge", badge, 10));
    }

    [Fact]
    public async Task A_link_that_was_taken_back_stays_so()
    {
        var (email, made, user) = ($"{crm.NewId()}@example.org", "c:" + crm.NewId(), "u:" + crm.NewId());
        await crm.Happen(Made(made, email));
        await crm.Happen(Told(user, email));
        await Eventually.True(async () => (await crm.Profile(made))?.Id == user, "they are one");
        await Eventually.True(async () => await crm.Grains.Customer(user).Unmerge(made) == UnmergeResult.Done, "they are two");

        await crm.Happen(Told(user, email));
        await Eventually.True(async () => await crm.Database.Ask<long>(
            $"SELECT count(*) FROM customer_external_id WHERE check_after IS NOT NULL AND value = '{email}'") == 0, "all is looked up");

        Assert.Equal(made, (await crm.Profile(made))!.Id);
        Assert.DoesNotContain(await Candidates(), c => c.Value == email);
    }

    private async Task<DuplicateCandidate> Candidate(string value)
    {
        DuplicateCandidate? found = null;
        await Eventually.True(async () => (found = (await Candidates()).FirstOrDefault(c => c.Value == value)) is not null, "there is a candidate");
        return found!;
    }

    private Task<IReadOnlyList<DuplicateCandidate>> Candidates() => crm.Stores.Get<IDuplicates>().Read(long.MaxValue, 500);

    private BehaviourEvent Made(string id, string value, string kind = "email") => Told(id, value, kind);

    /// <summary>An identify by a server's key, with one external id.</summary>
    private BehaviourEvent Told(string id, string value, string kind = "email") => crm.Track(id) with
    {
        Type = EventType.Identify,
        Name = null,
        FromServer = true,
        Body = JsonSerializer.SerializeToUtf8Bytes(new { context = new { externalIds = new[] { Id(kind, value) } } }),
    };

    private static object Id(string kind, string value) => new { id = value, type = kind, collection = "users", encoding = "none" };
}
